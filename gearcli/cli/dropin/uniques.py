"""The unique that libgearman gives a job for ``#``: a hash of its workload, in decimal.

MurmurHash3 of 32 bits by Austin Appleby (x86 variant, public domain), with
libhashkit's seed: 0xdeadbeef times the length.
"""

from __future__ import annotations

_FACTORS = 0xCC9E2D51, 0x1B873593
_ALL = 0xFFFFFFFF


def hashed(workload: bytes) -> bytes:
    """The unique of a workload."""
    return b"%d" % _murmur3(workload, 0xDEADBEEF * len(workload) & _ALL)


def _murmur3(data: bytes, seed: int) -> int:
    whole = len(data) & ~3
    state = seed
    for index in range(0, whole, 4):
        state ^= _scrambled(int.from_bytes(data[index : index + 4], "little"))
        state = (_rotated(state, 13) * 5 + 0xE6546B64) & _ALL
    if whole < len(data):
        state ^= _scrambled(int.from_bytes(data[whole:], "little"))
    return _avalanche(state ^ len(data))


def _scrambled(block: int) -> int:
    return _rotated(block * _FACTORS[0] & _ALL, 15) * _FACTORS[1] & _ALL


def _rotated(number: int, bits: int) -> int:
    return (number << bits | number >> (32 - bits)) & _ALL


def _avalanche(state: int) -> int:
    """Have every bit of the state change every bit of the hash."""
    state = (state ^ state >> 16) * 0x85EBCA6B & _ALL
    state = (state ^ state >> 13) * 0xC2B2AE35 & _ALL
    return state ^ state >> 16

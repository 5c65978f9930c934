"""What a server holds for its peers, in bytes: counted as it changes, never added up.

Counted is what peers sent, byte by byte, and for each thing that holds it
what that takes itself, reckoned rather high (CPython 3.11, 64 bits, measured).
"""

from __future__ import annotations

JOB = 250
"""Bytes of a job besides its workload: itself, its place in the index and in its queue."""
TIMER = 700
"""Bytes of what is to be done with a job at a time."""
FUNCTION = 300
"""Bytes of a function with a short name."""
SHORT = 64
"""Bytes up to which a function's name is not counted apart."""
LANES = 2048
"""Bytes of what the first job of a function makes: a deque has room for 64 from the start."""
ABILITY = 200
"""Bytes of what a worker's saying that it can do a function takes."""
CONNECTION = 4096
"""Bytes of a connection that holds nothing."""


class Account:
    """The bytes that workloads, functions and abilities take."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held = 0


def weight_of_name(function: bytes) -> int:
    """The bytes that are counted for a function's name."""
    return len(function) if len(function) > SHORT else 0

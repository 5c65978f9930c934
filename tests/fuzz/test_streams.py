"""The engine bears streams of almost valid bytes; CI tries a million, see `.ci/run`."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from gearcli.errors import ProtocolError
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import REQUEST, PacketType
from tests.fuzz.streams import Target, corpus, fuzz, streams

STREAMS = int(os.environ.get("STREAMS", "5000"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_harms_the_engine(seed: int) -> None:
    fuzz(seed, STREAMS)


@pytest.mark.parametrize("number", range(len(corpus())))
def test_what_harmed_once_harms_no_longer(number: int) -> None:
    target = Target(1)
    target.take(corpus()[number])
    target.look()


def test_the_streams_go_everywhere() -> None:
    """Every packet is said many times, many streams have several, and many are refused."""
    seen, several, broken = Counter[PacketType](), 0, 0
    for stream in streams(4, 5000):
        decoder, found = Decoder(REQUEST), 0
        try:
            for type_, _ in decoder.feed(stream):
                seen[type_] += 1
                found += 1
        except ProtocolError:
            broken += 1
        several += found > 1
    assert all(seen[type_] >= 20 for type_ in PacketType if REQUEST in type_.magics)
    assert min(seen[PacketType.REJECTED], several, broken) > 500


def test_a_fault_is_found_and_told() -> None:
    def faulty(peer: object, workload: bytes) -> None:
        raise ZeroDivisionError

    target = Target(1)
    target.engine.handlers[PacketType.ECHO_REQ] = faulty
    with pytest.raises(ZeroDivisionError):
        list(map(target.take, streams(1, 1000)))

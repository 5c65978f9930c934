"""Packets that come many at once have the same effect as one by one: only the time differs."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import REQUEST, request, response
from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.peers import Peer

PEERS = 3
SUBMITS = (P.SUBMIT_JOB, P.SUBMIT_JOB_BG, P.SUBMIT_JOB_HIGH, P.SUBMIT_JOB_LOW_BG)


class House:
    """An engine and its peers, whose packets are put together where they are alike, or not."""

    def __init__(self, in_runs: bool, prefix: bytes = b"H:") -> None:
        self.engine = Engine(prefix)
        self.peers = [self.engine.connect(number) for number in range(PEERS)]
        self.decoders = [Decoder(REQUEST) for _ in range(PEERS)]
        self.types: set[P] = set()
        for decoder in self.decoders:
            decoder.in_runs = in_runs

    def say(self, number: int, data: bytes) -> list[bytes]:
        """Let bytes arrive; what every peer has been told since."""
        peer = self.peers[number]
        for type_, fields in self.decoders[number].feed(data):
            self.types.add(type_)
            self.engine.handlers[type_](peer, *fields)
        return [heard(peer) for peer in self.peers]

    def left(self) -> object:
        """What is left in the end: the jobs, and who awaits how many."""
        jobs = self.engine.registry.jobs
        described = [(job.handle, job.workload, job.priority, job.background) for job in jobs]
        return described, [len(peer.listening) for peer in self.peers]


def heard(peer: Peer) -> bytes:
    data = b"".join(peer.outbox)
    peer.outbox.clear()
    return data


def stretch(chance: random.Random) -> bytes:
    """Some packets of one type and size."""
    count = chance.choice((1, 3, 9, 20))

    def function() -> bytes:
        return chance.choice((b"f", b"g"))

    kind = chance.randrange(9)
    if kind == 0:
        return b"".join(request(P.ECHO_REQ, chance.randbytes(5)) for _ in range(count))
    if kind == 1:
        return b"".join(request(P.CAN_DO, function()) for _ in range(count))
    if kind == 2:
        return b"".join(request(P.CAN_DO, b"%02d" % chance.randrange(99)) for _ in range(count))
    if kind == 3:
        return request(chance.choice((P.GRAB_JOB, P.PRE_SLEEP, P.RESET_ABILITIES))) * count
    if kind == 4:  # without the NULs that it needs, or not all of them
        return request(chance.choice(SUBMITS), chance.choice((b"f", b"f\0", b"\0f"))) * count
    if kind == 5:
        return request(P.CAN_DO, function() + b"\0") * count
    if kind == 6:
        unique = chance.choice((b"u", b"-", b"v"))
        return b"".join(request(chance.choice(SUBMITS[:1]), function(), unique, b"w") for _ in range(count))
    fixed, type_ = function(), chance.choice(SUBMITS)
    names = [fixed if kind == 7 else function() for _ in range(count)]
    return b"".join(request(type_, name, b"", chance.randbytes(4)) for name in names)


def stream(chance: random.Random) -> Iterator[tuple[int, bytes]]:
    for _ in range(60):
        yield chance.randrange(PEERS), b"".join(stretch(chance) for _ in range(chance.randrange(1, 4)))


@pytest.mark.parametrize("seed", range(60))
def test_runs_change_nothing(seed: int) -> None:
    one, other = House(in_runs=False), House(in_runs=True)
    if seed % 3 == 0:
        for house in (one, other):
            house.engine.registry.limit(b"f", (50, 60, 70))
    for step, (number, data) in enumerate(stream(random.Random(seed))):
        assert one.say(number, data) == other.say(number, data), step
        if seed % 5 == 0 and step == 40:
            for house in (one, other):
                house.engine.drain()
    assert P.RUN in other.types
    assert one.left() == other.left()


def test_a_run_of_jobs_wakes_as_many_workers() -> None:
    house = House(in_runs=True)
    for number in (1, 2):
        house.say(number, request(P.CAN_DO, b"f") + request(P.PRE_SLEEP))
    told = house.say(0, request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * 10)
    assert [response(P.NOOP)] * 2 == told[1:]


@pytest.mark.parametrize("prefix", [b"H:" + b"h" * size for size in range(40)] + [b"", b"H:%d%%:"])
def test_each_job_of_a_run_has_its_handle_whatever_the_prefix(prefix: bytes) -> None:
    """Also where the size of a handle, in the header, is the byte of a percent sign."""
    house = House(in_runs=True, prefix=prefix)
    told = [house.say(0, request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * 30)[0] for _ in range(5)]
    handles = [prefix + str(number).encode() for number in range(1, 151)]
    assert b"".join(response(P.JOB_CREATED, handle) for handle in handles) == b"".join(told)

"""Who stands still in the middle of something, and for how long that goes well.  Time is a number."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from math import inf

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.server.engine import Engine
from gearcli.server.links import WRITE, Link
from gearcli.server.patience import STANDSTILL, UNREAD_MOST, Patience

IDLE = 30.0
PACKET = request(P.ECHO_REQ, b"x" * 100_000)


class House:
    """A patience and what it looks at; the clock stands still."""

    def __init__(self, engine: Engine, idle: float = IDLE) -> None:
        self.engine = engine
        self.ended: dict[Link, str] = {}
        self.patience = Patience(idle, self._end, lambda: 0.0)
        self._sockets: list[socket.socket] = []

    def _end(self, link: Link, why: str) -> None:
        self.ended[link] = why
        self.patience.forget(link)

    def link(self) -> Link:
        """A connection whose other end reads nothing."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._sockets += ours, theirs
        return Link(ours, self.engine.connect(), "somebody")

    def arrive(self, link: Link, data: bytes, now: float) -> None:
        """Bytes come, as in the loop."""
        for _ in link.decoder.feed(data):
            pass
        if link.decoder.held:
            self.patience.stalls(link, now)

    def lag(self, link: Link, size: int, now: float, pieces: int = 1) -> None:
        """A peer is told so many bytes and does not read them."""
        for _ in range(pieces):
            link.peer.send(bytes(size // pieces))
        self.patience.lags(link, now)

    def close(self) -> None:
        for each in self._sockets:
            each.close()


@pytest.fixture
def house(engine: Engine) -> Iterator[House]:
    house = House(engine)
    yield house
    house.close()


# -- packets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [PACKET[:3], PACKET[:12], PACKET[:50_000], b"stat"])
def test_who_stops_in_a_packet_is_closed_in_time(house: House, part: bytes) -> None:
    link = house.link()
    house.arrive(link, part, 100.0)
    assert 100.0 + IDLE == house.patience.wake
    house.patience.look(100.0 + IDLE - 0.1)
    assert {} == house.ended
    assert len(part) <= house.patience.weight < len(part) + 200
    house.patience.look(100.0 + IDLE)
    assert {link: "no more of a packet came for 30 s"} == house.ended
    assert 0 == house.patience.weight
    assert inf == house.patience.due


def test_who_goes_on_is_not(house: House) -> None:
    link = house.link()
    for number in range(10):
        house.arrive(link, PACKET[number * 10_000 : number * 10_000 + 10_000], number * 20.0)
        house.patience.look(number * 20.0)
    assert {} == house.ended


def test_a_byte_now_and_then_is_not_going_on(house: House) -> None:
    drip, text = house.link(), house.link()
    house.arrive(drip, PACKET[:20], 0.0)
    house.arrive(text, b"s", 0.0)
    for second in range(1, 31):
        house.arrive(drip, b"x", second)
        house.arrive(text, b"s", second)
        house.patience.look(second)
    assert {drip, text} == house.ended.keys()


def test_packets_that_each_come_in_two_pieces_are_all_whole(house: House) -> None:
    link = house.link()
    for second in range(100):
        house.arrive(link, PACKET[:12], second)
        house.arrive(link, PACKET[12:], second)
        if second % 7 == 0:
            house.patience.look(second)
    for second in range(100, 200):  # and where a piece ends one packet and begins the next
        house.arrive(link, PACKET[-100_000:] + PACKET[:12] if second > 100 else PACKET[:12], second)
        house.patience.look(second)
    assert {} == house.ended


def test_who_is_not_read_from_cannot_go_on(house: House) -> None:
    link = house.link()
    house.arrive(link, PACKET[:20], 0.0)
    link.mask = WRITE
    house.patience.look(1000.0)
    assert {} == house.ended


def test_who_has_gone_is_forgotten(house: House) -> None:
    link = house.link()
    house.arrive(link, PACKET[:20], 0.0)
    house.lag(link, 100, 0.0)
    house.patience.forget(link)
    link.closed = True
    house.arrive(link, PACKET[20:30], 0.0)
    house.patience.look(1000.0)
    assert {} == house.ended
    assert [] == list(house.patience.holders())


# -- answers ----------------------------------------------------------------------------------------


def test_who_reads_nothing_is_closed_in_time(house: House) -> None:
    link = house.link()
    house.lag(link, 1000, 0.0)
    house.patience.look(IDLE - 0.1)
    assert 1000 <= house.patience.weight < 1200
    assert {} == house.ended
    house.patience.look(IDLE)
    assert {link: "it left 1,000 bytes unread for 30 s"} == house.ended


def test_who_has_read_all_is_not(house: House) -> None:
    link = house.link()
    house.lag(link, 1000, 0.0)
    assert link.flush()
    house.patience.look(IDLE)
    house.lag(link, 1000, IDLE + 29)
    house.patience.look(IDLE + 30)
    assert {} == house.ended


def test_who_reads_a_part_now_and_then_is_not(house: House) -> None:
    link = house.link()
    house.lag(link, 1000, 0.0)
    for second in range(100):
        link.taken += 1
        house.patience.look(second)
    assert {} == house.ended


@pytest.mark.parametrize("pieces", [1, 64])
def test_too_much_unread_ends_after_a_standstill(house: House, pieces: int) -> None:
    """One packet may be as large as it is; several may not."""
    link = house.link()
    house.lag(link, UNREAD_MOST + (1 << 20), 0.0, pieces)
    house.patience.look(0.0)
    assert (pieces > 1) == bool(house.patience.over)
    house.patience.look(STANDSTILL)
    assert (pieces > 1) == bool(house.ended)


def test_who_has_too_much_unread_but_reads_has_the_usual_time(house: House) -> None:
    link = house.link()
    house.lag(link, 2 * UNREAD_MOST, 0.0, pieces=64)
    for second in range(31):
        assert {} == house.ended
        link.taken += 1
        house.patience.look(second)
    assert [link] == list(house.ended)


def test_it_is_not_too_much_any_more(house: House) -> None:
    link = house.link()
    house.lag(link, 2 * UNREAD_MOST, 0.0, pieces=64)
    house.patience.look(0.0)
    del link.peer.outbox[32:]
    link._unread, link._parts = UNREAD_MOST - 4096, 32
    house.patience.look(1.0)
    assert {} == house.patience.over
    house.patience.look(20.0)
    assert {} == house.ended


def test_without_a_limit_nobody_is_closed(engine: Engine) -> None:
    house = House(engine, idle=0.0)
    link, other = house.link(), house.link()
    house.lag(link, 2 * UNREAD_MOST, 0.0, pieces=64)
    house.arrive(other, PACKET[:20], 0.0)
    for second in range(0, 1000, 100):
        house.patience.look(second)
    assert {} == house.ended
    assert {link.peer} == house.patience.over.keys()
    house.close()


# -- when to look, and at whom ----------------------------------------------------------------------


def test_a_worker_feeds_who_awaits_its_job(house: House) -> None:
    client, worker = house.link(), house.link()
    handlers = house.engine.handlers
    handlers[P.CAN_DO](worker.peer, b"f")
    handlers[P.SUBMIT_JOB](client.peer, b"f", b"", b"")
    handlers[P.GRAB_JOB](worker.peer)
    assert not house.patience.feeds_an_idler(worker.peer)
    house.lag(client, 2 * UNREAD_MOST, 0.0, pieces=64)
    house.patience.look(0.0)
    assert house.patience.feeds_an_idler(worker.peer)
    assert not house.patience.feeds_an_idler(client.peer)


def test_holders(house: House) -> None:
    reader, sender = house.link(), house.link()
    house.lag(reader, 1000, 0.0)
    house.arrive(sender, PACKET[:5000], 0.0)
    sizes = {link: size // 1000 for size, link in house.patience.holders()}
    assert {reader: 1, sender: 5} == sizes


def test_the_longer_a_look_takes_the_rarer_it_is(engine: Engine) -> None:
    times = iter([0.0, 0.1])
    patience = Patience(IDLE, lambda link, why: None, lambda: next(times))
    patience.look(7.0)
    assert 7.0 + 50 * 0.1 == patience.next_look
    patience.soon(7.0)
    assert patience.next_look == patience.wake

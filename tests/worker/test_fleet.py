"""The servers of a worker: connections made, lost and made again, while others go on."""

from __future__ import annotations

import contextlib

import pytest

from gearcli.errors import ConnectFailed, NoRoom
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from gearcli.worker import fleet as fleets
from gearcli.worker import fleet_server
from tests.client.peer import Listener
from tests.worker import harbours as fixtures
from tests.worker import resolver as resolving
from tests.worker.harbours import Harbour, harbour, nowhere
from tests.worker.resolver import Resolver

P = PacketType

harbours, other, short_pauses = fixtures.harbours, fixtures.other, fixtures.short_pauses
resolver = resolving.resolver


def test_every_slot_is_connected_to_every_server(
    harbours: list[Harbour], listener: Listener, other: Listener
) -> None:
    fleet = harbour(harbours, listener, other)
    fleet.enlist(3)
    peers = [fleet.accept(each) for each in (listener, other) for _ in range(3)]
    fleet.until(lambda: fleet.fleet.settled)
    assert 6 == len(peers)
    assert [True, True] == [connected for _, connected in fleet.fleet.states]


def test_many_connections_to_one_server_are_not_all_made_at_once(
    harbours: list[Harbour], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_server, "AT_ONCE", 2)
    fleet = harbour(harbours, listener)
    fleet.enlist(20)
    peers = [fleet.connect(listener) for _ in range(20)]
    assert 20 == len(peers)


def test_none_of_the_servers_is_there(harbours: list[Harbour]) -> None:
    first, second = nowhere(), nowhere()
    harbours.append(Harbour(first, second))
    fleet = harbours[-1]
    fleet.enlist(2)
    fleet.until(lambda: fleet.fleet.settled)
    with pytest.raises(ConnectFailed) as caught:
        fleet.fleet.check_start()
    assert all(str(address) in str(caught.value) for address in (first, second))
    assert [] == fleet.said


def test_one_of_the_servers_is_not_there_and_comes(harbours: list[Harbour], listener: Listener) -> None:
    address = nowhere()
    harbours.append(Harbour(address, listener.address))
    fleet = harbours[-1]
    fleet.enlist()
    fleet.connect(listener)
    fleet.until(lambda: fleet.fleet.settled)
    fleet.fleet.check_start()
    fleet.fleet.check_start()
    ((importance, words),) = fleet.words("server lost")[:1]
    assert (0, True) == (importance, words.startswith(f"cannot connect to {address}: connection refused"))
    fleet.until(lambda: len(fleet.words("server lost")) > 3)
    assert {1} == {importance for importance, _ in fleet.words("server lost")[1:]}


def test_a_lost_server_is_said_once_and_when_it_is_back_once_too(
    harbours: list[Harbour], listener: Listener
) -> None:
    fleet = harbour(harbours, listener)
    slots = fleet.enlist(2)
    peers = [fleet.connect(listener) for _ in range(2)]
    fleet.fleet.check_start()
    for peer in peers:
        peer.close()
    fleet.until(lambda: len(fleet.losses) == 2)
    assert set(slots) == set(fleet.losses)
    for peer in [fleet.connect(listener) for _ in range(2)]:
        peer.say(P.NO_JOB)
        fleet.hears(peer, P.PRE_SLEEP)
    assert 1 == len([words for importance, words in fleet.words("server lost") if importance == 0])
    assert 1 == len(fleet.words("server back"))


def test_a_server_that_only_accepts_is_not_back(harbours: list[Harbour], listener: Listener) -> None:
    fleet = harbour(harbours, listener)
    fleet.enlist()
    fleet.connect(listener).close()
    fleet.until(lambda: len(fleet.losses) == 1)
    for count in (2, 3):
        fleet.accept(listener).close()
        fleet.until(lambda count=count: len(fleet.losses) == count)  # type: ignore[misc]
    assert [] == fleet.words("server back")


def test_the_work_of_others_goes_on_while_one_cannot_be_reached(
    harbours: list[Harbour], listener: Listener
) -> None:
    """192.0.2.1 is nobody's (RFC 5737); whether that is told or not, nothing waits for it."""
    harbours.append(Harbour(Address("192.0.2.1", 4730), listener.address))
    fleet = harbours[-1]
    fleet.enlist()
    peer = fleet.connect(listener)
    peer.say(P.NO_JOB)
    fleet.hears(peer, P.PRE_SLEEP)


def test_the_work_of_others_goes_on_while_nobody_knows_a_name(
    harbours: list[Harbour], listener: Listener, resolver: Resolver
) -> None:
    harbours.append(Harbour(Address("slow.example", listener.port), listener.address))
    fleet = harbours[-1]
    fleet.enlist(3)
    for peer in [fleet.connect(listener) for _ in range(3)]:
        peer.say(P.NO_JOB)
        fleet.hears(peer, P.PRE_SLEEP)
    assert not fleet.fleet.settled
    resolver.answer()
    for peer in [fleet.accept(listener) for _ in range(3)]:
        fleet.hears(peer, P.SET_CLIENT_ID, P.CAN_DO)
    fleet.until(lambda: fleet.fleet.settled)
    assert ["slow.example"] == resolver.asked


def test_a_name_that_nobody_knows_in_time_is_asked_for_by_one_thread(
    harbours: list[Harbour], listener: Listener, resolver: Resolver
) -> None:
    harbours.append(Harbour(Address("slow.example", listener.port), listener.address, connect_timeout=0.05))
    fleet = harbours[-1]
    fleet.enlist()
    fleet.connect(listener)
    fleet.until(lambda: fleet.fleet.settled)
    fleet.fleet.check_start()
    fleet.until(lambda: len(fleet.words("server lost")) > 2)
    words = "cannot find the host slow.example: no answer within 0.05 s; trying to reach it again"
    assert {words} == {said for _, said in fleet.words("server lost")}
    assert ["slow.example"] == resolver.asked
    resolver.answer()
    fleet.accept(listener)


def test_a_lost_server_is_looked_for_anew(
    harbours: list[Harbour], listener: Listener, resolver: Resolver
) -> None:
    """It may have moved."""
    resolver.answer()
    harbours.append(Harbour(Address("moves.example", listener.port)))
    fleet = harbours[-1]
    fleet.enlist(2)
    peers = [fleet.connect(listener) for _ in range(2)]
    assert 1 == len(resolver.asked)
    for peer in peers:
        peer.close()
    for _ in range(2):
        fleet.connect(listener)
    assert 2 == len(resolver.asked)


def test_who_breaks_the_protocol_is_left(harbours: list[Harbour], listener: Listener) -> None:
    fleet = harbour(harbours, listener)
    fleet.enlist()
    fleet.connect(listener).say(P.ECHO_RES, b"what?")
    fleet.until(lambda: len(fleet.losses) == 1)


def test_a_server_without_room_is_tried_again_and_again(harbours: list[Harbour], listener: Listener) -> None:
    """It breaks no rule, and somebody has to empty its queues."""
    fleet = harbour(harbours, listener)
    fleet.enlist()
    fleet.fleet.check_start()
    for count in range(1, 6):
        fleet.connect(listener).say(P.ERROR, b"QUEUE_ERROR", b"Server has no memory for more")
        fleet.until(lambda count=count: len(fleet.losses) == count)  # type: ignore[misc]
    peer = fleet.connect(listener)
    peer.say(P.NO_JOB)
    fleet.hears(peer, P.PRE_SLEEP)
    assert 1 == len(fleet.words("server back")), "what it says before is no sign that it is there for us"


def test_why_none_is_there_is_the_one_reason_or_all(harbours: list[Harbour], listener: Listener) -> None:
    address = nowhere()
    harbours.append(Harbour(address, listener.address))
    fleet = harbours[-1]
    fleet.enlist()
    peer = fleet.connect(listener)
    assert fleet.fleet.absence is None
    peer.say(P.ERROR, b"QUEUE_ERROR", b"full")
    fleet.until(lambda: fleet.fleet.absence is not None)
    assert isinstance(fleet.fleet.absence, NoRoom)
    assert all(str(each) in str(fleet.fleet.absence) for each in (address, listener.address))


def test_a_slot_that_is_done_with_says_all_and_goodbye(harbours: list[Harbour], listener: Listener) -> None:
    fleet = harbour(harbours, listener)
    (slot,) = fleet.enlist()
    peer = fleet.connect(listener)
    slot.sessions[0].connection.send(b"\0REQ\0\0\0\x10\0\0\0\0")
    fleet.fleet.dismiss(slot)
    fleet.hears(peer, P.ECHO_REQ)
    with pytest.raises(ConnectionError):
        fleet.hear(peer)
    peer.close()
    fleet.until(lambda: not fleet.fleet.connected)
    assert [] == fleet.losses


def test_a_server_that_does_not_say_goodbye_is_not_waited_for(
    harbours: list[Harbour], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleets, "_FAREWELL", 0.01)
    fleet = harbour(harbours, listener)
    (slot,) = fleet.enlist()
    fleet.connect(listener)
    fleet.fleet.dismiss(slot)
    fleet.until(lambda: not fleet.fleet.connected)


def test_a_connection_that_is_given_up_is_made_again(harbours: list[Harbour], listener: Listener) -> None:
    fleet = harbour(harbours, listener)
    (slot,) = fleet.enlist()
    peer = fleet.connect(listener)
    fleet.fleet.leave(slot, slot.sessions[0], 0.01)
    with pytest.raises(ConnectionError):
        fleet.hear(peer)
    fleet.connect(listener)


def test_a_server_that_takes_nothing_is_noticed(harbours: list[Harbour], listener: Listener) -> None:
    fleet = harbour(harbours, listener)
    (slot,) = fleet.enlist()
    peer = fleet.connect(listener)
    slot.sessions[0].connection.send(bytes(64 << 20))
    fleet.fleet.push(slot)
    assert [True] == fleet.blocked
    peer.socket.setblocking(False)

    def read() -> bool:
        with contextlib.suppress(BlockingIOError):
            peer.socket.recv(1 << 20)
        return fleet.blocked == [True, False]

    fleet.until(read)

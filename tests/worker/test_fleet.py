"""The servers of a worker: connections made, lost and made again, while others go on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import pytest

from gearcli.errors import ConnectFailed, NoRoom
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet, PacketType
from gearcli.worker import fleet as fleets
from gearcli.worker import fleet_server
from gearcli.worker.fleet import Fleet
from gearcli.worker.worker import Session, Slot
from tests.client.peer import Listener, Peer, listening
from tests.support import free_port
from tests.worker import resolver as resolving
from tests.worker.resolver import Resolver
from tests.worker.shop import Loop

P = PacketType

resolver = resolving.resolver


class Harbour(Loop):
    """A fleet, and the owner of its slots."""

    functions: Sequence[bytes] = (b"f",)

    def __init__(
        self, *addresses: Address, connect_timeout: float = 5.0, patience: float | None = None
    ) -> None:
        super().__init__()
        self.packets: list[Packet] = []
        self.losses: list[Slot] = []
        self.blocked: list[bool] = []
        self.fleet = Fleet(
            addresses,
            self.selector,
            self.timers,
            say=self.say,
            blocked=lambda slot, blocked: self.blocked.append(blocked),
            client_id=b"id",
            connect_timeout=connect_timeout,
            patience=patience,
        )

    def take(self, slot: Slot, session: Session, packet: Packet) -> None:
        """A server has said something."""
        self.packets.append(packet)
        slot.receive(session, packet)

    def lost(self, slot: Slot, session: Session) -> None:
        """A connection is gone."""
        self.losses.append(slot)

    def enlist(self, count: int = 1) -> list[Slot]:
        """As many slots more."""
        slots = [Slot(number) for number in range(count)]
        for slot in slots:
            self.fleet.enlist(slot, self)
        return slots

    def connect(self, listener: Listener) -> Peer:
        """The next connection, which registers and asks."""
        peer = self.accept(listener)
        self.hears(peer, P.SET_CLIENT_ID, P.CAN_DO, P.GRAB_JOB_UNIQ)
        return peer

    def words(self, event: str) -> list[tuple[int, str]]:
        """How important what was said of an event was, and what it was."""
        return [(importance, words) for importance, what, words in self.said if what == event]

    def close(self) -> None:
        """Leave nothing behind."""
        self.fleet.close()
        super().close()


@pytest.fixture
def harbours() -> Iterator[list[Harbour]]:
    """Those that a test has made end with it."""
    made: list[Harbour] = []
    yield made
    for each in made:
        each.close()


@pytest.fixture
def other() -> Iterator[Listener]:
    """Another."""
    with listening() as listener:
        yield listener


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits half a second for a server that the test plays."""
    monkeypatch.setattr(fleet_server, "FIRST_PAUSE", 0.01)


def harbour(harbours: list[Harbour], *listeners: Listener) -> Harbour:
    harbours.append(Harbour(*(listener.address for listener in listeners)))
    return harbours[-1]


def nowhere() -> Address:
    return Address("127.0.0.1", free_port())


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


def test_who_waits_for_a_server_that_lets_it_wait_asks_another_at_last(
    harbours: list[Harbour], listener: Listener, other: Listener
) -> None:
    """So it is with a server that has as many connections as it takes."""
    harbours.append(Harbour(listener.address, other.address, patience=0.1))
    fleet = harbours[-1]
    fleet.enlist()
    fleet.connect(listener)
    peer = fleet.accept(other)
    fleet.hears(peer, P.SET_CLIENT_ID, P.CAN_DO)
    fleet.fleet.check_start()
    fleet.hears(peer, P.GRAB_JOB_UNIQ)
    ((_, words),) = fleet.words("server lost")
    assert words.startswith(f"{listener.address} does not answer; it may have as many connections")
    peer.say(P.NO_JOB)
    fleet.hears(peer, P.PRE_SLEEP)
    fleet.connect(listener).say(P.NO_JOB)
    fleet.until(lambda: len(fleet.words("server back")) == 1)
    assert fleet.fleet.absence is None


def test_a_server_with_room_for_some_slots_keeps_those_and_is_tried_by_one_of_the_others(
    harbours: list[Harbour], listener: Listener
) -> None:
    """It is there, so nobody is told that it is gone."""
    harbours.append(Harbour(listener.address, patience=0.1))
    fleet = harbours[-1]
    fleet.enlist(3)
    first = fleet.connect(listener)
    first.say(P.NO_JOB)
    fleet.fleet.check_start()
    silent = [fleet.connect(listener), fleet.connect(listener)]
    fleet.until(lambda: len(fleet.losses) == len(silent))
    fleet.connect(listener)  # one, and no other before it has been answered
    fleet.until(lambda: len(fleet.losses) == len(silent) + 1)
    fleet.connect(listener).say(P.NO_JOB)
    fleet.connect(listener).say(P.NO_JOB)
    fleet.hears(first, P.PRE_SLEEP)
    assert 1 == len(fleet.words("server full"))
    assert [] == fleet.words("server lost") + fleet.words("server back")


def test_a_server_that_was_not_asked_may_be_silent(
    harbours: list[Harbour], listener: Listener, other: Listener
) -> None:
    harbours.append(Harbour(listener.address, other.address, patience=0.01))
    fleet = harbours[-1]
    (slot,) = fleet.enlist()
    fleet.connect(listener).say(P.JOB_ASSIGN_UNIQ, b"H:1", b"f", b"", b"")
    fleet.hears(fleet.accept(other), P.SET_CLIENT_ID, P.CAN_DO)
    for _ in range(10):
        fleet.turn()
    assert 2 == len(slot.sessions)


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

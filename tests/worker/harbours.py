"""A fleet in the test's own thread, and servers that the test plays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet, PacketType
from gearcli.worker import fleet_server
from gearcli.worker.fleet import Fleet
from gearcli.worker.worker import Session, Slot
from tests.client.peer import Listener, Peer, listening
from tests.support import free_port
from tests.worker.shop import Loop

P = PacketType


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
    """A fleet for these servers."""
    harbours.append(Harbour(*(listener.address for listener in listeners)))
    return harbours[-1]


def nowhere() -> Address:
    """Where nobody listens."""
    return Address("127.0.0.1", free_port())

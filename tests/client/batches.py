"""What the tests of batches share: tasks, a server that the test plays, and what happens in turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from gearcli.client.dispatch import Dispatch, Happening
from gearcli.client.tasks import Event, Local, Task
from gearcli.protocol.packets import PacketType
from tests.client.peer import Listener, Peer

P = PacketType


def make(workload: bytes, number: int) -> Task:
    return Task(b"f", workload, number=number)


@pytest.fixture
def dispatch(listener: Listener) -> Iterator[Dispatch]:
    with Dispatch([listener.address]) as dispatch:
        dispatch.connect()
        yield dispatch


@pytest.fixture
def peer(dispatch: Dispatch, listener: Listener) -> Iterator[Peer]:
    """The server's side of the connection."""
    with listener.accept() as peer:
        yield peer


def happened(iterator: Iterator[Happening | None]) -> Event:
    """The next event."""
    event = next(iterator)
    assert isinstance(event, Event)
    return event


def seen(events: Iterable[Happening | None]) -> list[tuple[int, PacketType | Local, list[bytes]]]:
    return [(e.task.number, e.kind, e.fields) for e in events if isinstance(e, Event)]


def workloads(peer: Peer, count: int) -> list[bytes]:
    """The workloads of the next jobs; the option comes before the first."""
    found: list[bytes] = []
    while len(found) < count:
        type_, fields = peer.packet()
        if type_ is not P.OPTION_REQ:
            assert P.SUBMIT_JOB == type_
            found.append(fields[2])
    return found


def created(peer: Peer, events: Iterator[Happening | None], *handles: bytes) -> None:
    """The server creates the jobs that it was sent."""
    for handle in handles:
        peer.say(P.JOB_CREATED, handle)
        assert P.JOB_CREATED == happened(events).kind


def told(peer: Peer, events: Iterator[Happening | None], type_: PacketType, handle: bytes) -> None:
    """The server says something about a job."""
    peer.say(type_, handle, b"x")
    assert type_ == happened(events).kind

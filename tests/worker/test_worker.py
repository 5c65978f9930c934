"""A worker's side of the protocol: what it says, and which server is asked.  No server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from gearcli.client.connection import Connection
from gearcli.errors import ConnectionLost, Forbidden, NoRoom, ProtocolError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet, PacketType
from gearcli.worker import worker
from gearcli.worker.worker import UNCOPIED, Job, Session, Slot
from tests.client.peer import Peer

P = PacketType
GRAB: Packet = (P.GRAB_JOB_UNIQ, [])
SLEEP: Packet = (P.PRE_SLEEP, [])


class End:
    """A session and what a server hears of it."""

    def __init__(self, port: int, *functions: bytes, client_id: bytes = b"") -> None:
        ours, theirs = socket.socketpair()
        self.connection = Connection(ours, Address("server", port))
        self.session = Session(self.connection, functions or (b"f",), client_id)
        self.peer = Peer(theirs)

    def hears(self) -> list[Packet]:
        """The packets that have been said since the last time."""
        self.connection.send(b"\0REQ\0\0\0\x10\0\0\0\0")  # an echo, to know the end
        self.connection.flush()
        packets = []
        while (packet := self.peer.packet())[0] is not P.ECHO_REQ:
            packets.append(packet)
        return packets

    def close(self) -> None:
        self.connection.close()
        self.peer.close()


@pytest.fixture
def end() -> Iterator[End]:
    """A session that has registered."""
    end = End(1)
    assert [(P.CAN_DO, [b"f"])] == end.hears()
    yield end
    end.close()


@pytest.fixture
def other() -> Iterator[End]:
    """A session with another server."""
    end = End(2)
    end.hears()
    yield end
    end.close()


@pytest.fixture
def slot(end: End) -> Slot:
    """A slot with one session, which has been asked."""
    slot = Slot(0)
    slot.join(end.session)
    assert [GRAB] == end.hears()
    return slot


def assigned(slot: Slot, end: End, handle: bytes = b"H:1") -> Job:
    """A job that a server assigns."""
    job = slot.receive(end.session, (P.JOB_ASSIGN_UNIQ, [handle, b"f", b"u", b"w"]))
    assert job is not None
    return job


# -- sessions ----------------------------------------------------------------------


def test_the_function_named_first_is_registered_last() -> None:
    """A server serves the one registered last first."""
    end = End(1, b"first", b"second", client_id=b"me")
    assert [(P.SET_CLIENT_ID, [b"me"]), (P.CAN_DO, [b"second"]), (P.CAN_DO, [b"first"])] == end.hears()
    end.close()


@pytest.mark.parametrize(
    ("report", "packet"),
    [
        (lambda job: job.complete(b"a\0b"), (P.WORK_COMPLETE, [b"H:1", b"a\0b"])),
        (lambda job: job.complete(bytes(UNCOPIED)), (P.WORK_COMPLETE, [b"H:1", bytes(UNCOPIED)])),
        (lambda job: job.warn(b"careful"), (P.WORK_WARNING, [b"H:1", b"careful"])),
        (lambda job: job.fail(), (P.WORK_FAIL, [b"H:1"])),
    ],
    ids=["result", "big result", "warning", "failure"],
)
def test_reports(slot: Slot, end: End, report: Callable[[Job], None], packet: Packet) -> None:
    report(assigned(slot, end))
    assert [packet] == end.hears()


# -- one server --------------------------------------------------------------------------


def test_a_job_is_what_the_server_says(slot: Slot, end: End) -> None:
    assert Job(end.session, b"H:1", b"f", b"u", b"w") == assigned(slot, end)
    assert [] == end.hears()


def test_a_job_without_unique(slot: Slot, end: End) -> None:
    job = slot.receive(end.session, (P.JOB_ASSIGN, [b"H:1", b"f", b"w"]))
    assert Job(end.session, b"H:1", b"f", b"", b"w") == job


def test_no_job_is_a_reason_to_sleep_until_woken(slot: Slot, end: End) -> None:
    assert slot.receive(end.session, (P.NO_JOB, [])) is None
    assert [SLEEP] == end.hears()
    assert slot.receive(end.session, (P.NOOP, [])) is None
    assert [GRAB] == end.hears()


def test_after_a_job_the_next_is_asked_for(slot: Slot, end: End) -> None:
    assigned(slot, end)
    slot.done()
    assert [GRAB] == end.hears()


def test_a_wake_up_while_working_is_remembered_once(slot: Slot, end: End) -> None:
    assigned(slot, end)
    slot.receive(end.session, (P.NOOP, []))
    slot.receive(end.session, (P.NOOP, []))
    assert [] == end.hears()
    slot.done()
    assert [GRAB] == end.hears()


@pytest.mark.parametrize("packet", [(P.JOB_ASSIGN_UNIQ, [b"H:2", b"f", b"u", b"w"]), (P.ECHO_RES, [b"x"])])
def test_what_nobody_asked_for_breaks_the_protocol(slot: Slot, end: End, packet: Packet) -> None:
    assigned(slot, end)
    with pytest.raises(ProtocolError):
        slot.receive(end.session, packet)


# -- servers that refuse -----------------------------------------------------------------


def test_a_server_that_refuses_is_asked_the_older_way_from_then_on(slot: Slot, end: End) -> None:
    refusal = (P.ERROR, [b"unknown_command", b"Unknown server command"])
    assert slot.receive(end.session, refusal) is None
    assert [(P.GRAB_JOB, [])] == end.hears()
    slot.receive(end.session, (P.JOB_ASSIGN, [b"H:1", b"f", b"w"]))
    slot.done()
    assert [(P.GRAB_JOB, [])] == end.hears()


def test_a_server_that_refuses_both_ways_is_no_use(slot: Slot, end: End) -> None:
    slot.receive(end.session, (P.ERROR, [b"unknown_command", b"no"]))
    with pytest.raises(ProtocolError, match="server:1 refused to give work: no"):
        slot.receive(end.session, (P.ERROR, [b"unknown_command", b"no"]))


def test_a_report_that_came_too_late_changes_nothing(slot: Slot, end: End) -> None:
    slot.receive(end.session, (P.ERROR, [b"JOB_NOT_FOUND", b"Job given in work result not found"]))
    assert [] == end.hears()
    assert b"H:1" == assigned(slot, end).handle


def test_a_server_that_does_not_permit_the_work_says_so(slot: Slot, end: End) -> None:
    with pytest.raises(Forbidden, match=r"server:1 does not permit .*: Your role .* it needs the role work"):
        slot.receive(end.session, (P.ERROR, [b"PERMISSION_DENIED", b"Your role does not permit this"]))


def test_a_server_without_room_for_the_worker_is_left_for_now(slot: Slot, end: End) -> None:
    with pytest.raises(NoRoom, match="server:1 has no room for this worker: Server has no memory"):
        slot.receive(end.session, (P.ERROR, [b"QUEUE_ERROR", b"Server has no memory for more"]))


@pytest.mark.parametrize("asked", [False, True])
def test_a_server_that_refuses_a_result_for_its_size_is_quoted(slot: Slot, end: End, asked: bool) -> None:
    assigned(slot, end)
    if asked:
        slot.done()
    with pytest.raises(ConnectionLost, match="server:1 refused what this worker sent: Packet too large"):
        slot.receive(end.session, (P.ERROR, [b"ARGUMENT_TOO_LARGE", b"Packet too large"]))


def test_an_answer_that_nobody_waits_for_breaks_the_protocol(slot: Slot, end: End) -> None:
    slot.receive(end.session, (P.NO_JOB, []))
    with pytest.raises(ProtocolError, match="server:1 answered what nobody had asked"):
        slot.receive(end.session, (P.NO_JOB, []))


def test_a_sleeper_is_not_woken_without_end(slot: Slot, end: End, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STRANGE_MOST", 10)
    for _ in range(3):
        assigned(slot, end)
        slot.done()
        for _ in range(9):
            slot.receive(end.session, (P.NOOP, []))
    slot.receive(end.session, (P.NOOP, []))
    with pytest.raises(ProtocolError, match="server:1 sends without end"):
        slot.receive(end.session, (P.NOOP, []))


# -- several servers ---------------------------------------------------------------------


def test_one_server_is_asked_at_a_time(slot: Slot, end: End, other: End) -> None:
    slot.join(other.session)
    assert [] == other.hears()
    slot.receive(end.session, (P.NO_JOB, []))
    assert ([SLEEP], [GRAB]) == (end.hears(), other.hears())


def test_servers_take_turns(slot: Slot, end: End, other: End) -> None:
    slot.join(other.session)
    assigned(slot, end)
    slot.done()
    assert ([], [GRAB]) == (end.hears(), other.hears())
    assigned(slot, other)
    slot.done()
    assert ([GRAB], []) == (end.hears(), other.hears())


def test_a_server_that_was_asked_and_goes_is_replaced(slot: Slot, end: End, other: End) -> None:
    slot.join(other.session)
    slot.leave(end.session)
    assert [GRAB] == other.hears()


def test_a_server_that_goes_is_not_asked_after_its_job(slot: Slot, end: End, other: End) -> None:
    slot.join(other.session)
    assigned(slot, end)
    slot.leave(end.session)
    assert [] == other.hears()
    slot.done()
    assert ([], [GRAB]) == (end.hears(), other.hears())


def test_a_job_of_a_server_that_was_not_asked_breaks_the_protocol(slot: Slot, end: End, other: End) -> None:
    slot.join(other.session)
    with pytest.raises(ProtocolError, match="server:2 assigned a job that nobody asked for"):
        assigned(slot, other)

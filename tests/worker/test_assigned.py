"""What a callable's job sends, and how the callable's end becomes packets.  Real servers, no loop."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gearcli.client.connection import Connection, connect
from gearcli.errors import JobFailed
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet, PacketType, request
from gearcli.worker.assigned import AssignedJob, Failure, Result, Work, deliver, ended, part, report
from gearcli.worker.worker import Job, Session, Slot
from tests.client.peer import Peer
from tests.support import DEADLINE, ServerProcess
from tests.worker import playing
from tests.worker.playing import BIG, Gate, raising, submitted, until_ended

P = PacketType
LARGEST = 2**32 - 1  # gearmand drops a status with a larger number and says nothing

job_server, name, gate = playing.job_server, playing.name, playing.gate


@contextlib.contextmanager
def doing(server: ServerProcess, name: str, work: Work) -> Iterator[None]:
    """Do one job of a function in another thread; it has been done when the block ends."""
    connection = connect(Address("127.0.0.1", server.port))
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(do_one, connection, name, work)
        yield
        done.result(DEADLINE)


def do_one(connection: Connection, name: str, work: Work) -> None:
    """Take a job, do it, report its end, and part."""
    try:
        session, slot = Session(connection, [name.encode()]), Slot(0)
        slot.join(session)
        deadline = time.monotonic() + DEADLINE
        while (job := slot.receive(session, connection.next_packet(deadline))) is None:
            pass
        report(job, ended(work, job))
    finally:
        part(connection, DEADLINE)


@pytest.fixture
def ends() -> Iterator[tuple[Connection, Peer]]:
    """A connection, and the server's end of it, which the test plays."""
    ours, theirs = socket.socketpair()
    connection = Connection(ours, Address("server", 1))
    with contextlib.closing(connection), Peer(theirs) as peer:
        yield connection, peer


# -- one connection --------------------------------------------------------------------


def test_what_is_not_taken_in_time_is_kept(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    connection.send(request(P.ECHO_REQ, bytes(BIG)))
    deliver(connection, 0.0)
    assert (True, None) == (connection.unsent, connection.lost)
    with ThreadPoolExecutor(1) as threads:
        heard = threads.submit(peer.packet)
        deliver(connection, 1e9)
        assert (P.ECHO_REQ, [bytes(BIG)]) == heard.result(DEADLINE)
    assert not connection.unsent


def test_what_arrives_meanwhile_is_kept(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    peer.say(P.NOOP)
    connection.send(bytes(BIG))
    deliver(connection, 0.0)
    assert [(P.NOOP, [])] == list(connection.received)


def test_a_broken_connection_ends_the_delivery(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    peer.close()
    connection.send(bytes(BIG))
    deliver(connection, DEADLINE)
    assert connection.lost is not None


def test_parting_says_all_that_is_left(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    connection.send(request(P.CAN_DO, b"f"))
    part(connection, 0.0)
    assert [b"f"] == peer.expect(P.CAN_DO)
    with pytest.raises(ConnectionError):
        peer.packet()
    assert -1 == connection.fileno()


# -- results ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "data"),
    [
        (b"a\0b\0", b"a\0b\0"),
        (bytearray(b"array"), b"array"),
        (memoryview(b"view")[::2], b"ve"),
        ("größer", "größer".encode()),
        ("", b""),
        (None, b""),
        (bytes(1 << 16), bytes(1 << 16)),
    ],
    ids=["NULs", "bytearray", "memoryview", "text", "empty", "None", "big"],
)
def test_results(job_server: ServerProcess, name: str, result: Result, data: bytes) -> None:
    with doing(job_server, name, lambda job: result):
        assert [(P.WORK_COMPLETE, [data])] == submitted(job_server, name)


@pytest.mark.parametrize("workload", [b"", b"a\0b\0", b"\0RES\0\0\0\x0d", b"\xff\n"])
def test_a_callable_gets_the_workload(job_server: ServerProcess, name: str, workload: bytes) -> None:
    with doing(job_server, name, lambda job: job.workload):
        assert [(P.WORK_COMPLETE, [workload])] == submitted(job_server, name, workload)


def test_eight_mebibytes_go_all_ways(job_server: ServerProcess, name: str) -> None:
    def double(job: AssignedJob) -> bytes:
        job.data(job.workload)
        return job.workload

    workload = os.urandom(BIG)
    with doing(job_server, name, double):
        assert [(P.WORK_DATA, [workload]), (P.WORK_COMPLETE, [workload])] == submitted(
            job_server, name, workload
        )


def test_a_callable_knows_its_job(job_server: ServerProcess, name: str) -> None:
    def tell(job: AssignedJob) -> bytes:
        return b"\0".join([job.handle, job.function, job.unique, job.workload])

    with doing(job_server, name, tell), job_server.wire() as client:
        _, (handle,) = client.ask(P.SUBMIT_JOB, name.encode(), b"the key", b"the load")
        parts = [handle, name.encode(), b"the key", b"the load"]
        assert [(P.WORK_COMPLETE, [b"\0".join(parts)])] == until_ended(client)


def test_reports_arrive_in_order(job_server: ServerProcess, name: str) -> None:
    def report(job: AssignedJob) -> str:
        job.status(1, 3)
        job.data(b"a\0b")
        job.warn("schön")
        job.warn(b"\xff")
        job.status(LARGEST, LARGEST)
        return "end"

    with doing(job_server, name, report):
        assert [
            (P.WORK_STATUS, [b"1", b"3"]),
            (P.WORK_DATA, [b"a\0b"]),
            (P.WORK_WARNING, ["schön".encode()]),
            (P.WORK_WARNING, [b"\xff"]),
            (P.WORK_STATUS, [b"4294967295", b"4294967295"]),
            (P.WORK_COMPLETE, [b"end"]),
        ] == submitted(job_server, name)


def test_reports_are_sent_at_once(job_server: ServerProcess, name: str, gate: Gate) -> None:
    def report(job: AssignedJob) -> bytes:
        job.status(1, 2)
        return gate(job)

    with doing(job_server, name, report), job_server.wire() as client:
        _, (handle,) = client.ask(P.SUBMIT_JOB, name.encode(), b"", b"")
        assert (P.WORK_STATUS, [handle, b"1", b"2"]) == client.packet()
        gate.go.set()
        assert [(P.WORK_COMPLETE, [b"done"])] == until_ended(client)


# -- failures --------------------------------------------------------------------------


class Mute(Exception):
    """An exception that cannot even be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (raising(ValueError("no such image: größer")), "ValueError: no such image: größer"),
        (raising(LookupError()), "LookupError"),
        (raising(Mute()), "Mute"),
        (raising(OSError("\udcff")), "OSError: \\udcff"),
        (lambda job: 7, "TypeError: a job has bytes, str or None to say, not int"),
        (lambda job: job.data([]), "TypeError: a job has bytes, str or None to say, not list"),
    ],
    ids=["words", "no words", "unspeakable", "no UTF-8", "not a result", "not data"],
)
def test_the_words_of_an_exception(job_server: ServerProcess, name: str, work: Work, words: str) -> None:
    with doing(job_server, name, work):
        assert [(P.WORK_EXCEPTION, [words.encode()])] == submitted(job_server, name, option=b"exceptions")


@pytest.mark.parametrize(
    ("error", "warnings"),
    [(JobFailed("no such image"), [(P.WORK_WARNING, [b"no such image"])]), (JobFailed(), [])],
    ids=["with words", "without"],
)
def test_a_job_that_failed(
    job_server: ServerProcess, name: str, error: JobFailed, warnings: list[Packet]
) -> None:
    with doing(job_server, name, raising(error)):
        assert [*warnings, (P.WORK_FAIL, [])] == submitted(job_server, name, option=b"exceptions")


@pytest.mark.parametrize(
    ("work", "end"),
    [
        (lambda job: job.workload, b"load"),
        (raising(JobFailed("no")), Failure(P.WORK_WARNING, b"no")),
        (raising(JobFailed()), Failure(P.WORK_WARNING, b"")),
        (raising(ValueError("no")), Failure(P.WORK_EXCEPTION, b"ValueError: no")),
    ],
    ids=["result", "failed", "failed without words", "exception"],
)
def test_ends(ends: tuple[Connection, Peer], work: Work, end: bytes | Failure) -> None:
    assert end == ended(work, job_over(ends[0]))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)], ids=["Ctrl-C", "exit"])
def test_what_interrupts_is_no_end(ends: tuple[Connection, Peer], error: BaseException) -> None:
    with pytest.raises(type(error)):
        ended(raising(error), job_over(ends[0]))


def job_over(connection: Connection) -> Job:
    """A job that the server at the other end assigned."""
    return Job(Session(connection, ()), b"H:1", b"f", b"", b"load")

"""The sessions with several servers: who is asked, what is sent when, who is left.  Real servers."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gearcli.errors import ProtocolError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, request, response
from gearcli.worker.assigned import AssignedJob, Work, ended, report
from gearcli.worker.servers import Servers
from gearcli.worker.worker import FAULTS
from tests.client.peer import Listener, Peer, listening
from tests.support import DEADLINE, ServerProcess, free_port, gear_serve
from tests.worker import playing
from tests.worker.playing import BIG, raising, submitted, until_ended

P = PacketType

name = playing.name


@contextlib.contextmanager
def asking(name: str, work: Work, *ports: int) -> Iterator[None]:
    """Do jobs of some servers in another thread until the block ends."""
    servers = Servers([Address("127.0.0.1", port) for port in ports], b"", 5.0)
    servers.can_do(name.encode(), request(P.CAN_DO, name.encode()))
    stopped = threading.Event()
    with contextlib.closing(servers), ThreadPoolExecutor(1) as threads:
        future = threads.submit(do_jobs, servers, work, stopped)
        try:
            yield
        finally:
            stopped.set()
            servers.wake()
        future.result(DEADLINE)


def do_jobs(servers: Servers, work: Work, stopped: threading.Event) -> None:
    """Ask for jobs and do them."""
    servers.gather()
    while not stopped.is_set():
        servers.ask()
        servers.wait(None)
        for job in servers.jobs():
            report(job, ended(work, job))


@contextlib.contextmanager
def asked(name: str, work: Work) -> Iterator[Peer]:
    """A server that the test plays, and which has been asked for a job."""
    with listening() as listener, asking(name, work, listener.port), listener.accept() as peer:
        assert [P.CAN_DO, P.GRAB_JOB_UNIQ] == peer.types(2)
        yield peer


def test_jobs_of_several_servers_one_at_a_time(server: ServerProcess, name: str) -> None:
    busy = threading.Lock()
    done: list[bytes] = []

    def work(job: AssignedJob) -> bytes:
        assert busy.acquire(blocking=False)
        busy.release()
        done.append(job.workload)
        return job.workload

    with gear_serve() as other, server.wire() as one, other.wire() as two:
        for client, load in ((one, b"1"), (two, b"2")) * 5:
            client.say(P.SUBMIT_JOB, name.encode(), b"", load)
        with asking(name, work, server.port, other.port):
            assert [[(P.WORK_COMPLETE, [b"1"])]] * 5 == [until_ended(one) for _ in range(5)]
            assert [[(P.WORK_COMPLETE, [b"2"])]] * 5 == [until_ended(two) for _ in range(5)]
        assert 10 == len(done)


def test_one_of_several_servers_may_be_down(server: ServerProcess, name: str) -> None:
    down = free_port()
    with asking(name, lambda job: "done", down, server.port):
        assert [(P.WORK_COMPLETE, [b"done"])] == submitted(server, name)
        with gear_serve(address=["-p", str(down)]) as other:
            assert [(P.WORK_COMPLETE, [b"done"])] == submitted(other, name)


def test_a_lost_server_is_no_hindrance_for_others(server: ServerProcess, name: str) -> None:
    with gear_serve() as other, asking(name, lambda job: "done", server.port, other.port):
        assert [(P.WORK_COMPLETE, [b"done"])] == submitted(other, name)
        other.signal(signal.SIGKILL)
        other.exit_status()
        assert [[(P.WORK_COMPLETE, [b"done"])]] * 3 == [submitted(server, name) for _ in range(3)]


def test_what_arrives_while_a_callable_reports_is_not_forgotten(name: str) -> None:
    """A server may say things while a callable reports more than a socket takes."""

    def report_much(job: AssignedJob) -> None:
        for _ in range(40):
            job.data(bytes(1 << 20))

    with asked(name, report_much) as peer:
        peer.say(P.JOB_ASSIGN_UNIQ, b"H:1", name.encode(), b"", b"")
        peer.say(P.NOOP)
        for _ in range(40):
            peer.expect(P.WORK_DATA)
        assert [P.WORK_COMPLETE, P.GRAB_JOB_UNIQ] == peer.types(2)


def test_a_server_that_takes_a_result_slowly_gets_it_all(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gearcli.worker.servers.PATIENCE", 0.0)
    with asked(name, lambda job: bytes(5 * BIG)) as peer:
        peer.say(P.JOB_ASSIGN_UNIQ, b"H:1", name.encode(), b"", b"")
        assert [b"H:1", bytes(5 * BIG)] == peer.expect(P.WORK_COMPLETE)
        peer.expect(P.GRAB_JOB_UNIQ)


def test_a_server_that_assigns_what_is_not_registered_is_left(name: str) -> None:
    with listening() as listener, asking(name, raising(AssertionError()), listener.port):
        misled(listener)
        misled(listener)


def test_a_server_without_room_is_tried_again(name: str) -> None:
    with listening() as listener, asking(name, raising(AssertionError()), listener.port):
        for _ in range(2):
            with listener.accept() as peer:
                assert [P.CAN_DO, P.GRAB_JOB_UNIQ] == peer.types(2)
                peer.say(P.ERROR, b"QUEUE_ERROR", b"Server has no memory for more")
                with pytest.raises(ConnectionError):
                    peer.packet()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost servers are tried again at once."""
    for pause in ("FIRST_PAUSE", "LONGEST_PAUSE"):
        monkeypatch.setattr(f"gearcli.worker.servers.{pause}", 0.01)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    ("said", "words"),
    [
        (response(P.JOB_ASSIGN_UNIQ, b"H:1", b"other", b"", b""), "other, which is not registered"),
        (b"\0what is this", "does not speak Gearman's protocol"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "sent a worker TEXT"),
    ],
)
def test_a_server_that_breaks_the_protocol_again_and_again_is_none(
    name: str, said: bytes, words: str
) -> None:
    with pytest.raises(ProtocolError, match=words):
        break_the_protocol(name, said)


def break_the_protocol(name: str, said: bytes) -> None:
    """Be a worker's only server and say the same on as many connections as it bears."""
    with listening() as listener, asking(name, raising(AssertionError()), listener.port):
        for _ in range(FAULTS):
            with listener.accept() as peer:
                peer.send(said)
                until_closed(peer)


@pytest.mark.usefixtures("eager")
def test_a_server_that_gives_a_job_in_between_is_one(name: str) -> None:
    with listening() as listener, asking(name, lambda job: "done", listener.port):
        for _ in range(2):
            for _ in range(FAULTS - 1):
                misled(listener)
            served(listener, name)


@pytest.mark.usefixtures("eager")
def test_a_server_that_only_goes_is_tried_again_and_again(name: str) -> None:
    with listening() as listener, asking(name, lambda job: "done", listener.port):
        for _ in range(3 * FAULTS):
            with listener.accept() as peer:
                assert [P.CAN_DO, P.GRAB_JOB_UNIQ] == peer.types(2)
        served(listener, name)


@pytest.mark.usefixtures("eager")
def test_beside_a_good_server_a_bad_one_ends_nothing(server: ServerProcess, name: str) -> None:
    with contextlib.ExitStack() as stack:
        bad = stack.enter_context(listening())
        with asking(name, lambda job: "done", server.port, bad.port):
            for _ in range(2 * FAULTS):
                with bad.accept() as peer:
                    peer.say(P.JOB_CREATED, b"H:1")
                    until_closed(peer)
            stack.close()  # who is asked and says nothing would be waited for
            assert [(P.WORK_COMPLETE, [b"done"])] == submitted(server, name)


def until_closed(peer: Peer) -> None:
    """Read until the other side has ended the connection."""
    with contextlib.suppress(ConnectionError):
        while True:
            peer.packet()


def served(listener: Listener, name: str) -> None:
    """Give a job, which is done, and go."""
    with listener.accept() as peer:
        assert [P.CAN_DO, P.GRAB_JOB_UNIQ] == peer.types(2)
        peer.say(P.JOB_ASSIGN_UNIQ, b"H:1", name.encode(), b"", b"")
        assert [b"H:1", b"done"] == peer.expect(P.WORK_COMPLETE)


def misled(listener: Listener) -> None:
    """Assign a job of another function; the connection ends without an answer."""
    with listener.accept() as peer:
        assert [P.CAN_DO, P.GRAB_JOB_UNIQ] == peer.types(2)
        peer.say(P.JOB_ASSIGN_UNIQ, b"H:1", b"other", b"", b"")
        with pytest.raises(ConnectionError):
            peer.packet()

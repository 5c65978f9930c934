"""Workers as callables: failures, limits, stopping, lost servers, functions, misuse.  Real servers."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from gearcli.errors import AddressError, ConnectFailed, ProtocolError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from gearcli.worker.assigned import AssignedJob, Work
from gearcli.worker.callables import Worker
from gearcli.worker.worker import FAULTS
from tests.cli.driving import counts, take_job
from tests.client.peer import Peer, listening
from tests.support import DEADLINE, ServerProcess, free_port, gear_serve, wait_until
from tests.worker import playing
from tests.worker.playing import BIG, Gate, at, queue, raising, submitted, until_ended

P = PacketType

job_server, name, gate = playing.job_server, playing.name, playing.gate


def worker_at(*ports: int, connect_timeout: float = 5.0) -> Worker:
    return Worker([at(port) for port in ports], connect_timeout=connect_timeout)


@contextlib.contextmanager
def running(worker: Worker, jobs: int | None = None, idle: float | None = None) -> Iterator[Future[int]]:
    """A worker that runs in another thread until the block ends; the future of what `run` returns."""
    with worker, ThreadPoolExecutor(1) as threads:
        future = threads.submit(worker.run, jobs=jobs, idle=idle)
        try:
            yield future
        finally:
            worker.stop()
            future.exception(DEADLINE)


@contextlib.contextmanager
def working(server: ServerProcess, name: str, work: Work) -> Iterator[Future[int]]:
    """A worker with one function, which its server knows."""
    worker = worker_at(server.port)
    worker.register(name, work)
    with running(worker) as future:
        wait_until(lambda: counts(server.port, name)[2] == 1 or future.done())
        yield future
    future.result()


# -- failures --------------------------------------------------------------------------


def test_an_exception_is_a_failure_for_everybody(job_server: ServerProcess, name: str) -> None:
    """And the worker goes on."""
    with working(job_server, name, raising(ValueError("no"))) as future:
        assert [[(P.WORK_FAIL, [])]] * 3 == [submitted(job_server, name) for _ in range(3)]
        assert not future.done()


def test_an_exception_is_followed_by_a_failure(name: str) -> None:
    """Perl's server takes only that for the end."""
    with one_server(name, raising(ValueError("no"))) as (peer, _):
        peer.say(P.JOB_ASSIGN_UNIQ, b"H:1", name.encode(), b"", b"")
        assert [b"H:1", b"ValueError: no"] == peer.expect(P.WORK_EXCEPTION)
        assert [b"H:1"] == peer.expect(P.WORK_FAIL)
        peer.expect(P.GRAB_JOB_UNIQ)
        peer.say(P.ERROR, b"JOB_NOT_FOUND", b"Job given in work result not found")
        peer.say(P.NO_JOB)
        peer.expect(P.PRE_SLEEP)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)], ids=["Ctrl-C", "exit"])
def test_an_interrupted_job_is_left_to_others(
    job_server: ServerProcess, name: str, error: BaseException
) -> None:
    with worker_at(job_server.port) as worker, job_server.wire() as client, job_server.wire() as other:
        worker.register(name, raising(error))
        client.say(P.SUBMIT_JOB, name.encode(), b"", b"load")
        with pytest.raises(type(error)):
            worker.run()
        handle, workload = take_job(other, name.encode())
        other.say(P.WORK_COMPLETE, handle, workload + b" done")
        assert [(P.WORK_COMPLETE, [b"load done"])] == until_ended(client)


def test_a_worker_runs_again_after_an_interrupted_job(server: ServerProcess, name: str) -> None:
    errors: list[BaseException] = [KeyboardInterrupt()]

    def work(job: AssignedJob) -> None:
        if errors:
            raise errors.pop()

    with worker_at(server.port) as worker:
        worker.register(name, work)
        queue(server.port, name, b"")
        with pytest.raises(KeyboardInterrupt):
            worker.run()
        assert 1 == worker.run(idle=0)


# -- limits ----------------------------------------------------------------------------


def test_so_many_jobs_and_no_more(job_server: ServerProcess, name: str) -> None:
    done: list[bytes] = []
    with worker_at(job_server.port) as worker:
        worker.register(name, lambda job: done.append(job.workload))
        queue(job_server.port, name, b"1", b"2", b"3", b"4")
        assert 0 == worker.run(jobs=0)
        assert (2, [b"1", b"2"]) == (worker.run(jobs=2), done)
        assert (2, 0, 1) == counts(job_server.port, name)
        assert (1, [b"1", b"2", b"3"]) == (worker.run(jobs=1), done)
        assert (1, [b"1", b"2", b"3", b"4"]) == (worker.run(jobs=5, idle=0), done)


def test_an_end_after_idle_seconds(job_server: ServerProcess, name: str) -> None:
    with worker_at(job_server.port) as worker:
        worker.register(name, raising(ValueError("counts too")))
        assert 0 == worker.run(idle=0.01)
        queue(job_server.port, name, b"", b"", b"")
        assert 3 == worker.run(idle=0)
        assert 0 == worker.run(idle=0)
        assert (0, 0, 1) == counts(job_server.port, name)
    wait_until(lambda: counts(job_server.port, name)[2] == 0)


def test_the_last_result_arrives_although_the_worker_goes(job_server: ServerProcess, name: str) -> None:
    with worker_at(job_server.port) as worker, job_server.wire() as client:
        worker.register(name, lambda job: bytes(BIG))
        client.say(P.SUBMIT_JOB, name.encode(), b"", b"")
        with ThreadPoolExecutor(1) as threads:
            said = threads.submit(until_ended, client)
            assert 1 == worker.run(jobs=1)
            worker.close()
            assert [(P.WORK_COMPLETE, [bytes(BIG)])] == said.result()


# -- stopping --------------------------------------------------------------------------


def test_an_idle_worker_stops_at_once(job_server: ServerProcess, name: str) -> None:
    with working(job_server, name, raising(AssertionError())) as future:
        pass
    assert 0 == future.result()


def test_a_stopped_worker_finishes_its_job(job_server: ServerProcess, name: str, gate: Gate) -> None:
    worker = worker_at(job_server.port)
    worker.register(name, gate)
    with running(worker) as future, job_server.wire() as client:
        client.ask(P.SUBMIT_JOB, name.encode(), b"", b"")
        assert gate.begun.wait(DEADLINE)
        queue(job_server.port, name, b"next")
        worker.stop()
        gate.go.set()
        assert [(P.WORK_COMPLETE, [b"done"])] == until_ended(client)
        assert 1 == future.result(DEADLINE)
    wait_until(lambda: counts(job_server.port, name) == (1, 0, 0))


def test_a_signal_handler_stops_it(server: ServerProcess, name: str) -> None:
    """It waits in its selector, in the main thread."""
    with worker_at(server.port) as worker, ThreadPoolExecutor(1) as threads:
        worker.register(name, raising(AssertionError()))
        before = signal.signal(signal.SIGUSR1, lambda *_: worker.stop())
        try:
            threads.submit(signal_when, lambda: counts(server.port, name)[2] == 1)
            assert 0 == worker.run()
        finally:
            signal.signal(signal.SIGUSR1, before)


def signal_when(condition: Callable[[], bool]) -> None:
    """Send this process a signal when something is so."""
    wait_until(condition)
    os.kill(os.getpid(), signal.SIGUSR1)


def test_a_stop_before_the_start_is_not_missed(server: ServerProcess, name: str) -> None:
    with worker_at(server.port) as worker:
        worker.register(name, raising(AssertionError()))
        worker.stop()
        assert 0 == worker.run()
        queue(server.port, name, b"")
        assert 1 == worker.run(idle=0)


def test_closing_stops(server: ServerProcess, name: str, gate: Gate) -> None:
    worker = worker_at(server.port)
    worker.register(name, gate)
    with running(worker) as future, server.wire() as client:
        client.ask(P.SUBMIT_JOB, name.encode(), b"", b"")
        assert gate.begun.wait(DEADLINE)
        worker.close()
        gate.go.set()
        assert [(P.WORK_COMPLETE, [b"done"])] == until_ended(client)
        assert 1 == future.result(DEADLINE)
        with pytest.raises(UsageError, match="the worker is closed"):
            worker.run()


@contextlib.contextmanager
def one_server(name: str, work: Work, connect_timeout: float = 5.0) -> Iterator[tuple[Peer, Worker]]:
    """A worker that runs for a server which the test plays, and which it has asked for a job."""
    with listening() as listener:
        worker = worker_at(listener.port, connect_timeout=connect_timeout)
        worker.register(name, work)
        with running(worker), listener.accept() as peer:
            assert [P.CAN_DO, P.GRAB_JOB_UNIQ] == peer.types(2)
            try:
                yield peer, worker
            finally:
                worker.stop()
                peer.close()


def test_a_job_that_crosses_the_stop_is_done(name: str) -> None:
    with one_server(name, lambda job: "done") as (peer, worker):
        worker.stop()
        peer.say(P.JOB_ASSIGN_UNIQ, b"H:1", name.encode(), b"", b"")
        assert [b"H:1", b"done"] == peer.expect(P.WORK_COMPLETE)
        with pytest.raises(ConnectionError):
            peer.packet()


def test_a_server_that_has_no_job_is_not_waited_for(name: str) -> None:
    with one_server(name, raising(AssertionError())) as (peer, worker):
        worker.stop()
        peer.say(P.NO_JOB)
        with pytest.raises(ConnectionError):
            peer.packet()


def test_a_server_that_is_stuck_is_not_waited_for_for_ever(name: str) -> None:
    with one_server(name, raising(AssertionError()), connect_timeout=0.05) as (peer, worker):
        worker.stop()
        with pytest.raises(ConnectionError):
            peer.packet()


# -- servers ---------------------------------------------------------------------------


def test_one_server_must_be_there_at_the_start(name: str) -> None:
    ports = free_port(), free_port()
    with worker_at(*ports) as worker:
        worker.register(name, raising(AssertionError()))
        with pytest.raises(ConnectFailed, match=f"{ports[0]}: connection refused.*{ports[1]}"):
            worker.run()
        with gear_serve(address=["-p", str(ports[1])]):
            assert 0 == worker.run(idle=0)


def test_a_server_that_comes_back_during_a_job(name: str, gate: Gate) -> None:
    """What was done for it does not count, since nobody heard of it."""
    with gear_serve() as first:
        worker = worker_at(first.port)
        worker.register(name, gate)
        with running(worker, jobs=2) as future:
            queue(first.port, name, b"")
            assert gate.begun.wait(DEADLINE)
            first.signal(signal.SIGKILL)
            first.exit_status()
            with gear_serve(address=["-p", str(first.port)]) as second:
                gate.go.set()
                assert [[(P.WORK_COMPLETE, [b"done"])]] * 2 == [submitted(second, name) for _ in range(2)]
                assert 2 == future.result(DEADLINE)


def test_a_server_that_comes_back_between_two_runs(name: str) -> None:
    with gear_serve() as first, worker_at(first.port) as worker:
        worker.register(name, lambda job: None)
        queue(first.port, name, b"")
        assert 1 == worker.run(jobs=1)
        first.signal(signal.SIGKILL)
        first.exit_status()
        with pytest.raises(ConnectFailed):
            worker.run(jobs=1)
        with gear_serve(address=["-p", str(first.port)]):
            queue(first.port, name, b"")
            assert 1 == worker.run(jobs=1)


def test_a_callable_may_report_to_a_server_that_is_gone(name: str) -> None:
    """More than fits into a socket, so that it notices."""

    def report(job: AssignedJob) -> None:
        first.signal(signal.SIGKILL)
        first.exit_status()
        for _ in range(10):
            job.data(bytes(1 << 20))

    with gear_serve() as first, worker_at(first.port) as worker:
        worker.register(name, report)
        queue(first.port, name, b"")
        assert 0 == worker.run(idle=0)


# -- functions -------------------------------------------------------------------------


def test_a_decorated_callable_stays_what_it_is(job_server: ServerProcess, name: str) -> None:
    with worker_at(job_server.port) as worker:

        @worker.function(name)
        def shout(job: AssignedJob) -> bytes:
            return job.workload.upper()

        with job_server.wire() as client:
            client.say(P.SUBMIT_JOB, name.encode(), b"", b"ah")
            assert 1 == worker.run(jobs=1)
            assert [(P.WORK_COMPLETE, [b"AH"])] == until_ended(client)
        assert "shout" == shout.__name__


def test_what_a_worker_says_of_itself(name: str) -> None:
    """A server serves the one registered last first."""
    with listening() as listener:
        worker = Worker(listener.address, client_id="press-1")
        worker.register("first", lambda job: None)
        worker.register(b"second", lambda job: None, timeout=2500)
        with running(worker), listener.accept() as peer:
            assert [b"press-1"] == peer.expect(P.SET_CLIENT_ID)
            assert [b"second", b"2500"] == peer.expect(P.CAN_DO_TIMEOUT)
            assert [b"first"] == peer.expect(P.CAN_DO)
            peer.expect(P.GRAB_JOB_UNIQ)


def test_a_function_registered_while_it_runs(job_server: ServerProcess, name: str) -> None:
    """Its jobs have been waiting, so nobody wakes the worker for them."""
    later = f"{name}-later"
    worker = worker_at(job_server.port)
    worker.register(name, lambda job: "sooner")
    with running(worker):
        assert [(P.WORK_COMPLETE, [b"sooner"])] == submitted(job_server, name)
        with job_server.wire() as client:
            client.ask(P.SUBMIT_JOB, later.encode(), b"", b"")
            worker.register(later, lambda job: "later")
            assert [(P.WORK_COMPLETE, [b"later"])] == until_ended(client)


def test_a_callable_may_forget_its_function(job_server: ServerProcess, name: str) -> None:
    """The job that is being done is not taken away for that, and no other comes."""
    other = f"{name}-other"
    with worker_at(job_server.port) as worker, job_server.wire() as client:

        @worker.function(name)
        def once(job: AssignedJob) -> str:
            worker.forget(name)
            worker.forget(name)
            worker.register(other, lambda job: "other")
            return "once"

        client.ask(P.SUBMIT_JOB, name.encode(), b"", b"")
        queue(job_server.port, name, b"")
        queue(job_server.port, other, b"")
        assert 2 == worker.run(idle=0)
        assert [(P.WORK_COMPLETE, [b"once"])] == until_ended(client)
        assert ((1, 0, 0), (0, 0, 1)) == (counts(job_server.port, name), counts(job_server.port, other))


def test_a_function_forgotten_between_two_runs(job_server: ServerProcess, name: str) -> None:
    other = f"{name}-other"
    with worker_at(job_server.port) as worker:
        worker.register(name, lambda job: None)
        worker.register(other, lambda job: None)
        queue(job_server.port, name, b"1", b"2")
        assert 1 == worker.run(jobs=1)
        worker.forget(name)
        assert 0 == worker.run(idle=0)
        assert (1, 0, 0) == counts(job_server.port, name)


def test_a_server_that_does_not_speak_gearman_ends_it(name: str) -> None:
    """With what is wrong with it; a pause lies between two attempts."""
    with listening() as listener, ThreadPoolExecutor(1) as threads, worker_at(listener.port) as worker:
        worker.register(name, lambda job: None)
        run = threads.submit(worker.run)
        for _ in range(FAULTS):
            with listener.accept() as peer, contextlib.suppress(ConnectionError):
                peer.send(b"\0what is this")
                while True:
                    peer.packet()
        with pytest.raises(ProtocolError, match="does not speak Gearman's protocol"):
            run.result(DEADLINE)


# -- misuse ----------------------------------------------------------------------------


def test_a_worker_needs_a_function(server: ServerProcess) -> None:
    with worker_at(server.port) as worker, pytest.raises(UsageError, match="register one"):
        worker.run()


def test_a_worker_runs_once_at_a_time(server: ServerProcess, name: str) -> None:
    with worker_at(server.port) as worker, server.wire() as client:
        worker.register(name, lambda job: str(worker.run()))
        client.say(P.OPTION_REQ, b"exceptions")
        client.packet()
        client.say(P.SUBMIT_JOB, name.encode(), b"", b"")
        assert 1 == worker.run(jobs=1)
        assert [(P.WORK_EXCEPTION, [b"UsageError: the worker runs already"])] == until_ended(client)


@pytest.mark.parametrize("function", ["", "a\0b", b"\0"])
def test_a_name_that_cannot_be(function: str | bytes) -> None:
    with worker_at(1) as worker:
        with pytest.raises(UsageError):
            worker.register(function, lambda job: None)
        with pytest.raises(UsageError):
            worker.forget(function)


def test_a_timeout_is_positive(name: str) -> None:
    with worker_at(1) as worker, pytest.raises(UsageError, match="within 0 ms"):
        worker.register(name, lambda job: None, timeout=0)


@pytest.mark.parametrize("servers", ["", [], [" "]])
def test_a_worker_needs_a_server(servers: str | list[str]) -> None:
    with pytest.raises(UsageError, match="no server"):
        Worker(servers)


def test_a_server_has_an_address() -> None:
    with pytest.raises(AddressError):
        Worker("localhost:x")


def test_a_client_id_without_nul() -> None:
    with pytest.raises(UsageError, match="client_id"):
        Worker("localhost", client_id="a\0b")


@pytest.mark.parametrize("form", ["text", "list", "address", "environment"])
def test_ways_to_name_servers(
    server: ServerProcess, name: str, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("GEARMAN_SERVERS", at(server.port))
    forms: dict[str, str | Address | list[str] | None] = {
        "text": f"{at(server.port)},{at(server.port)}",
        "list": [at(server.port)],
        "address": Address("127.0.0.1", server.port),
        "environment": None,
    }
    queue(server.port, name, b"")
    with Worker(forms[form]) as worker:
        worker.register(name, lambda job: None)
        assert 1 == worker.run(idle=0)


def test_closing_twice_and_stopping_late() -> None:
    worker = worker_at(1)
    worker.close()
    worker.close()
    worker.stop()

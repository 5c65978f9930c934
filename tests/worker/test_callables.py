"""Workers as callables: exceptions, functions that come and go, and misuse."""

from __future__ import annotations

import pytest

from gearcli.errors import UsageError
from gearcli.protocol.packets import PacketType
from gearcli.worker.assigned import AssignedJob
from gearcli.worker.callables import Worker
from tests.cli.driving import counts, take_job
from tests.client.peer import listening
from tests.support import ServerProcess
from tests.worker import playing
from tests.worker.playing import (
    one_server,
    queue,
    raising,
    running,
    submitted,
    until_ended,
    worker_at,
    working,
)

P = PacketType

job_server, name = playing.job_server, playing.name

# -- failures ----------------------------------------------------------------------------


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


# -- functions ---------------------------------------------------------------------------


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


# -- misuse ------------------------------------------------------------------------------


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


def test_a_client_id_without_nul() -> None:
    with pytest.raises(UsageError, match="client_id"):
        Worker("localhost", client_id="a\0b")


def test_closing_twice_and_stopping_late() -> None:
    worker = worker_at(1)
    worker.close()
    worker.close()
    worker.stop()

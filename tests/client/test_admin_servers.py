"""What an operator does at real servers: a gear server does all, gearmand what it can."""

from __future__ import annotations

import pytest

from gearcli.client.admin import Admin
from gearcli.errors import FunctionUnknown, JobUnknown, ServerError
from gearcli.protocol.packets import PacketType
from gearcli.protocol.text import FunctionRow, JobRow
from tests.client.operators import operating
from tests.support import Wire, gear_serve, gearmand, needs_peers

# -- jobs --------------------------------------------------------------------------------


def test_a_gear_server_shows_a_job_and_its_workload() -> None:
    with gear_serve() as server, operating(server) as (admin, handle):
        document = admin.job(handle)
        assert (handle.decode(), "a function", 5) == tuple(
            document[key] for key in ("handle", "function", "size")
        )
        assert b"\0\xff\n.\n" == admin.workload(handle)
        admin.cancel(handle)
        for ask in (admin.job, admin.workload, admin.cancel):
            with pytest.raises(JobUnknown):
                ask(handle)


def test_a_gear_server_keeps_results() -> None:
    with gear_serve("--keep-results", "1h") as server, operating(server) as (admin, handle):
        with Wire(server.port) as worker:
            worker.say(PacketType.CAN_DO, b"a function")
            assert "waiting" == admin.result(handle).state
            worker.ask(PacketType.GRAB_JOB)
            worker.say(PacketType.WORK_DATA, handle, b"\0\xff")
            worker.say(PacketType.WORK_COMPLETE, handle, b"\n.\n")
            assert worker.works()
        kept = admin.result(handle)
        assert (handle, "done", b"\0\xff\n.\n") == (kept.handle, kept.state, kept.result)
        with pytest.raises(JobUnknown):
            admin.result(b"H:no:1")


@needs_peers
def test_gearmand_cancels_and_shows_nothing() -> None:
    with gearmand() as server, operating(server) as (admin, handle):
        for ask in (admin.job, admin.workload, admin.result):
            with pytest.raises(ServerError, match=r"this needs a gear server; .* is gearmand \d"):
                ask(handle)
        admin.cancel(handle)
        with pytest.raises(JobUnknown):
            admin.cancel(b"H:no:1")


# -- every command -----------------------------------------------------------------------


def test_a_gear_server_tells_and_does_all() -> None:
    with gear_serve() as server, operating(server) as (admin, handle), Wire(server.port) as worker:
        name = b"a function"
        worker.say(PacketType.CAN_DO, name)
        assert worker.works()
        (function,) = admin.functions()
        assert (name, 1, 0, 1, False) == (*function[:4], function.paused)
        assert admin.pause(name).paused
        assert not admin.resume(name).paused
        ((job,), left_out) = admin.jobs(name)
        assert (handle, name, "waiting", 5, 0) == (job.handle, job.function, job.state, job.size, left_out)
        assert [job.handle] == [each.handle for each in admin.jobs().jobs]
        assert [(name,), ()] == sorted((client.functions for client in admin.clients()), reverse=True)[:2]
        assert server.pid == admin.getpid() == admin.settings()["pid"]
        assert [(b"a function", 0, 1, 0, 1)] == admin.priority_status()
        assert [JobRow(handle, 0, False, True)] == admin.show_jobs()
        assert [b""] == admin.show_unique_jobs()
        assert 3 == len(admin.workers())
        assert "DEBUG" == admin.verbose("DEBUG")
        assert 1 == admin.purge(name)
        for ask in (admin.purge, admin.purge_dead, admin.pause, admin.resume, admin.jobs):
            with pytest.raises(FunctionUnknown, match=r"127\.0\.0\.1:\d+ knows no function no such; "):
                ask(b"no such")
        admin.create(b"new")
        admin.drop(b"new")
        with pytest.raises(FunctionUnknown, match="knows no function new; "):
            admin.drop(b"new")
        admin.shutdown()
        assert 0 == server.exit_status()


@needs_peers
def test_gearmand_tells_and_does_what_it_can() -> None:
    with gearmand() as server, operating(server) as (admin, handle):
        assert server.pid == admin.getpid()
        assert [FunctionRow(b"a function", 1, 0, 0)] == admin.status()
        assert [(b"a function", 0, 1, 0, 0)] == admin.priority_status()
        assert [JobRow(handle, 0, False, True)] == admin.show_jobs()
        assert [b""] == [row[:0] for row in admin.show_unique_jobs()]
        assert 2 == len(admin.workers())
        admin.create(b"new")
        assert [b"a function", b"new"] == [row.function for row in admin.status()]
        admin.maxqueue(b"new", 1)
        admin.drop(b"new")
        with pytest.raises(FunctionUnknown):
            admin.drop(b"new")
        for ask in (Admin.functions, Admin.jobs, Admin.clients, Admin.settings, Admin.shutdown):
            with pytest.raises(ServerError, match=r"this needs a gear server; .* is gearmand \d"):
                ask(admin)
        for act in (Admin.purge, Admin.pause, Admin.resume):
            with pytest.raises(ServerError, match=r"this needs a gear server; .* is gearmand \d"):
                act(admin, b"new")
        assert server.alive()

"""Typed answers to the text commands, from a server that the test plays and from real ones."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from gearcli.client.admin import Admin
from gearcli.client.documents import DeadJob, DeadList, JobList, KeptResult
from gearcli.errors import (
    ConnectFailed,
    ConnectionLost,
    FunctionUnknown,
    JobUnknown,
    NoAnswer,
    ProtocolError,
    ServerError,
    UsageError,
)
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from gearcli.protocol.text import FunctionRow, JobRow
from tests.client.answering import Answering, Reply, answering
from tests.support import ServerProcess, Wire, free_port, gear_serve, gearmand, needs_peers


@pytest.fixture
def ends() -> Iterator[tuple[Admin, Answering]]:
    """An operator's connection and the server at its other end."""
    with answering() as server, Admin(server.address) as admin:
        yield admin, server


def cut_after(data: bytes) -> Reply:
    """Say this and close the connection."""

    def reply(accepted: socket.socket) -> None:
        accepted.sendall(data)
        accepted.shutdown(socket.SHUT_RDWR)

    return reply


def test_status_is_sorted_by_function(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"z\t1\t0\t2\na\tb\t3\t1\t0\n.\n")
    assert [FunctionRow(b"a\tb", 3, 1, 0), FunctionRow(b"z", 1, 0, 2)] == admin.status()
    assert [b"status"] == server.asked


def test_a_status_may_be_empty(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b".\n")
    assert [] == admin.status()


@pytest.mark.parametrize(
    ("line", "version"),
    [(b"OK 1.1.20\n", "1.1.20"), (b"1.11\n", "1.11"), (b"OK gear\x1b[1m 1\r\n", "gear\\x1b[1m 1")],
)
def test_every_server_words_its_version_in_its_way(
    ends: tuple[Admin, Answering], line: bytes, version: str
) -> None:
    admin, server = ends
    server.say(line)
    assert version == admin.version()


def test_a_refusal_is_an_error_with_its_words(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"ERR UNKNOWN_COMMAND Unknown+server+command\r\n")
    with pytest.raises(ServerError, match="refused: Unknown server command") as caught:
        admin.version()
    assert "UNKNOWN_COMMAND" == caught.value.code


def test_a_function_may_be_named_like_a_refusal(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"ERR or\t1\t0\t0\n.\n")
    assert [FunctionRow(b"ERR or", 1, 0, 0)] == admin.status()


def test_a_binary_answer_breaks_the_protocol(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"\0RES\0\0\0\x06\0\0\0\0")
    with pytest.raises(ProtocolError, match="answers a text command with a binary packet"):
        admin.version()


def test_a_cut_answer(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(cut_after(b"f\t1\t0\t0\n"), cut_after(b"f\t1"), None)
    for _ in range(2):
        with pytest.raises(ProtocolError, match="closed the connection in the middle of an answer"):
            admin.status()
    with pytest.raises(ConnectionLost):
        admin.status()


def test_silence_has_an_end() -> None:
    with (
        answering() as server,
        Admin(server.address, timeout=0.02) as admin,
        pytest.raises(NoAnswer, match=f"^{server.address} did not answer in time$"),
    ):
        admin.version()


def test_no_server_is_there() -> None:
    with pytest.raises(ConnectFailed):
        Admin(Address("127.0.0.1", free_port()))


def test_it_closes_at_the_end_of_a_block(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK 1\n", b"OK 2\n")
    with admin:
        admin.version()
    assert "2" == admin.version()  # over another connection


# -- jobs, of a server that the test plays ---------------------------------------------------


def test_a_cancelled_job(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK\r\n")
    admin.cancel(b"H:1")
    assert [b"cancel job H:1"] == server.asked


@pytest.mark.parametrize("ask", [Admin.cancel, Admin.job, Admin.workload, Admin.result])
@pytest.mark.parametrize("refusal", [b"ERR UNKNOWN_JOB\r\n", b"ERR unknown_job No+such+job\n"])
def test_an_unknown_job(
    ends: tuple[Admin, Answering], ask: Callable[[Admin, bytes], object], refusal: bytes
) -> None:
    admin, server = ends
    server.say(refusal)
    with pytest.raises(JobUnknown, match=r"^H:1: the server knows no such job; it is done, or never was$"):
        ask(admin, b"H:1")


@pytest.mark.parametrize("ask", [Admin.cancel, Admin.job, Admin.workload, Admin.result, Admin.retry])
def test_a_refusal_about_a_job(ends: tuple[Admin, Answering], ask: Callable[[Admin, bytes], object]) -> None:
    admin, server = ends
    server.say(b"ERR PERMISSION_DENIED\r\n")
    with pytest.raises(ServerError, match="refused: PERMISSION_DENIED"):
        ask(admin, b"H:1")


def test_names_of_a_document_are_readable(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b'{"handle":"H:a%20b","function":"%1B%25","state":"%41","reducer":null,"size":3,'
              b'"worker":{"client_id":"%C3%BC","address":"%41"}}\n.\n')  # fmt: skip
    assert {
        "handle": "H:a b",
        "function": "\\x1b%",
        "state": "%41",
        "reducer": None,
        "size": 3,
        "worker": {"client_id": "ü", "address": "%41"},
    } == admin.job(b"H:a b")
    assert [b"job H:a%20b"] == server.asked


@pytest.mark.parametrize("rows", [b"", b"[]\n", b"{\n", b"{}\n{}\n", b"\xff\n"])
def test_what_is_no_document(ends: tuple[Admin, Answering], rows: bytes) -> None:
    admin, server = ends
    server.say(rows + b".\n")
    with pytest.raises(ProtocolError, match="with something else than the documents it was asked for"):
        admin.job(b"H:1")


@pytest.mark.parametrize(
    "row", [b"{}", b'{"workload_base64":1}', b'{"workload_base64":"x"}', b'{"workload_base64":"\\u00fc"}']
)
def test_what_is_no_workload(ends: tuple[Admin, Answering], row: bytes) -> None:
    admin, server = ends
    server.say(row + b"\n.\n")
    with pytest.raises(ProtocolError, match="with something else than the documents it was asked for"):
        admin.workload(b"H:1")


@pytest.mark.parametrize(
    ("code", "version", "name"),
    [
        (b"UNKNOWN_COMMAND", b"OK 1.1.20", "gearmand 1.1.20"),
        (b"unknown_command", b"1.11", "1.11"),
        (b"UNKNOWN_COMMAND", b"OK gear 0.0.1", "gear 0.0.1"),
    ],
)
def test_a_server_without_the_command_is_named(
    ends: tuple[Admin, Answering], code: bytes, version: bytes, name: str
) -> None:
    admin, server = ends
    server.say(b"ERR %b Unknown+server+commandjob\r\n" % code, version + b"\r\n")
    with pytest.raises(ServerError) as caught:
        admin.job(b"H:1")
    assert f"this needs a gear server; {admin.address} is {name}" == str(caught.value)


ROW = (
    b'{"handle":"H:a%20b","function":"%C3%BC","unique":"","state":"failed","attempt":2,"ended":1.5,"size":1,'
    b'"dropped":false,"result_base64":"AA==","exception_base64":null,"warnings_base64":"/w==","reason":"why"}\n'
)


def test_a_result(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(ROW + b".\n")
    assert KeptResult(
        b"H:a b", "ü".encode(), b"", "failed", 2, 1.5, 1, False, b"\0", None, b"\xff", "why"
    ) == admin.result(b"H:a b")
    assert [b"result H:a%20b"] == server.asked


def test_a_server_that_keeps_no_results(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"ERR NOT_KEPT Whatever+words\r\n")
    with pytest.raises(ServerError) as caught:
        admin.result(b"H:1")
    words = f"{admin.address} keeps no results; start it with: gear serve --keep-results 1h"
    assert (words, "NOT_KEPT", "Whatever words") == (str(caught.value), caught.value.code, caught.value.text)


@pytest.mark.parametrize(
    "row",
    [
        b"{}\n",
        ROW.replace(b'"AA=="', b'"x"'),
        ROW.replace(b'"AA=="', b"1"),
        ROW.replace(b'"state"', b'"stat"'),
    ],
)
def test_what_is_no_result(ends: tuple[Admin, Answering], row: bytes) -> None:
    admin, server = ends
    server.say(row + b".\n")
    with pytest.raises(ProtocolError, match="with something else than the documents it was asked for"):
        admin.result(b"H:1")


# -- jobs, of real servers -------------------------------------------------------------------


@contextlib.contextmanager
def operating(server: ServerProcess) -> Iterator[tuple[Admin, bytes]]:
    """An operator's connection, and a job that waits."""
    with Wire(server.port) as client, Admin(Address("127.0.0.1", server.port)) as admin:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_BG, b"a function", b"", b"\0\xff\n.\n")
        yield admin, handle


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


# -- every command ---------------------------------------------------------------------------


def test_commands_of_gearmand_are_written_so(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(*[b"OK\r\n"] * 6)
    admin.maxqueue(b"f", 3)
    admin.maxqueue(b"f", 1, 2, 3)
    admin.create(b"f")
    admin.drop(b"f")
    admin.shutdown()
    admin.shutdown(graceful=True)
    assert [
        b"maxqueue f 3", b"maxqueue f 1 2 3", b"create function f", b"drop function f", b"shutdown",
        b"shutdown graceful",
    ] == server.asked  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        lambda admin: admin.maxqueue(b"f"),  # gearmand would take the limit away
        lambda admin: admin.maxqueue(b"f", 1, 2),
        lambda admin: admin.maxqueue(b"f", -1),  # and this one any server
        lambda admin: admin.create(b"two words"),
        lambda admin: admin.drop(b""),
        lambda admin: admin.create(b"f\r\nshutdown"),
        lambda admin: admin.verbose("INFO\nshutdown"),
        lambda admin: admin.raw(b"status\nshutdown"),
        lambda admin: admin.purge(b""),
    ],
)
def test_what_cannot_be_said_is_not_said(
    ends: tuple[Admin, Answering], command: Callable[[Admin], object]
) -> None:
    with pytest.raises(UsageError):
        command(ends[0])
    assert [] == ends[1].asked


def test_a_process_id_is_a_number(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK 123\n", b"OK many\n")
    assert 123 == admin.getpid()
    with pytest.raises(ProtocolError, match="something else than its process id"):
        admin.getpid()


def test_gearmands_level_stays(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK ERROR\n", b"OK ERROR\n", b"OK 1.1.20\n", b"OK INFO\n")
    assert "ERROR" == admin.verbose()
    with pytest.raises(ServerError, match=r"this needs a gear server; .* is gearmand 1\.1\.20"):
        admin.verbose("INFO")
    assert "INFO" == admin.verbose("info")


def test_any_line_may_be_said(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK 1\n", b"a\nb\n.\n", b"ERR UNKNOWN_COMMAND What\r\n")
    assert [b"OK 1"] == admin.raw(b"version")
    assert [b"a", b"b"] == admin.raw(b"SHOW unique jobs")
    with pytest.raises(ServerError):
        admin.raw(b"what")


def test_how_many_jobs_are_left_out_is_told(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b'{"left_out":7}\n.\n', b'{"left_out":"x"}\n.\n')
    assert JobList([], 7) == admin.jobs(b"two words", 5)
    assert [b"jobs two%20words 5"] == server.asked
    with pytest.raises(ProtocolError):
        admin.jobs()


@pytest.mark.parametrize("rows", [b"?", b"{", b'{"a":1},{"b":2}', b"1],[2", b"[" * 100_000, b"7"])
def test_what_is_not_our_json(ends: tuple[Admin, Answering], rows: bytes) -> None:
    admin, server = ends
    for ask in (Admin.functions, Admin.jobs, Admin.dead, Admin.clients, Admin.settings):
        server.say(rows + b"\n.\n")
        with pytest.raises(ProtocolError, match="is it a gear server"):
            ask(admin)


def test_a_version_may_not_be_endless(ends: tuple[Admin, Answering]) -> None:
    ends[1].say(b"OK " + b"x" * 100_000 + b"\n")
    assert 200 == len(ends[0].version())


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
        for ask in (Admin.functions, Admin.jobs, Admin.clients, Admin.settings, Admin.shutdown):
            with pytest.raises(ServerError, match=r"this needs a gear server; .* is gearmand \d"):
                ask(admin)
        for act in (Admin.purge, Admin.pause, Admin.resume):
            with pytest.raises(ServerError, match=r"this needs a gear server; .* is gearmand \d"):
                act(admin, b"new")
        assert server.alive()


def test_dead_jobs(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    document = (
        b'{"handle":"H:1","function":"a%20b","unique":"","state":"dead","priority":"low","age":2,"size":3,'
        b'"attempt":4,"reducer":null,"died":5,"reason":"why\\u001b"}\n'
    )
    server.say(document + b'{"left_out":7}\n.\n')
    dead = DeadJob(b"H:1", b"a b", b"", "low", 2.0, 3, 4, None, 5.0, "why\\x1b")
    assert DeadList([dead], 7) == admin.dead(b"a b", 1)
    server.say(b".\n")
    assert DeadList([], 0) == admin.dead()
    assert [b"dead a%20b 1", b"dead"] == server.asked


def test_they_are_purged(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b'{"function":"a%20b","purged":3}\n.\n')
    assert 3 == admin.purge_dead(b"a b")
    assert [b"purge a%20b dead"] == server.asked

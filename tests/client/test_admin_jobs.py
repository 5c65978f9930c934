"""What an operator asks about jobs and does to them, at a server that the test plays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gearcli.client.admin import Admin
from gearcli.client.documents import DeadJob, DeadList, JobList, KeptResult
from gearcli.errors import JobUnknown, ProtocolError, ServerError
from tests.client import operators
from tests.client.answering import Answering

ends = operators.ends

# -- a job -------------------------------------------------------------------------------


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


# -- its result --------------------------------------------------------------------------

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


# -- many of them ------------------------------------------------------------------------


def test_how_many_jobs_are_left_out_is_told(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b'{"left_out":7}\n.\n', b'{"left_out":"x"}\n.\n')
    assert JobList([], 7) == admin.jobs(b"two words", 5)
    assert [b"jobs two%20words 5"] == server.asked
    with pytest.raises(ProtocolError):
        admin.jobs()


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

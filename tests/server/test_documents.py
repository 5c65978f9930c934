"""Our text commands, which answer with JSON documents."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.operator import JOBS_LIMIT
from gearcli.server.results import RESULTS_LIMIT
from tests.server.transcript import Console, Talker, failed

LATER = 4_000_000_000.0
NO_FUNCTION, NO_JOB = b"ERR function not found\r\n", b"ERR UNKNOWN_JOB\r\n"


@pytest.fixture
def keeper() -> Engine:
    """An engine that keeps results for ten seconds."""
    return Engine(b"H:", keep_results=10.0)


def function_of(console: Console, name: str = "f") -> dict[str, Any]:
    """What `functions` says of a function."""
    (found,) = [each for each in console.documents(b"functions") if each["function"] == name]
    return found


def test_functions(engine: Engine, console: Console, client: Talker, worker: Talker) -> None:
    for type_ in (P.SUBMIT_JOB_HIGH, P.SUBMIT_JOB, P.SUBMIT_JOB, P.SUBMIT_JOB_LOW_BG):
        client.say(type_, b"f", b"", b"w")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"4000000000", b"w")
    worker.take()
    console.ask(b"maxqueue f 1 2 3")
    client.submit_bg(b"w", function=b"two words\xff")
    assert {
        "function": "f",
        "waiting": {"high": 0, "normal": 2, "low": 1},
        "delayed": 1,
        "running": 1,
        "workers": 1,
        "oldest": 0.0,
        "paused": False,
        "maxqueue": {"high": 1, "normal": 2, "low": 3},
        "dead": 0,
    } == function_of(console)
    assert function_of(console, "two%20words%FF")["maxqueue"] is None


def test_a_job_from_its_submission_to_its_end(engine: Engine, console: Console) -> None:
    client, worker = Talker(engine), Talker(engine, 7, b"10.0.0.1").can_do(b"two words")
    worker.peer.address = "10.0.0.1:1234"
    worker.say(P.SET_CLIENT_ID, b"my id")
    engine.tick(100.0)
    handle = client.say(P.SUBMIT_JOB_LOW, b"two words", b"u 1", b"12345")[0][1][0]
    engine.tick(102.5)
    waiting = {
        "handle": "H:1",
        "function": "two%20words",
        "unique": "u%201",
        "state": "waiting",
        "priority": "low",
        "background": False,
        "age": 2.5,
        "size": 5,
        "attempt": 0,
        "listeners": 1,
        "worker": None,
        "numerator": 0,
        "denominator": 0,
        "due": None,
        "reducer": None,
    }
    assert [waiting] == console.documents(b"job " + handle)
    worker.take()
    worker.say(P.WORK_STATUS, handle, b"3", b"10")
    at_work = {"number": 7, "address": "10.0.0.1:1234", "client_id": "my%20id"}
    running = {"state": "running", "attempt": 1, "worker": at_work, "numerator": 3, "denominator": 10}
    assert [waiting | running] == console.documents(b"job " + handle)
    client.leave()
    assert ["unwanted"] == [job["state"] for job in console.documents(b"jobs two%20words")]
    worker.say(P.WORK_COMPLETE, handle, b"")
    assert NO_JOB == console.ask(b"job " + handle)


def test_jobs_that_wait_for_something_else(engine: Engine, console: Console, client: Talker) -> None:
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"4000000000", b"w")
    client.say(P.SUBMIT_REDUCE_JOB_BACKGROUND, b"g", b"", b"red uce", b"", b"w")
    console.ask(b"pause g")
    delayed, paused = console.documents(b"jobs")
    assert ("delayed", LATER, None) == (delayed["state"], delayed["due"], delayed["reducer"])
    assert ("paused", None, "red%20uce") == (paused["state"], paused["due"], paused["reducer"])


def test_jobs_of_all_functions_or_of_one(console: Console, client: Talker) -> None:
    for function in (b"f", b"g", b"f"):
        client.submit_bg(b"w", function=function)
    assert ["H:1", "H:2", "H:3"] == [job["handle"] for job in console.documents(b"jobs")]
    assert ["H:1", "H:3"] == [job["handle"] for job in console.documents(b"jobs f")]
    *some, left_out = console.documents(b"jobs f 1")
    assert (["H:1"], {"left_out": 1}) == ([job["handle"] for job in some], left_out)
    assert NO_FUNCTION == console.ask(b"jobs h")


def test_a_million_jobs_hold_nobody_up(console: Console, client: Talker) -> None:
    for _ in range(JOBS_LIMIT + 5):
        client.submit_bg(b"w")
    *some, left_out = console.documents(b"jobs")
    assert (JOBS_LIMIT, {"left_out": 5}) == (len(some), left_out)


def test_peek_shows_the_workload(console: Console, client: Talker) -> None:
    workload = b"\x00\xff anything\n"
    handle = client.submit_bg(workload)
    (document,) = console.documents(b"peek " + handle)
    assert "H:1" == document["handle"]
    assert workload == base64.b64decode(document["workload_base64"])


def test_the_result_of_a_job_before_and_after_its_end(keeper: Engine) -> None:
    client, worker, console = Talker(keeper), Talker(keeper).can_do(b"two words"), Console(keeper)
    keeper.tick(1.0, 1_780_000_000.1234)
    client.submit_bg(b"w", function=b"two words", unique=b"u 1")
    names = {"handle": "H:1", "function": "two%20words", "unique": "u%201"}
    unsaid = dict.fromkeys(
        ("ended", "size", "result_base64", "exception_base64", "warnings_base64", "reason")
    )
    waiting = {**names, "state": "waiting", "attempt": 0, "dropped": False, **unsaid}
    assert [waiting] == console.documents(b"result H:1")
    worker.take()
    assert [waiting | {"state": "running", "attempt": 1}] == console.documents(b"result %48:1")
    worker.say(P.WORK_WARNING, b"H:1", b"\xff")
    worker.say(P.WORK_COMPLETE, b"H:1", b"\x00\xfe")
    done = {"state": "done", "attempt": 1, "ended": 1_780_000_000.123, "size": 2, "result_base64": "AP4="}
    assert [waiting | done | {"warnings_base64": "/w=="}] == console.documents(b"result H:1")
    keeper.tick(11.0)
    assert NO_JOB == console.ask(b"result H:1")


def test_the_result_of_a_job_that_failed(keeper: Engine) -> None:
    client, worker, console = Talker(keeper), Talker(keeper).can_do(b"f"), Console(keeper)
    for _ in range(2):
        client.submit_bg(b"w")
    worker.say(P.WORK_EXCEPTION, worker.take(), b"oh")
    worker.take()
    console.ask(b"cancel job H:2")
    threw, cancelled = (console.documents(b"result H:%d" % number)[0] for number in (1, 2))
    assert ("failed", "b2g=", None) == (threw["state"], threw["exception_base64"], threw["reason"])
    assert ("failed", None, "it was cancelled") == (
        cancelled["state"],
        cancelled["exception_base64"],
        cancelled["reason"],
    )


def test_a_result_that_was_too_big(keeper: Engine) -> None:
    client, worker, console = Talker(keeper), Talker(keeper).can_do(b"f"), Console(keeper)
    client.submit_bg(b"w")
    worker.say(P.WORK_COMPLETE, worker.take(), bytes(RESULTS_LIMIT + 1))
    (document,) = console.documents(b"result H:1")
    assert (
        "done",
        True,
        None,
        RESULTS_LIMIT + 1,
        f"there was no room for its {RESULTS_LIMIT + 1} bytes",
    ) == (
        document["state"],
        document["dropped"],
        document["result_base64"],
        document["size"],
        document["reason"],
    )


@pytest.mark.parametrize("line", [b"result", b"result H:9"])
def test_a_result_that_is_not_there(keeper: Engine, line: bytes) -> None:
    assert NO_JOB == Console(keeper).ask(line)


def test_a_server_that_keeps_no_results_says_so(console: Console, client: Talker) -> None:
    client.submit_bg(b"w")
    words = b"This+server+keeps+no+results;+start+it+with+gear+serve+--keep-results+1h"
    assert b"ERR NOT_KEPT " + words + b"\r\n" == console.ask(b"result H:1")


@pytest.mark.parametrize("line", [b"job", b"job H:9", b"peek", b"peek H:9"])
def test_a_job_that_is_not_there(console: Console, line: bytes) -> None:
    assert NO_JOB == console.ask(line)


@pytest.mark.parametrize("word", [b"purge", b"pause", b"resume"])
@pytest.mark.parametrize("rest", [b"", b" nothing"])
def test_a_function_that_is_not_there(console: Console, word: bytes, rest: bytes) -> None:
    assert NO_FUNCTION == console.ask(word + rest)


def test_purge_ends_what_no_worker_has_and_tells_who_listens(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    client.submit_bg(b"running")
    worker.take()
    client.submit_bg(b"waiting")
    client.submit(b"awaited")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"4000000000", b"w")
    client.submit_bg(b"other", function=b"g")
    assert [{"function": "f", "purged": 3}] == console.documents(b"purge f")
    assert [failed(b"H:3")] == client.heard()
    assert [b"H:1", b"H:5"] == [job.handle for job in engine.registry.jobs]
    assert b"no job" == worker.grab()
    assert [] == worker.say(P.WORK_COMPLETE, b"H:1", b"r")


def test_pause_and_resume_say_how_the_function_is(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    client.submit_bg(b"w")
    (paused,) = console.documents(b"pause f")
    assert (True, {"high": 0, "normal": 1, "low": 0}) == (paused["paused"], paused["waiting"])
    assert b"no job" == worker.grab()
    (resumed,) = console.documents(b"resume f")
    assert not resumed["paused"]
    assert b"w" == worker.grab()


def test_a_server_that_drains_is_not_resumed(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    client.submit_bg(b"w")
    engine.drain()
    assert [True] == [document["paused"] for document in console.documents(b"resume f")]
    assert b"no job" == worker.grab()


def test_clients_says_who_does_what(engine: Engine, console: Console) -> None:
    both = Talker(engine, 5, b"10.0.0.1").can_do(b"a b", b"c")
    both.peer.address = "10.0.0.1:99"
    both.say(P.OPTION_REQ, b"exceptions")
    both.submit(b"w", function=b"c")
    both.take()
    both.sleep()
    operator, found = sorted(console.documents(b"clients"), key=lambda each: -int(each["number"]))
    assert (9, "[::1]:55555", []) == (operator["number"], operator["address"], operator["functions"])
    assert {
        "number": 5,
        "address": "10.0.0.1:99",
        "client_id": "-",
        "functions": ["a%20b", "c"],
        "asleep": True,
        "running": ["H:1"],
        "listening": 1,
        "exceptions": True,
    } == found


def test_settings_reads_back_what_was_set(console: Console) -> None:
    console.ask(b"verbose DEBUG")
    console.ask(b"maxqueue f 7")
    console.ask(b"maxqueue g 1 2 3")
    console.ask(b"maxqueue g")
    assert [
        {
            "version": "1.2.3",
            "pid": 4567,
            "job_retries": -1,
            "lease": 0.0,
            "exceptions": False,
            "keep_results": 0.0,
            "verbosity": "DEBUG",
            "port": 4730,
            "maxqueue": {"f": {"high": 7, "normal": 7, "low": 7}},
        }
    ] == console.documents(b"settings")

"""Typed documents of a gear server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gearcli.client.documents import (
    ClientState,
    DeadJob,
    FunctionState,
    Holder,
    JobState,
    KeptResult,
    parse_client,
    parse_dead,
    parse_function,
    parse_job,
    parse_result,
    parse_workload,
    readable,
)

FUNCTION: dict[str, Any] = {
    "function": "a%20b", "waiting": {"high": 1, "normal": 2, "low": 3}, "delayed": 4, "running": 5,
    "workers": 6, "oldest": 7.5, "paused": True, "maxqueue": {"high": 8, "normal": 9, "low": 10},
}  # fmt: skip
JOB: dict[str, Any] = {
    "handle": "H:1", "function": "f", "unique": "%FF", "state": "running", "priority": "low",
    "background": True, "age": 1.5, "size": 3, "attempt": 1, "listeners": 0,
    "worker": {"number": 7, "address": "::1", "client_id": "me%0A"}, "numerator": 1, "denominator": 2,
    "due": None, "reducer": None,
}  # fmt: skip
DEAD: dict[str, Any] = {
    "handle": "H:1", "function": "f", "unique": "%FF", "priority": "low", "age": 1.5, "size": 3, "attempt": 4,
    "reducer": "r%20", "died": 2.5, "reason": "why\x1b",
}  # fmt: skip
CLIENT: dict[str, Any] = {
    "number": 7, "address": "::1\x1b", "client_id": "-", "functions": ["a%20b"], "asleep": True,
    "running": ["H:1"], "listening": 2, "exceptions": False,
}  # fmt: skip
RESULT: dict[str, Any] = {
    "handle": "H:1", "function": "f", "unique": "", "state": "done", "attempt": 1, "ended": 2.5, "size": 1,
    "dropped": False, "result_base64": "AA==", "exception_base64": None, "warnings_base64": None,
    "reason": None,
}  # fmt: skip


def test_a_function() -> None:
    state = FunctionState(b"a b", 10, 5, 6, 1, 2, 3, delayed=4, paused=True, oldest=7.5, maxqueue=(8, 9, 10))
    assert state == parse_function(FUNCTION)
    assert 15 == state.total


def test_a_function_of_an_older_server() -> None:
    older = {key: value for key, value in FUNCTION.items() if key != "oldest"} | {"maxqueue": None}
    assert (None, None) == (parse_function(older).oldest, parse_function(older).maxqueue)


@pytest.mark.parametrize(
    ("state", "stuck"),
    [
        (FunctionState(b"f", 1, 0, 0), True),
        (FunctionState(b"f", 1, 0, 1), False),
        (FunctionState(b"f", 0, 1, 0), False),
        (FunctionState(b"f", 1, 0, 0, delayed=1), False),
        (FunctionState(b"f", 2, 0, 0, delayed=1), True),
    ],
)
def test_jobs_that_nobody_works_on(state: FunctionState, stuck: bool) -> None:
    assert stuck is state.stuck


def test_a_job() -> None:
    assert JobState(
        b"H:1",
        b"f",
        b"\xff",
        "running",
        "low",
        True,
        1.5,
        3,
        1,
        0,
        Holder(7, "::1", b"me\n"),
        1,
        2,
        None,
        None,
    ) == parse_job(JOB)


def test_a_job_that_is_not_due() -> None:
    state = parse_job(JOB | {"worker": None, "due": 4e9, "reducer": "r%20"})
    assert (None, 4e9, b"r ") == (state.worker, state.due, state.reducer)


def test_a_dead_job() -> None:
    assert DeadJob(b"H:1", b"f", b"\xff", "low", 1.5, 3, 4, b"r ", 2.5, "why\\x1b") == parse_dead(DEAD)


def test_a_client() -> None:
    assert ClientState(7, "::1\\x1b", b"-", (b"a b",), True, (b"H:1",), 2, False) == parse_client(CLIENT)


def test_a_result() -> None:
    assert KeptResult(b"H:1", b"f", b"", "done", 1, 2.5, 1, False, b"\0", None, None, None) == parse_result(
        RESULT
    )


def test_a_workload() -> None:
    assert b"\0\xff" == parse_workload({"workload_base64": "AP8="})


def test_what_a_newer_server_tells_besides_is_no_fault() -> None:
    for parse, document in PARSED:
        assert parse(document) == parse({**document, "new": 1})


PARSED: list[tuple[Callable[[dict[str, Any]], object], dict[str, Any]]] = [
    (parse_function, FUNCTION),
    (parse_job, JOB),
    (parse_dead, DEAD),
    (parse_client, CLIENT),
    (parse_result, RESULT),
]
FAULTS = (KeyError, TypeError, ValueError, OverflowError)


@pytest.mark.parametrize(("parse", "document"), PARSED)
def test_a_document_without_a_key_is_none(
    parse: Callable[[dict[str, Any]], object], document: dict[str, Any]
) -> None:
    for key in document.keys() - {"oldest"}:
        with pytest.raises(KeyError):
            parse({name: value for name, value in document.items() if name != key})


@pytest.mark.parametrize(
    ("parse", "document", "key", "value"),
    [
        (parse_function, FUNCTION, "waiting", [1, 2, 3]),
        (parse_function, FUNCTION, "running", "many"),
        (parse_function, FUNCTION, "workers", float("inf")),
        (parse_function, FUNCTION, "oldest", float("nan")),
        (parse_job, JOB, "age", float("inf")),
        (parse_job, JOB, "age", None),
        (parse_job, JOB, "worker", 7),
        (parse_client, CLIENT, "functions", 3),
        (parse_dead, DEAD, "died", float("inf")),
        (parse_dead, DEAD, "died", None),
        (parse_result, RESULT, "result_base64", "x"),
    ],
)
def test_a_document_with_a_wrong_value_is_none(
    parse: Callable[[dict[str, Any]], object], document: dict[str, Any], key: str, value: object
) -> None:
    with pytest.raises(FAULTS):
        parse({**document, key: value})


def test_names_are_written_as_they_are_shown() -> None:
    shown = readable({"handle": "H:a%20b", "state": "%41", "worker": {"client_id": "%1B"}, "reducer": None})
    assert {"handle": "H:a b", "state": "%41", "worker": {"client_id": "\\x1b"}, "reducer": None} == shown


@pytest.mark.parametrize(
    ("state", "empty"),
    [
        (FunctionState(b"f", 0, 0, 4), True),
        (FunctionState(b"f", 0, 0, 0, dead=0), True),
        (FunctionState(b"f", 0, 0, 0, dead=1), False),
        (FunctionState(b"f", 1, 0, 0), False),
        (FunctionState(b"f", 0, 1, 1), False),
    ],
)
def test_functions_without_jobs(state: FunctionState, empty: bool) -> None:
    assert empty is state.empty

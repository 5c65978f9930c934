"""What workers report of their jobs, and who hears of it."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request, response
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from gearcli.server.peers import LOST_LIMIT
from tests.server.transcript import NO_JOB, Talker, completed, error, failed


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        (P.WORK_DATA, [b"da\0ta"]),
        (P.WORK_WARNING, [b"war\0ning"]),
        (P.WORK_STATUS, [b"1", b"3"]),
    ],
)
def test_what_a_worker_says_meanwhile_is_forwarded(
    client: Talker, worker: Talker, type_: P, fields: list[bytes]
) -> None:
    client.submit(b"w")
    handle = worker.take()
    assert [] == worker.say(type_, handle, *fields)
    worker.say(type_, handle, *fields)
    assert [(type_, [handle, *fields])] * 2 == client.heard()


def test_a_big_result_arrives_whole(client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w")
    worker.take()
    result = bytes(range(256)) * 400
    worker.say(P.WORK_COMPLETE, handle, result)
    assert [completed(handle, result)] == client.heard()


def test_nobody_hears_of_a_background_job(client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    handle = worker.take()
    assert [] == worker.say(P.WORK_DATA, handle, b"data")
    assert [] == worker.say(P.WORK_COMPLETE, handle, b"result")
    assert [] == client.heard()


def test_a_job_that_ended_is_in_no_index(engine: Engine, client: Talker, worker: Talker) -> None:
    client.submit(b"w", unique=b"u")
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    queue = engine.registry.queues[b"f"]
    assert ([], {}, 0, 0, 0) == (
        list(engine.registry.jobs),
        queue.uniques,
        queue.waiting,
        queue.running,
        engine.registry.running,
    )
    assert ({}, {}) == (client.peer.listening, worker.peer.running)


def test_a_failure_is_told_without_a_trailing_nul(client: Talker, worker: Talker) -> None:
    """Old libgearman reads a WORK_FAIL with a NUL as one about another job, and waits for ever."""
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_FAIL, handle + b"\0")
    assert response(P.WORK_FAIL, handle) == b"".join(client.peer.outbox)


def test_a_failed_job_is_not_offered_again(client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w")
    worker.take()
    assert [] == worker.say(P.WORK_FAIL, handle)
    assert [failed(handle)] == client.heard()
    assert [NO_JOB] == worker.say(P.GRAB_JOB)


def test_who_asked_for_exceptions_gets_them_and_others_a_failure(engine: Engine, worker: Talker) -> None:
    asking, plain = Talker(engine), Talker(engine)
    asking.say(P.OPTION_REQ, b"exceptions")
    handle = asking.submit(b"w", unique=b"u")
    plain.submit(b"w", unique=b"u")
    worker.take()
    assert [] == worker.say(P.WORK_EXCEPTION, handle, b"no such\0file")
    assert [(P.WORK_EXCEPTION, [handle, b"no such\0file"])] == asking.heard()
    assert response(P.WORK_FAIL, handle) == b"".join(plain.peer.outbox)


def test_an_exception_ends_the_job(client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_EXCEPTION, handle, b"oh")
    assert [] == worker.say(P.WORK_FAIL, handle), "as Perl's worker says it"
    assert [failed(handle)] == client.heard()
    assert [NO_JOB] == worker.say(P.GRAB_JOB)


REPORTS = [
    (P.WORK_DATA, [b"x"], Refusal.UPDATE),
    (P.WORK_WARNING, [b"x"], Refusal.UPDATE),
    (P.WORK_STATUS, [b"1", b"2"], Refusal.RESULT),
    (P.WORK_COMPLETE, [b"x"], Refusal.RESULT),
    (P.WORK_FAIL, [], Refusal.RESULT),
    (P.WORK_EXCEPTION, [b"x"], Refusal.EXCEPTION),
]


@pytest.mark.parametrize(("type_", "fields", "refusal"), REPORTS)
def test_only_the_worker_that_runs_a_job_may_report(
    engine: Engine, client: Talker, worker: Talker, type_: P, fields: list[bytes], refusal: Refusal
) -> None:
    handle = client.submit(b"w")
    assert [error(refusal)] == worker.say(type_, handle, *fields), "it waits"
    worker.take()
    assert [error(refusal)] == Talker(engine).can_do(b"f").say(type_, handle, *fields), "another runs it"
    assert [error(refusal)] == worker.say(type_, b"H:99", *fields), "there is none"
    assert [error(refusal)] == worker.say(type_, b"", *fields), "no handle"
    assert [] == client.heard()
    worker.say(P.WORK_COMPLETE, handle, b"still mine")
    assert [completed(handle, b"still mine")] == client.heard()
    assert [error(refusal)] == worker.say(type_, handle, *fields), "it has ended"


def test_a_failure_of_a_handle_that_is_too_long_is_refused_as_in_gearmand(worker: Talker) -> None:
    assert [error(Refusal.RESULT)] == worker.say(P.WORK_FAIL, b"H" * 63)
    assert [error(Refusal.FAILED_HANDLE)] == worker.say(P.WORK_FAIL, b"H" * 64)


def test_progress_that_is_no_number_is_forwarded_and_counts_as_nothing(
    client: Talker, worker: Talker
) -> None:
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_STATUS, handle, b"half", b"-3")
    assert [
        (P.WORK_STATUS, [handle, b"half", b"-3"]),
        (P.STATUS_RES, [handle, b"1", b"1", b"0", b"0"]),
    ] == client.say(P.GET_STATUS, handle)


def test_a_worker_is_forgiven_for_so_many_lost_jobs_and_no_more(client: Talker, worker: Talker) -> None:
    handles = [client.submit(b"w") for _ in range(LOST_LIMIT + 1)]
    for _ in handles:
        worker.say(P.WORK_EXCEPTION, worker.take(), b"oh")
    oldest, *others = handles
    assert [error(Refusal.RESULT)] == worker.say(P.WORK_FAIL, oldest)
    assert all(worker.say(P.WORK_FAIL, handle) == [] for handle in others)
    assert LOST_LIMIT == len(worker.peer.lost)


# -- of a size that is refused ----------------------------------------------------------------------


WORDS = "its worker's {} of 1004 bytes is more than the server's --max-packet"


def beginning(type_: P, handle: bytes, came: int = 100) -> bytes:
    """How a packet about a job begins whose body has 1004 bytes."""
    return request(type_, handle, bytes(1003 - len(handle)))[:came]


@pytest.mark.parametrize("type_", [P.WORK_COMPLETE, P.WORK_DATA, P.WORK_WARNING, P.WORK_EXCEPTION])
def test_a_job_whose_report_is_too_large_fails(
    engine: Engine, client: Talker, worker: Talker, type_: P
) -> None:
    frank = Talker(engine)
    frank.say(P.OPTION_REQ, b"exceptions")
    handles = [client.submit(b"w", unique=b"1"), client.submit(b"w", unique=b"2")]
    frank.submit(b"w", unique=b"2")
    assert handles == [worker.take(), worker.take()]
    said = engine.too_large(worker.peer, beginning(type_, b"H:2"))
    assert f"f H:2 failed: {WORDS.format(type_.name)}" == said
    assert [failed(b"H:2")] == client.heard()
    assert [(P.WORK_EXCEPTION, [b"H:2", WORDS.format(type_.name).encode()])] == frank.heard()
    worker.leave()
    assert [b"H:1"] == [job.handle for job in engine.registry.jobs], "the other is offered again"


@pytest.mark.parametrize("came", [12, 14])
def test_without_its_handle_it_is_about_the_one_job(
    engine: Engine, client: Talker, worker: Talker, came: int
) -> None:
    handle = client.submit(b"w")
    worker.take()
    assert engine.too_large(worker.peer, beginning(P.WORK_COMPLETE, handle, came))
    assert [failed(handle)] == client.heard()


def test_which_of_several_jobs_is_meant_is_not_guessed(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    client.submit(b"1")
    client.submit(b"2")
    worker.take()
    worker.take()
    assert "" == engine.too_large(worker.peer, beginning(P.WORK_COMPLETE, b"H:1", 12))
    assert [] == client.heard()


@pytest.mark.parametrize(
    "start",
    [
        b"",
        beginning(P.WORK_COMPLETE, b"H:9"),
        request(P.ECHO_REQ, b"H:1\0"),
        response(P.WORK_COMPLETE, b"H:1", b""),
    ],
)
def test_what_is_about_no_job_of_the_worker_ends_none(
    engine: Engine, client: Talker, worker: Talker, start: bytes
) -> None:
    client.submit(b"w")
    worker.take()
    assert "" == engine.too_large(worker.peer, start)
    assert [] == client.heard()

"""Identical jobs meet: by their unique, or by their workload where the unique is `-`."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import SUBMITS, UNIQUE_LIMIT
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from tests.server.transcript import NO_JOB, Talker, completed, created, error, failed


def status_unique(talker: Talker, unique: bytes) -> list[bytes]:
    """Known, running, numerator, denominator and clients, as the server says them."""
    ((type_, (echoed, *answer)),) = talker.say(P.GET_STATUS_UNIQUE, unique)
    assert (P.STATUS_RES_UNIQUE, unique) == (type_, echoed)
    return answer


# -- who meets whom -------------------------------------------------------------------


def test_two_clients_of_one_unique_each_get_the_one_result(engine: Engine, worker: Talker) -> None:
    first, second = Talker(engine), Talker(engine)
    handle = first.submit(b"first", unique=b"u")
    assert handle == second.submit(b"second", unique=b"u")
    assert b"first" == worker.grab()
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    worker.say(P.WORK_COMPLETE, handle, b"r")
    assert [completed(handle, b"r")] == first.heard() == second.heard()


def test_a_client_that_submits_twice_is_told_twice(client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w", unique=b"u")
    assert handle == client.submit(b"w", unique=b"u")
    worker.take()
    worker.say(P.WORK_COMPLETE, handle, b"r")
    assert [completed(handle, b"r")] * 2 == client.heard()


@pytest.mark.parametrize("again", SUBMITS)
@pytest.mark.parametrize("first", SUBMITS)
def test_jobs_meet_whatever_their_kind(client: Talker, worker: Talker, first: P, again: P) -> None:
    assert [created(b"H:1")] == client.say(first, b"f", b"u", b"w")
    assert [created(b"H:1")] == client.say(again, b"f", b"u", b"other")
    worker.take()
    assert [created(b"H:1")] == client.say(again, b"f", b"u", b"other")


def test_the_first_submission_decides_the_priority(client: Talker, worker: Talker) -> None:
    client.say(P.SUBMIT_JOB_LOW_BG, b"f", b"u", b"low")
    client.submit_bg(b"normal")
    client.say(P.SUBMIT_JOB_HIGH_BG, b"f", b"u", b"high")
    assert b"normal" == worker.grab()


def test_who_joins_late_hears_what_comes_later(engine: Engine, client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w", unique=b"u")
    worker.take()
    worker.say(P.WORK_DATA, handle, b"early")
    late = Talker(engine)
    late.submit(b"w", unique=b"u")
    worker.say(P.WORK_COMPLETE, handle, b"r")
    assert [completed(handle, b"r")] == late.heard()


def test_another_function_is_another_job(client: Talker) -> None:
    assert client.submit(b"w", unique=b"u") != client.submit(b"w", function=b"g", unique=b"u")


def test_a_unique_is_free_again_when_its_job_has_ended(client: Talker, worker: Talker) -> None:
    first = client.submit_bg(b"w", unique=b"u")
    worker.take()
    worker.say(P.WORK_FAIL, first)
    assert first != client.submit_bg(b"w", unique=b"u")


def test_an_empty_unique_meets_nothing(client: Talker) -> None:
    assert client.submit(b"w") != client.submit(b"w")


def test_a_dash_stands_for_the_workload(client: Talker, worker: Talker) -> None:
    first = client.submit_bg(b"w", unique=b"-")
    assert first == client.submit_bg(b"w", unique=b"-")
    assert first != client.submit_bg(b"other", unique=b"-")
    assert [(P.JOB_ASSIGN_UNIQ, [first, b"f", b"-", b"w"])] == worker.say(P.GRAB_JOB_UNIQ)
    assert first == client.submit_bg(b"w", unique=b"-")
    worker.say(P.WORK_COMPLETE, first, b"")
    assert first != client.submit_bg(b"w", unique=b"-")


def test_a_dash_with_nothing_to_do_meets_nothing(client: Talker) -> None:
    assert client.submit(b"", unique=b"-") != client.submit(b"", unique=b"-")


@pytest.mark.parametrize("type_", SUBMITS)
def test_a_unique_may_have_64_bytes_and_no_more(client: Talker, type_: P) -> None:
    longest = b"u" * UNIQUE_LIMIT
    assert [created(b"H:1")] == client.say(type_, b"f", longest, b"w")
    assert [created(b"H:1")] == client.say(type_, b"f", longest, b"w")
    assert [error(Refusal.UNIQUE)] == client.say(type_, b"f", longest + b"u", b"w")
    assert UNIQUE_LIMIT == 64


def test_thousands_may_await_one_job(engine: Engine, client: Talker, worker: Talker) -> None:
    listeners = [Talker(engine) for _ in range(3000)]
    for listener in listeners:
        assert b"H:1" == listener.submit(b"w", unique=b"u")
    for leaver in listeners[::2]:
        leaver.leave()
    worker.say(P.WORK_COMPLETE, worker.take(), b"r")
    assert all([completed(b"H:1", b"r")] == listener.heard() for listener in listeners[1::2])


# -- who still wants the job ------------------------------------------------------------


def test_a_client_that_left_is_told_nothing_and_others_are(engine: Engine, worker: Talker) -> None:
    leaving, staying = Talker(engine), Talker(engine)
    handle = leaving.submit(b"w", unique=b"u")
    staying.submit(b"w", unique=b"u")
    leaving.leave()
    worker.take()
    worker.say(P.WORK_COMPLETE, handle, b"r")
    assert [completed(handle, b"r")] == staying.heard()
    assert [] == leaving.heard()


@pytest.mark.parametrize("background_first", [True, False])
def test_a_background_interest_outlives_the_foreground_one_in_the_queue(
    engine: Engine, client: Talker, worker: Talker, background_first: bool
) -> None:
    leaving = Talker(engine)
    if background_first:
        client.submit_bg(b"w", unique=b"u")
        leaving.submit(b"w", unique=b"u")
    else:
        leaving.submit(b"w", unique=b"u")
        client.submit_bg(b"w", unique=b"u")
    leaving.leave()
    assert b"w" == worker.grab()


def test_a_background_interest_outlives_the_foreground_one_in_a_worker(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    leaving = Talker(engine)
    handle = leaving.submit(b"w", unique=b"u")
    worker.take()
    client.submit_bg(b"w", unique=b"u")
    leaving.leave()
    worker.leave()
    assert handle == Talker(engine).can_do(b"f").take()


def test_an_abandoned_job_is_gone_at_once(engine: Engine, client: Talker, worker: Talker) -> None:
    client.submit(b"w", unique=b"u")
    client.leave()
    queue = engine.registry.queues[b"f"]
    assert ([], {}, [0, 0, 0]) == (list(engine.registry.jobs), queue.uniques, queue.counts)
    assert b"no job" == worker.grab()


def test_what_is_submitted_after_abandonment_is_a_new_job(engine: Engine, worker: Talker) -> None:
    """gearmand gives the new client the dead job's handle and never runs it."""
    leaving, client = Talker(engine), Talker(engine)
    old = leaving.submit(b"old", unique=b"u")
    leaving.leave()
    new = client.submit(b"new", unique=b"u")
    assert old != new
    assert new == worker.take()
    worker.say(P.WORK_COMPLETE, new, b"r")
    assert [completed(new, b"r")] == client.heard()


def test_an_abandoned_running_job_ends_quietly(engine: Engine, client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w", unique=b"u")
    worker.take()
    client.leave()
    assert [] == worker.say(P.WORK_DATA, handle, b"data")
    assert [] == worker.say(P.WORK_COMPLETE, handle, b"r")
    assert [] == list(engine.registry.jobs)


def test_an_abandoned_running_job_can_be_joined(engine: Engine, client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w", unique=b"u")
    worker.take()
    client.leave()
    joining = Talker(engine)
    assert handle == joining.submit(b"w", unique=b"u")
    worker.leave()
    assert handle == Talker(engine).can_do(b"f").take()


def test_an_abandoned_job_whose_worker_dies_too_is_gone(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    client.submit(b"w", unique=b"u")
    worker.take()
    client.leave()
    worker.leave()
    queue = engine.registry.queues[b"f"]
    assert ([], {}, 0, 0) == (list(engine.registry.jobs), queue.uniques, queue.waiting, queue.running)
    assert b"no job" == Talker(engine).can_do(b"f").grab()


def test_only_the_jobs_of_the_client_that_left_are_abandoned(engine: Engine, worker: Talker) -> None:
    leaving, staying = Talker(engine), Talker(engine)
    for i in range(100):
        leaving.submit(b"leaving %d" % i)
    handle = staying.submit(b"staying")
    leaving.leave()
    assert 1 == engine.registry.queues[b"f"].waiting
    assert handle == worker.take()
    worker.say(P.WORK_FAIL, handle)
    assert [failed(handle)] == staying.heard()


# -- status by unique ----------------------------------------------------------------------


def test_status_of_a_unique(engine: Engine, client: Talker, worker: Talker) -> None:
    assert [b"0", b"0", b"0", b"0", b"0"] == status_unique(client, b"u")
    handle = client.submit_bg(b"w", unique=b"u")
    assert [b"1", b"0", b"0", b"0", b"0"] == status_unique(client, b"u")
    client.submit(b"w", unique=b"u")
    Talker(engine).submit(b"w", unique=b"u")
    worker.take()
    worker.say(P.WORK_STATUS, handle, b"1", b"4")
    client.heard()
    assert [b"1", b"1", b"1", b"4", b"2"] == status_unique(client, b"u")


@pytest.mark.parametrize("running", [b"f", b"g"])
def test_status_of_a_unique_prefers_the_job_that_runs(engine: Engine, client: Talker, running: bytes) -> None:
    for function in (b"f", b"g"):
        client.submit_bg(b"w", function=function, unique=b"u")
    Talker(engine).can_do(running).take()
    assert [b"1", b"1", b"0", b"0", b"0"] == status_unique(client, b"u")


@pytest.mark.parametrize("unique", [b"", b"-"])
def test_a_job_without_a_unique_cannot_be_found_by_it(client: Talker, unique: bytes) -> None:
    client.submit_bg(b"w", unique=unique)
    assert [b"0", b"0", b"0", b"0", b"0"] == status_unique(client, unique)


def test_status_of_a_unique_that_is_too_long_is_refused_not_ignored(client: Talker) -> None:
    assert [b"0", b"0", b"0", b"0", b"0"] == status_unique(client, b"u" * 64)
    assert [error(Refusal.UNIQUE)] == client.say(P.GET_STATUS_UNIQUE, b"u" * 65)

"""Other ways to submit: at a time, by a schedule, with a reducer; and workers that are handed jobs."""

from __future__ import annotations

from math import inf

import pytest

from gearcli.protocol.packets import UNIQUE_LIMIT
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from tests.server.transcript import NO_JOB, NOOP, Talker, completed, created, error

NOON = 1_800_000_000.0
"""A UTC time, in seconds since 1970; a whole minute."""
LATER = b"1800000060"


@pytest.fixture
def engine() -> Engine:
    engine = Engine(b"H:")
    engine.tick(100.0, NOON)
    return engine


# -- SUBMIT_JOB_EPOCH -----------------------------------------------------------------


def test_a_job_of_later_is_given_out_when_it_is_due(engine: Engine, client: Talker, worker: Talker) -> None:
    assert [created(b"H:1")] == client.say(P.SUBMIT_JOB_EPOCH, b"f", b"u", LATER, b"w")
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    assert 160.0 == engine.due()
    engine.tick(160.0, NOON + 59.9)
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    engine.tick(160.1, NOON + 60.0)
    assert inf == engine.due()
    assert b"w" == worker.grab()


def test_sleepers_are_woken_when_it_is_due_and_not_before(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    worker.sleep()
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"u", LATER, b"w")
    assert [] == worker.say(P.PRE_SLEEP)
    engine.tick(160.0, NOON + 60)
    assert [NOOP] == worker.heard()


def test_a_clock_that_is_set_forward_counts(engine: Engine, client: Talker, worker: Talker) -> None:
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"u", LATER, b"w")
    engine.tick(100.1, NOON + 3600)
    assert b"w" == worker.grab()


@pytest.mark.parametrize("epoch", [b"", b"0", b"-5", b"soon", b"1799999999", b"1800000000", b" +7", b"12x"])
def test_the_past_and_what_is_no_time_is_now(client: Talker, worker: Talker, epoch: bytes) -> None:
    assert [created(b"H:1")] == client.say(P.SUBMIT_JOB_EPOCH, b"f", b"u", epoch, b"w")
    assert b"w" == worker.grab()


@pytest.mark.parametrize("epoch", [b"9223372036854775808", b"-9223372036854775808", b"9" * 100])
def test_a_time_that_no_clock_has_is_refused(engine: Engine, client: Talker, epoch: bytes) -> None:
    assert [error(Refusal.EPOCH)] == client.say(P.SUBMIT_JOB_EPOCH, b"f", b"u", epoch, b"w")
    assert [] == list(engine.registry.jobs)


def test_a_job_of_later_is_joined_like_any_other(client: Talker, worker: Talker) -> None:
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"u", LATER, b"w")
    assert [created(b"H:1")] == client.say(P.SUBMIT_JOB_EPOCH, b"f", b"u", b"0", b"w")
    assert [created(b"H:1")] == client.say(P.SUBMIT_JOB, b"f", b"u", b"w")
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    assert [(P.STATUS_RES, [b"H:1", b"1", b"0", b"0", b"0"])] == client.say(P.GET_STATUS, b"H:1")


def test_a_job_of_later_outlives_its_client_and_keeps_its_place_among_those_due(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    for epoch in (b"1800000030", b"1800000010", b"1800000020"):
        client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", epoch, epoch[-2:])
    client.leave()
    engine.tick(200.0, NOON + 100)
    assert [b"10", b"20", b"30", b"no job"] == [worker.grab() for _ in range(4)]


# -- SUBMIT_JOB_SCHED -----------------------------------------------------------------


def test_a_scheduled_job_runs_once_at_the_next_minute_that_matches(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    # NOON is a Friday, 08:00.
    fields = (b"5", b"8", b"15", b"1", b"4")
    assert [created(b"H:1")] == client.say(P.SUBMIT_JOB_SCHED, b"f", b"u", *fields, b"w")
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    engine.tick(400.0, NOON + 300)
    assert [b"w", b"no job"] == [worker.grab(), worker.grab()]
    assert inf == engine.due()


@pytest.mark.parametrize("fields", [(b"60", b"", b"", b"", b""), (b"", b"", b"31", b"2", b"")])
def test_a_schedule_that_never_matches_is_refused(
    engine: Engine, client: Talker, fields: tuple[bytes, ...]
) -> None:
    assert [error(Refusal.SCHEDULE)] == client.say(P.SUBMIT_JOB_SCHED, b"f", b"u", *fields, b"w")
    assert [] == list(engine.registry.jobs)


# -- SUBMIT_REDUCE_JOB ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("grab", "assigned"),
    [
        (P.GRAB_JOB, (P.JOB_ASSIGN, [b"H:1", b"f", b"w"])),
        (P.GRAB_JOB_UNIQ, (P.JOB_ASSIGN_UNIQ, [b"H:1", b"f", b"u", b"w"])),
        (P.GRAB_JOB_ALL, (P.JOB_ASSIGN_ALL, [b"H:1", b"f", b"u", b"red", b"w"])),
    ],
)
def test_who_asks_for_all_is_told_the_reducer(
    engine: Engine, client: Talker, worker: Talker, grab: P, assigned: tuple[P, list[bytes]]
) -> None:
    assert [created(b"H:1")] == client.say(P.SUBMIT_REDUCE_JOB, b"f", b"u", b"red", b"agg", b"w")
    assert [assigned] == worker.say(grab)
    worker.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert [completed(b"H:1", b"r")] == client.heard()


def test_a_reduce_job_in_the_background_is_not_listened_to(client: Talker, worker: Talker) -> None:
    assert [created(b"H:1")] == client.say(P.SUBMIT_REDUCE_JOB_BACKGROUND, b"f", b"", b"red", b"", b"w")
    assert {} == client.peer.listening
    assert [(P.JOB_ASSIGN_ALL, [b"H:1", b"f", b"", b"red", b"w"])] == worker.say(P.GRAB_JOB_ALL)


def test_without_a_reducer_it_is_a_job_like_any_other(client: Talker, worker: Talker) -> None:
    client.say(P.SUBMIT_REDUCE_JOB, b"f", b"u", b"", b"agg", b"w")
    assert [(P.JOB_ASSIGN_UNIQ, [b"H:1", b"f", b"u", b"w"])] == worker.say(P.GRAB_JOB_ALL)


@pytest.mark.parametrize("type_", [P.SUBMIT_REDUCE_JOB, P.SUBMIT_REDUCE_JOB_BACKGROUND])
def test_a_reducer_is_as_long_as_a_unique_at_most(client: Talker, type_: P) -> None:
    longest = b"r" * UNIQUE_LIMIT
    assert [created(b"H:1")] == client.say(type_, b"f", b"", longest, b"", b"w")
    assert [error(Refusal.UNIQUE)] == client.say(type_, b"f", b"", longest + b"r", b"", b"w")


# -- ALL_YOURS ------------------------------------------------------------------------


def test_whose_all_is_here_is_handed_a_job_in_its_sleep(client: Talker, worker: Talker) -> None:
    assert [] == worker.say(P.ALL_YOURS)
    worker.sleep()
    client.submit(b"w")
    assert [(P.JOB_ASSIGN, [b"H:1", b"f", b"w"])] == worker.heard()
    assert not worker.peer.asleep
    worker.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert [completed(b"H:1", b"r")] == client.heard()


def test_awake_it_asks_as_others_do(client: Talker, worker: Talker) -> None:
    worker.say(P.ALL_YOURS)
    client.submit(b"w")
    assert [] == worker.heard()
    assert [NOOP] == worker.say(P.PRE_SLEEP)
    assert b"w" == worker.grab()


def test_each_is_handed_one_job(engine: Engine, client: Talker) -> None:
    workers = [Talker(engine).can_do(b"f") for _ in range(500)]
    for worker in workers:
        worker.say(P.ALL_YOURS)
        worker.sleep()
    for _ in range(3):
        client.submit(b"w")
    heard = [worker.heard() for worker in workers]
    assert 3 == sum(1 for each in heard if each)


def test_the_job_it_is_handed_has_its_time_limit(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    client.submit(b"w")
    worker.say(P.ALL_YOURS)
    worker.sleep()
    assert [(P.JOB_ASSIGN, [b"H:1", b"f", b"w"])] == worker.say(P.CAN_DO_TIMEOUT, b"f", b"1000")
    assert 101.0 == engine.due()

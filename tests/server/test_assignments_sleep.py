"""Who is woken, when, and what happens when a woken worker does not come."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.wakeups import WAKE_PATIENCE
from tests.server.transcript import NO_JOB, NOOP, Talker, completed, created, tick


def sleepers(engine: Engine, count: int, *functions: bytes) -> list[Talker]:
    """Workers that sleep, the first the longest."""
    workers = [Talker(engine).can_do(*(functions or (b"f",))) for _ in range(count)]
    for worker in workers:
        worker.sleep()
    return workers


def woken(workers: list[Talker]) -> list[int]:
    """Which of the workers hear a NOOP now."""
    return [i for i, worker in enumerate(workers) if worker.heard() == [NOOP]]


# -- falling asleep and waking up --------------------------------------------------------


def test_a_sleeper_is_woken_by_a_job(engine: Engine, client: Talker) -> None:
    (worker,) = sleepers(engine, 1)
    client.submit_bg(b"w")
    assert [NOOP] == worker.heard()
    assert b"w" == worker.grab()


def test_who_does_not_sleep_is_not_woken(client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    assert [] == worker.heard()


def test_who_cannot_do_it_is_not_woken(engine: Engine, client: Talker) -> None:
    (worker,) = sleepers(engine, 1)
    client.submit_bg(b"w", function=b"other")
    assert [] == worker.heard()


def test_with_work_there_falling_asleep_is_answered_at_once_each_time(client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    assert [NOOP] == worker.say(P.PRE_SLEEP)
    assert [NOOP] == worker.say(P.PRE_SLEEP)


def test_a_worker_is_woken_once_for_its_sleep(engine: Engine, client: Talker) -> None:
    (worker,) = sleepers(engine, 1)
    client.submit_bg(b"1")
    client.submit_bg(b"2")
    assert [NOOP] == worker.heard()


def test_sleeping_twice_is_sleeping_once(engine: Engine, client: Talker) -> None:
    (worker,) = sleepers(engine, 1)
    worker.sleep()
    client.submit_bg(b"w")
    assert [NOOP] == worker.heard()


def test_a_worker_can_sleep_again_and_again(engine: Engine, client: Talker) -> None:
    (worker,) = sleepers(engine, 1)
    for _ in range(3):
        client.submit_bg(b"w")
        assert [NOOP] == worker.heard()
        assert b"w" == worker.grab()
        worker.sleep()


def test_asking_for_a_job_ends_the_sleep(engine: Engine, client: Talker) -> None:
    (worker,) = sleepers(engine, 1)
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    client.submit_bg(b"w")
    assert [] == worker.heard()


def test_any_function_of_a_worker_wakes_it(engine: Engine, client: Talker) -> None:
    workers = sleepers(engine, 2, b"f", b"g")
    client.submit_bg(b"w", function=b"g")
    client.submit_bg(b"w", function=b"f")
    assert [0, 1] == woken(workers)


@pytest.mark.parametrize("said", [(P.CAN_DO, b"f"), (P.CAN_DO_TIMEOUT, b"f", b"1000")])
def test_a_function_learnt_in_sleep_wakes_if_there_is_work(
    engine: Engine, client: Talker, said: tuple[P, *tuple[bytes, ...]]
) -> None:
    worker = Talker(engine)
    worker.sleep()
    client.submit_bg(b"w")
    assert [NOOP] == worker.say(*said)
    assert b"w" == worker.grab()


def test_a_function_learnt_in_sleep_wakes_when_there_is_work(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    worker.sleep()
    worker.can_do(b"f")
    client.submit_bg(b"w")
    assert [NOOP] == worker.heard()


@pytest.mark.parametrize("said", [(P.CANT_DO, b"f"), (P.RESET_ABILITIES,)])
def test_what_a_sleeper_gave_up_does_not_wake_it(
    engine: Engine, client: Talker, said: tuple[P, *tuple[bytes, ...]]
) -> None:
    (worker,) = sleepers(engine, 1)
    worker.say(*said)
    client.submit_bg(b"w")
    assert [] == worker.heard()


def test_a_lost_job_wakes_a_sleeper(engine: Engine, client: Talker, worker: Talker) -> None:
    (sleeper,) = sleepers(engine, 1)
    client.submit_bg(b"w")
    worker.take()
    sleeper.heard()
    sleeper.say(P.GRAB_JOB)
    sleeper.sleep()
    worker.leave()
    assert [NOOP] == sleeper.heard()


def test_a_worker_may_sleep_while_it_runs_a_job(engine: Engine, client: Talker, worker: Talker) -> None:
    first = client.submit(b"1")
    worker.take()
    worker.sleep()
    second = client.submit(b"2")
    assert [NOOP] == worker.heard()
    assert second == worker.take()
    worker.say(P.WORK_COMPLETE, first, b"r")
    assert [completed(first, b"r")] == client.heard()


# -- how many are woken ---------------------------------------------------------------------


def test_one_job_wakes_the_one_that_slept_longest(engine: Engine, client: Talker) -> None:
    workers = sleepers(engine, 3)
    client.submit_bg(b"w")
    assert [0] == woken(workers)


def test_so_many_jobs_wake_so_many_sleepers(engine: Engine, client: Talker) -> None:
    workers = sleepers(engine, 4)
    for _ in range(3):
        client.submit_bg(b"w")
    assert [0, 1, 2] == woken(workers)


def test_sleepers_take_turns(engine: Engine, client: Talker) -> None:
    workers = sleepers(engine, 3)
    turns: list[int] = []
    for _ in range(5):
        client.submit_bg(b"w")
        (turn,) = woken(workers)
        turns.append(turn)
        workers[turn].take()
        workers[turn].sleep()
    assert [0, 1, 2, 0, 1] == turns


def test_a_job_that_joins_another_wakes_nobody(engine: Engine, client: Talker) -> None:
    workers = sleepers(engine, 2)
    client.submit_bg(b"w", unique=b"u")
    client.submit_bg(b"w", unique=b"u")
    assert [0] == woken(workers)


# -- when a woken worker does not come ------------------------------------------------------------


def left(worker: Talker) -> None:
    worker.leave()


def gave_it_up(worker: Talker) -> None:
    worker.say(P.CANT_DO, b"f")


def gave_all_up(worker: Talker) -> None:
    worker.say(P.RESET_ABILITIES)


def went_to_sleep_again(worker: Talker) -> None:
    assert [NOOP] == worker.say(P.PRE_SLEEP)


def dawdled(worker: Talker) -> None:
    worker.engine.tick(WAKE_PATIENCE)


@pytest.mark.parametrize("excuse", [left, gave_it_up, gave_all_up, went_to_sleep_again, dawdled])
def test_the_wake_up_goes_on_to_the_next(
    engine: Engine, client: Talker, excuse: Callable[[Talker], None]
) -> None:
    workers = sleepers(engine, 3)
    client.submit_bg(b"w")
    assert [0] == woken(workers)
    excuse(workers[0])
    assert [1] == woken(workers)
    assert b"w" == workers[1].grab()
    engine.tick(10.0)
    assert [] == woken(workers)


def test_patience_lasts_until_its_end(engine: Engine, client: Talker) -> None:
    engine.tick(100.0)
    workers = sleepers(engine, 2)
    client.submit_bg(b"w")
    assert 100.0 + WAKE_PATIENCE == tick(engine, 100.0 + WAKE_PATIENCE / 2)
    assert [0] == woken(workers)
    assert 100.0 + 2 * WAKE_PATIENCE == tick(engine, 100.0 + WAKE_PATIENCE)
    assert [1] == woken(workers)


def test_nothing_is_due_once_the_woken_worker_came(engine: Engine, client: Talker) -> None:
    (worker,) = sleepers(engine, 1)
    client.submit_bg(b"w")
    worker.heard()
    worker.take()
    assert inf == tick(engine, 0.0)


def test_a_woken_worker_that_dawdled_may_still_come(engine: Engine, client: Talker) -> None:
    workers = sleepers(engine, 2)
    client.submit_bg(b"w")
    engine.tick(WAKE_PATIENCE)
    assert [0, 1] == woken(workers)
    assert b"w" == workers[0].grab()
    assert b"no job" == workers[1].grab()


def test_a_woken_worker_that_takes_another_job_passes_the_wake_up_on(engine: Engine, client: Talker) -> None:
    (both,) = sleepers(engine, 1, b"f", b"g")
    (only_f,) = sleepers(engine, 1, b"f")
    client.submit_bg(b"for both", function=b"f")
    assert [NOOP] == both.heard()
    client.say(P.SUBMIT_JOB_HIGH_BG, b"g", b"", b"urgent")
    assert b"urgent" == both.grab()
    assert [NOOP] == only_f.heard()
    assert b"for both" == only_f.grab()


def test_a_job_gone_before_the_woken_worker_came_is_no_reason_to_wake_another(
    engine: Engine, client: Talker
) -> None:
    workers = sleepers(engine, 2)
    client.submit(b"w")
    client.leave()
    assert [0] == woken(workers)
    assert b"no job" == workers[0].grab()
    assert [] == woken(workers)


def test_two_woken_workers_and_one_job_left_wake_no_third(engine: Engine, client: Talker) -> None:
    workers = sleepers(engine, 3)
    client.submit_bg(b"1")
    client.submit_bg(b"2")
    assert [0, 1] == woken(workers)
    workers[0].take()
    assert [] == woken(workers)
    workers[1].take()
    assert [] == woken(workers)


def test_the_wake_up_comes_before_the_answer_to_a_submission(engine: Engine) -> None:
    (both,) = sleepers(engine, 1)
    heard = both.say(P.SUBMIT_JOB, b"f", b"", b"w")
    assert [NOOP, created(b"H:1")] == heard  # as gearmand says it to one that is both

"""What an engine is told at its start: retries, lease, how many are woken, exceptions, keeping results."""

from __future__ import annotations

from math import inf

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.registry import UNLIMITED
from tests.server.transcript import NOOP, Talker, completed, failed


def loss(engine: Engine) -> bool:
    """A worker takes the job and is lost; whether there was a job."""
    worker = Talker(engine).can_do(b"f")
    had_job = worker.grab() != b"no job"
    worker.leave()
    return had_job


@pytest.mark.parametrize(("retries", "losses"), [(0, 1), (1, 2), (3, 4)])
def test_a_job_fails_that_has_lost_its_worker_too_often(retries: int, losses: int) -> None:
    engine = Engine(b"H:", retries=retries)
    client = Talker(engine)
    client.submit(b"w")
    for _ in range(losses):
        assert [] == client.heard()
        assert loss(engine)
    assert [failed(b"H:1")] == client.heard()
    assert not loss(engine)
    assert [] == list(engine.registry.jobs)


def test_without_a_limit_it_is_offered_for_ever() -> None:
    engine = Engine(b"H:", retries=UNLIMITED)
    client = Talker(engine)
    client.submit(b"w")
    assert all(loss(engine) for _ in range(300))
    assert [] == client.heard()


def test_giving_a_function_up_is_a_loss_too() -> None:
    engine = Engine(b"H:", retries=0)
    client, worker = Talker(engine), Talker(engine).can_do(b"f")
    client.submit(b"w")
    worker.take()
    worker.say(P.CANT_DO, b"f")
    assert [failed(b"H:1")] == client.heard()


# -- lease ----------------------------------------------------------------------------


@pytest.fixture
def leased() -> tuple[Engine, Talker, Talker]:
    """An engine with a lease of ten seconds, a client that awaits a job, and a worker that has it."""
    engine = Engine(b"H:", lease=10.0)
    client, worker = Talker(engine), Talker(engine).can_do(b"f")
    client.submit(b"w")
    worker.take()
    return engine, client, worker


def test_a_job_whose_worker_is_silent_is_offered_again(leased: tuple[Engine, Talker, Talker]) -> None:
    engine, client, silent = leased
    other = Talker(engine).can_do(b"f")
    assert 10.0 == engine.due()
    engine.tick(9.9)
    assert b"no job" == other.grab()
    engine.tick(10.0)
    assert b"w" == other.grab()
    assert [] == silent.say(P.WORK_COMPLETE, b"H:1", b"late")
    assert [] == client.heard()
    other.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert [completed(b"H:1", b"r")] == client.heard()


@pytest.mark.parametrize(
    "sign_of_life", [(P.ECHO_REQ, b"x"), (P.WORK_STATUS, b"H:1", b"1", b"2"), (P.WORK_DATA, b"H:1", b"d")]
)
def test_anything_a_worker_says_extends_its_lease(
    leased: tuple[Engine, Talker, Talker], sign_of_life: tuple[P, bytes]
) -> None:
    engine, _, worker = leased
    for now in (9.0, 18.0, 27.0):
        engine.tick(now)
        worker.say(*sign_of_life)
    assert 28.0 == engine.due()
    engine.tick(36.9)
    assert [b"H:1"] == list(worker.peer.running)
    engine.tick(37.0)
    assert {} == worker.peer.running


def test_a_job_that_ends_in_time_leaves_no_timer(leased: tuple[Engine, Talker, Talker]) -> None:
    engine, _, worker = leased
    for now in range(1, 1000, 9):
        engine.tick(float(now))
        worker.say(P.WORK_STATUS, b"H:1", b"1", b"2")
        assert all(len(job.known.timers) == 1 for job in worker.peer.running.values())
    worker.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert inf == engine.due()


def test_a_timeout_of_the_worker_counts_beside_the_lease() -> None:
    engine = Engine(b"H:", lease=10.0)
    client, worker = Talker(engine), Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"5000")
    client.submit(b"w")
    worker.take()
    assert 5.0 == engine.due()
    engine.tick(5.0)
    assert [failed(b"H:1")] == client.heard()
    assert inf == engine.due()


# -- the others -----------------------------------------------------------------------


@pytest.mark.parametrize(("worker_wakeup", "woken"), [(0, 1), (1, 1), (3, 3), (9, 5)])
def test_as_many_are_woken_for_a_job_as_wanted(worker_wakeup: int, woken: int) -> None:
    engine = Engine(b"H:", worker_wakeup=worker_wakeup)
    workers = [Talker(engine).can_do(b"f") for _ in range(5)]
    for worker in workers:
        worker.sleep()
    Talker(engine).submit(b"w")
    assert woken == sum(worker.heard() == [NOOP] for worker in workers)


def test_results_are_kept_for_so_long() -> None:
    engine = Engine(b"H:", keep_results=2.0, lease=60.0)
    client, worker = Talker(engine), Talker(engine).can_do(b"f")
    engine.tick(5.0)
    client.submit_bg(b"w")
    assert [] == worker.say(P.WORK_COMPLETE, worker.take(), b"r")
    assert engine.registry.results is not None
    assert 7.0 == engine.due()
    assert engine.registry.results.get(b"H:1") is not None
    engine.tick(7.0)
    assert engine.registry.results.get(b"H:1") is None


def test_with_exceptions_everybody_hears_their_words() -> None:
    engine = Engine(b"H:", exceptions=True)
    client, worker = Talker(engine), Talker(engine).can_do(b"f")
    client.submit(b"w")
    worker.say(P.WORK_EXCEPTION, worker.take(), b"words")
    assert [(P.WORK_EXCEPTION, [b"H:1", b"words"])] == client.heard()

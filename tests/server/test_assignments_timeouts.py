"""CAN_DO_TIMEOUT: jobs that fail for taking long."""

from __future__ import annotations

from math import inf

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from tests.server.transcript import Talker, completed, error, failed, tick


def test_a_job_that_takes_too_long_fails(engine: Engine, client: Talker) -> None:
    engine.tick(100.0)
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"1500")
    handle = client.submit(b"w")
    worker.take()
    assert 101.5 == tick(engine, 101.4)
    assert [] == client.heard()
    assert inf == tick(engine, 101.5)
    assert [failed(handle)] == client.heard()
    assert [] == worker.heard()
    for late in ((P.WORK_STATUS, handle, b"1", b"2"), (P.WORK_COMPLETE, handle, b"late")):
        assert [] == worker.say(*late), "an ERROR ends the workers of PHP, Perl and libgearman"
    assert [] == client.heard()
    assert b"no job" == worker.grab()


def test_a_job_that_ends_in_time_leaves_no_timer(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"1500")
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_COMPLETE, handle, b"done")
    assert inf == tick(engine, 1.0)
    engine.tick(100.0)
    assert [completed(handle, b"done")] == client.heard()


def test_the_next_worker_of_a_job_has_its_own_time(engine: Engine, client: Talker) -> None:
    first, second = Talker(engine), Talker(engine)
    for worker in (first, second):
        worker.say(P.CAN_DO_TIMEOUT, b"f", b"2000")
    handle = client.submit(b"w")
    first.take()
    engine.tick(1.5)
    first.leave()
    second.take()
    assert 3.5 == tick(engine, 2.0)
    engine.tick(3.5)
    assert [failed(handle)] == client.heard()


def test_a_worker_that_leaves_takes_its_timers_along(engine: Engine, client: Talker, worker: Talker) -> None:
    hasty = Talker(engine)
    hasty.say(P.CAN_DO_TIMEOUT, b"f", b"1000")
    handle = client.submit(b"w")
    hasty.take()
    hasty.leave()
    worker.take()
    assert inf == tick(engine, 50.0)
    worker.say(P.WORK_COMPLETE, handle, b"in time")
    assert [completed(handle, b"in time")] == client.heard()


@pytest.mark.parametrize(
    ("timeout", "due"), [(b"1", 1.0), (b"999", 1.0), (b"1001", 1.001), (b"0", inf), (b"9" * 30, 4294967.295)]
)
def test_less_than_a_second_is_a_second_and_nothing_is_no_limit(
    engine: Engine, client: Talker, timeout: bytes, due: float
) -> None:
    worker = Talker(engine)
    assert [] == worker.say(P.CAN_DO_TIMEOUT, b"f", timeout)
    client.submit(b"w")
    worker.take()
    assert due == tick(engine, 0.0)


@pytest.mark.parametrize("timeout", [b"", b"-1", b"soon", b"1.5"])
def test_a_timeout_that_is_no_number_is_refused(engine: Engine, timeout: bytes) -> None:
    worker = Talker(engine)
    assert [error(Refusal.NUMBER)] == worker.say(P.CAN_DO_TIMEOUT, b"f", timeout)
    assert {} == engine.registry.queues


def test_can_do_takes_a_timeout_back(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"1000")
    worker.say(P.CAN_DO, b"f")
    client.submit(b"w")
    worker.take()
    assert inf == tick(engine, 0.0)


def test_what_is_due_waits_for_its_tick_whatever_the_clock_says(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"1000")
    handle = client.submit(b"w")
    worker.take()
    engine.clock(5.0, 0.0)
    assert [] == client.heard()
    engine.tick(0.9)
    assert [] == client.heard()
    engine.tick(1.0)
    assert [failed(handle)] == client.heard()

"""Dead letters: which jobs die, what is kept of them and for how long, how they come back."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.server import dead, rationing
from gearcli.server.counters import Counters, Result
from gearcli.server.counting import count
from gearcli.server.dead import OVERHEAD
from gearcli.server.engine import Engine
from gearcli.server.memory import ABILITY
from gearcli.server.overview import Vitals, overview
from gearcli.server.store import StoredJob
from tests.server.stores import job
from tests.server.test_journal import Gated, House
from tests.server.transcript import Console, Talker, completed, created, failed

RETRIES = 2
REASON = "its worker was lost in attempt 3, the last"
NO_JOB = b"ERR UNKNOWN_JOB\r\n"


@pytest.fixture
def engine() -> Engine:
    """An engine in which a job may lose its worker twice."""
    engine = Engine(b"H:", retries=RETRIES)
    engine.clock(50.0, 1000.0)
    return engine


def kill(engine: Engine, handle: bytes, function: bytes = b"f") -> None:
    """Let a job that is next lose all the workers that it may."""
    for _ in range(RETRIES + 1):
        worker = Talker(engine).can_do(function)
        assert handle == worker.take()
        worker.leave()


def dead_job(engine: Engine, workload: bytes = b"w", *, function: bytes = b"f", unique: bytes = b"") -> bytes:
    """A job that has died; its handle."""
    handle = Talker(engine).submit_bg(workload, function=function, unique=unique)
    kill(engine, handle, function)
    return handle


def test_each_is_said_but_not_without_end(engine: Engine) -> None:
    said = list[str]()
    engine.registry.say = said.append
    for _ in range(rationing.BURST + 5):
        dead_job(engine, function=b"f\n")
    assert rationing.BURST == len(said)
    words = "gear jobs --dead shows it, gear retry queues it again"
    assert f"f\\n H:1 is a dead job now: {REASON}; {words}" == said[0]


# -- which die ---------------------------------------------------------------------------------


def test_a_job_that_kills_its_workers_is_kept_with_its_reason(engine: Engine, console: Console) -> None:
    client = Talker(engine)
    client.say(P.SUBMIT_REDUCE_JOB_BACKGROUND, b"f\n", b"u", b"r", b"", b"12345")
    engine.tick(60.0, 1010.0)
    kill(engine, b"H:1", b"f\n")
    engine.tick(61.0, 1011.0)
    expected = {
        "handle": "H:1",
        "function": "f%0A",
        "unique": "u",
        "state": "dead",
        "priority": "normal",
        "background": True,
        "age": 11.0,
        "size": 5,
        "attempt": RETRIES + 1,
        "listeners": 0,
        "worker": None,
        "numerator": 0,
        "denominator": 0,
        "due": None,
        "reducer": "r",
        "died": 1010.0,
        "reason": REASON,
    }
    assert [expected] == console.documents(b"dead") == console.documents(b"job H:1")
    assert [] == console.documents(b"jobs")
    (peeked,) = console.documents(b"peek H:1")
    assert b"12345" == base64.b64decode(peeked["workload_base64"])


def test_a_foreground_job_fails_as_ever(engine: Engine, console: Console) -> None:
    client = Talker(engine)
    handle = client.submit(b"w")
    kill(engine, handle)
    assert [failed(handle)] == client.heard()
    assert [] == console.documents(b"dead")


def test_who_listens_to_a_background_job_hears_that_it_failed(engine: Engine, console: Console) -> None:
    client = Talker(engine)
    handle = client.submit(b"w", unique=b"u")
    assert [created(handle)] == Talker(engine).say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    kill(engine, handle)
    assert [failed(handle)] == client.heard()
    assert 1 == len(console.documents(b"dead"))


def test_without_a_limit_nothing_dies(console: Console) -> None:
    engine = Engine(b"H:")
    handle = Talker(engine).submit_bg(b"w")
    for _ in range(20):
        kill(engine, handle)
    assert 0 == len(engine.registry.dead)
    assert b"w" == Talker(engine).can_do(b"f").grab()


# -- the commands --------------------------------------------------------------------------------


def handles(documents: list[dict[str, Any]]) -> list[object]:
    return [each.get("handle", each) for each in documents]


def test_they_are_told_in_the_order_of_their_deaths(engine: Engine, console: Console) -> None:
    for function in (b"f", b"two words", b"f", b"f"):
        dead_job(engine, function=function)
    assert ["H:1", "H:2", "H:3", "H:4"] == handles(console.documents(b"dead"))
    assert ["H:1", "H:3", "H:4"] == handles(console.documents(b"dead f"))
    assert ["H:2"] == handles(console.documents(b"dead two%20words"))
    assert ["H:1", {"left_out": 2}] == handles(console.documents(b"dead f 1"))
    assert [] == console.documents(b"dead nobody")


@pytest.mark.parametrize("handle", [b"", b"H:2", b"H:01", b"H:1x", b"G:1", b"H:", b"H:" + b"1" * 5000])
def test_only_a_whole_handle_finds_one(engine: Engine, console: Console, handle: bytes) -> None:
    dead_job(engine)
    assert NO_JOB == console.ask(b"retry " + handle)
    assert 1 == len(engine.registry.dead)


def test_what_is_tried_again_is_as_if_it_were_new(engine: Engine, console: Console) -> None:
    handle = dead_job(engine, unique=b"u")
    engine.tick(80.0, 1030.0)
    (document,) = console.documents(b"retry H:1")
    assert ("H:1", "waiting", 0, 0.0) == tuple(document[key] for key in ("handle", "state", "attempt", "age"))
    assert [] == console.documents(b"dead")
    client = Talker(engine)
    assert [created(handle)] == client.say(P.SUBMIT_JOB, b"f", b"u", b"w")
    for _ in range(RETRIES):
        worker = Talker(engine).can_do(b"f")
        assert handle == worker.take()
        worker.leave()
    worker = Talker(engine).can_do(b"f")
    worker.say(P.WORK_COMPLETE, worker.take(), b"done")
    assert [completed(handle, b"done")] == client.heard()
    assert (
        0 == engine.registry.account.held - sum(q.weight for q in engine.registry.queues.values()) - ABILITY
    )


def test_it_keeps_its_place_in_the_order_of_submission(engine: Engine, console: Console) -> None:
    first = dead_job(engine)
    for _ in range(300):
        Talker(engine).submit_bg(b"w")
    for number in range(2, 200):
        assert b"OK\r\n" == console.ask(b"cancel job H:%d" % number)
    console.ask(b"retry " + first)
    assert ["H:1", "H:200"] == handles(console.documents(b"jobs"))[:2]


def test_a_sleeper_is_woken(engine: Engine, console: Console) -> None:
    dead_job(engine)
    worker = Talker(engine).can_do(b"f")
    worker.sleep()
    console.ask(b"retry H:1")
    assert [(P.NOOP, [])] == worker.heard()


def test_a_function_is_not_forgotten_while_it_has_any(engine: Engine, console: Console) -> None:
    """Who looks at functions, as gear doctor and gear metrics do, would not see them."""
    dead_job(engine)
    engine.registry.drop_idle()
    assert b"ERR there are still dead jobs; gear purge --dead throws them away\r\n" == console.ask(
        b"drop function f"
    )
    assert [("f", 1)] == [(each["function"], each["dead"]) for each in console.documents(b"functions")]
    with_worker = Talker(engine).can_do(b"f")
    in_use = b"ERR there are still connected workers or executing clients\r\n"
    assert in_use == console.ask(b"drop function f")
    with_worker.leave()
    console.ask(b"purge f dead")
    assert b"OK\r\n" == console.ask(b"drop function f")
    assert [] == console.documents(b"functions")


def test_not_while_an_identical_job_is_there(engine: Engine, console: Console) -> None:
    dead_job(engine, unique=b"u")
    Talker(engine).submit_bg(b"w", unique=b"u")
    said = b"ERR IDENTICAL_JOB An+identical+job+waits+or+runs+already:+H:2\r\n"
    assert said == console.ask(b"retry H:1")
    assert ["H:1"] == handles(console.documents(b"dead"))


def test_they_are_thrown_away(engine: Engine, console: Console) -> None:
    for function in (b"f", b"g", b"f"):
        dead_job(engine, function=function)
    Talker(engine).submit_bg(b"w")
    assert [{"function": "f", "purged": 2}] == console.documents(b"purge f dead")
    assert [{"function": "f", "purged": 0}] == console.documents(b"purge f DEAD")
    assert ["H:2"] == handles(console.documents(b"dead"))
    assert 1 == len(console.documents(b"jobs"))
    assert [{"function": "g", "purged": 1}] == console.documents(b"purge g dead")
    console.ask(b"drop function g")
    assert b"ERR function not found\r\n" == console.ask(b"purge g dead")


def test_what_became_of_one_every_server_tells(engine: Engine, console: Console) -> None:
    dead_job(engine)
    (document,) = console.documents(b"result H:1")
    assert ("dead", 3, 1000.0, REASON, None) == tuple(
        document[key] for key in ("state", "attempt", "ended", "reason", "result_base64")
    )


def test_a_result_that_was_kept_is_not_that_of_the_next_try() -> None:
    engine = Engine(b"H:", retries=RETRIES, keep_results=100.0)
    console = Console(engine)
    dead_job(engine)
    assert "dead" == console.documents(b"result H:1")[0]["state"]
    console.ask(b"retry H:1")
    assert "waiting" == console.documents(b"result H:1")[0]["state"]
    worker = Talker(engine).can_do(b"f")
    worker.say(P.WORK_COMPLETE, worker.take(), b"done")
    assert "done" == console.documents(b"result H:1")[0]["state"]


def test_a_result_that_is_kept_no_longer_is_not_missed() -> None:
    engine = Engine(b"H:", retries=RETRIES, keep_results=10.0)
    dead_job(engine)
    engine.tick(20.0)
    assert [b"H:1"] == [engine.registry.dead.revive(each).handle for each in list(engine.registry.dead)]


def test_counted(engine: Engine) -> None:
    counters = Counters()
    count(engine, counters)
    dead_job(engine)
    assert (1, 1) == (counters.ended(Result.FAILED), counters.of(b"f").submitted)
    engine.registry.dead.revive(*engine.registry.dead)
    assert 2 == counters.of(b"f").submitted


# -- bounds -----------------------------------------------------------------------------------------


def test_too_many_or_too_big_drop_the_oldest(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    letters, said = engine.registry.dead, list[str]()
    monkeypatch.setattr(dead, "COUNT_LIMIT", 3)
    engine.registry.say = said.append
    before = engine.registry.account.held
    for number in range(1, 6):
        letters.add(job(number, died=1000.0))
    assert [3, 4, 5] == [letter.number for letter in letters]
    assert ["no room for more dead jobs: the oldest is dropped, H:1"] == said
    letters.limit = 3 * OVERHEAD
    engine.clock(50.0 + 61, 1061.0)
    letters.add(job(6, died=1000.0, workload=b""))
    assert [5, 6] == [letter.number for letter in letters]
    assert [
        "no room for more dead jobs: the oldest is dropped, H:3, and 1 more since this was last said"
    ] == (said[1:])
    assert 2 == letters.count(b"f")
    letters.add(job(7, died=1000.0, workload=bytes(3 * OVERHEAD)))
    assert [] == list(letters)
    assert 0 == letters.count(b"f")
    assert before == engine.registry.account.held


# -- with a store -------------------------------------------------------------------------------------


@pytest.fixture
def house() -> House:
    house = House()
    house.engine.registry.retries = RETRIES
    return house


def stored_dead_job(house: House, workload: bytes = b"w") -> bytes:
    client = Gated(house.engine)
    client.say(P.SUBMIT_JOB_BG, b"f", b"u", workload)
    house.commit()
    ((_, (handle,)),) = client.heard()
    kill(house.engine, handle)
    return handle


def letters(house: House) -> list[StoredJob]:
    return list(house.engine.registry.dead)


@pytest.mark.parametrize("fails_first", [False, True])
def test_a_restart_changes_nothing(house: House, fails_first: bool) -> None:
    handle = stored_dead_job(house)
    if fails_first:
        house.commit(stored=False)
    house.commit()
    (before,) = letters(house)
    house.start()
    assert [before] == letters(house)
    assert 0 == len(house.engine.registry.jobs)
    assert handle == house.engine.registry.dead.handle(before)


def test_after_a_restart_its_function_is_known(house: House) -> None:
    stored_dead_job(house)
    house.commit()
    house.start()
    counters = Counters()
    count(house.engine, counters)
    console = Console(house.engine)
    ((function, dead),) = [(each["function"], each["dead"]) for each in console.documents(b"functions")]
    assert ("f", 1) == (function, dead)
    assert b"f\t0\t0\t0\n.\n" == console.ask(b"status")
    (row,) = overview(house.engine, counters, Vitals("1", 0.0, 0.0, 0.0, None, False)).functions
    assert ("f", 1) == (row.name, row.dead)


def test_after_a_kill_it_is_tried_once_more_and_dies_again(house: House) -> None:
    handle = stored_dead_job(house)
    house.start()
    house.engine.registry.retries = RETRIES
    assert [] == letters(house)
    kill(house.engine, handle)
    house.commit()
    assert 1 == len(letters(house))


def test_what_is_tried_again_is_stored_as_such(house: House) -> None:
    handle = stored_dead_job(house)
    house.commit()
    house.start()
    house.engine.registry.dead.revive(letters(house)[0])
    house.commit()
    house.start()
    assert [] == letters(house)
    worker = Gated(house.engine).can_do(b"f")
    assert handle == worker.take()
    assert 1 == worker.peer.running[handle].attempt
    worker.say(P.WORK_COMPLETE, handle, b"")
    house.commit()
    assert [] == house.stored()


def test_it_may_live_and_die_between_two_transactions(house: House) -> None:
    handle = stored_dead_job(house)
    house.engine.registry.retries = RETRIES
    house.engine.registry.dead.revive(letters(house)[0])
    kill(house.engine, handle)
    house.commit()
    house.start()
    assert 1 == len(letters(house))
    worker = Gated(house.engine).can_do(b"f")
    house.engine.registry.dead.revive(letters(house)[0])
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    house.commit()
    assert [] == house.stored()


def test_what_is_dropped_or_purged_leaves_the_store(house: House) -> None:
    for _ in range(2):
        stored_dead_job(house)
    house.engine.registry.dead.limit = 2 * OVERHEAD
    stored_dead_job(house, b"last")
    house.commit()
    assert [b"last"] == house.stored()
    house.engine.registry.dead.purge(b"f")
    house.commit()
    assert [] == house.stored()


def test_those_who_died_first_come_first_after_a_restart(house: House) -> None:
    house.disk.jobs = {each.number: each for each in (job(1, died=9.0), job(2), job(3, died=8.0))}
    house.start()
    assert [3, 1] == [letter.number for letter in letters(house)]
    assert [b"H:2"] == [each.handle for each in house.engine.registry.jobs]

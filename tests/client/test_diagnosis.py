"""What is found in what was seen of servers; no sockets."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gearcli.client.diagnosis import Finding, Level, client_differs, diagnose, quoted
from gearcli.client.documents import ClientState, FunctionState, Holder, JobState
from gearcli.client.examination import Examination
from gearcli.client.survey import Answer
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address

IDLE = FunctionState(b"resize", 0, 0, 1, 0, 0, 0, delayed=0, paused=False)
"""All is well."""


def seen(
    *now: FunctionState,
    before: Sequence[FunctionState] | None = None,
    clients: list[ClientState] | None = None,
    idle: Sequence[int] = (),
    jobs: list[JobState] | None = None,
    uniques: list[bytes] | None = None,
    product: str = "gear 1",
    round_trip: float = 0.001,
) -> Examination:
    return Examination(
        product,
        product,
        list(now if before is None else before),
        list(now),
        2.0,
        round_trip,
        2.1,
        clients,
        frozenset(idle),
        jobs,
        uniques,
    )


def found(*examinations: Examination) -> list[Finding]:
    answers = [Answer(Address("h", port), each, None, 2.2) for port, each in enumerate(examinations, 1)]
    return diagnose(answers)


def the_one(*examinations: Examination) -> Finding:
    (finding,) = found(*examinations)
    return finding


def kinds(*examinations: Examination) -> list[tuple[str, str]]:
    return [(finding.level, finding.kind) for finding in found(*examinations)]


@pytest.mark.parametrize(("count", "words"), [(1, "1 dead job:"), (2, "2 dead jobs:")])
def test_dead_jobs_are_wrong(count: int, words: str) -> None:
    finding = the_one(seen(IDLE._replace(dead=count)))
    assert (Level.WRONG, "dead", b"resize") == (finding.level, finding.kind, finding.function)
    assert f"{words} each has lost its worker too often" == finding.what
    assert "gear jobs -s h:1 --dead resize" in finding.advice
    assert [] == found(seen(IDLE._replace(dead=0)))


def test_nothing_is_wrong() -> None:
    assert [] == found(seen(IDLE, clients=[], jobs=[]))
    assert [] == found(seen(IDLE._replace(running=1, queued=3)), seen(IDLE))


def test_a_queue_without_a_worker() -> None:
    finding = the_one(seen(IDLE._replace(function=b"crop it", queued=3, workers=0), clients=[]))
    assert (Level.WRONG, "no-worker", "h:1", b"crop it") == finding[:4]
    assert "3 jobs wait, and no worker can do it" == finding.what
    assert "gear worker -s h:1 -f 'crop it' -- COMMAND" in finding.advice
    assert "gear purge -s h:1 'crop it'" in finding.advice


def test_a_server_that_cannot_purge_is_not_told_to() -> None:
    assert "purge" not in the_one(seen(FunctionState(b"crop", 3, 0, 0))).advice


def test_jobs_that_are_not_due_need_no_worker() -> None:
    assert [] == found(seen(IDLE._replace(queued=3, delayed=3, workers=0)))


def test_a_misspelt_function() -> None:
    finding = the_one(seen(IDLE, FunctionState(b"Resize", 1, 0, 0)))
    assert ("misspelt", b"Resize") == (finding.kind, finding.function)
    assert finding.advice.startswith("workers can do resize, which differs in case")


def test_workers_that_are_connected_to_another_server() -> None:
    finding = the_one(seen(IDLE._replace(queued=1, workers=0)), seen(IDLE))
    assert "its workers are connected to h:2 only: let them have -s h:1 too" == finding.advice


def test_paused_functions() -> None:
    assert [("note", "paused")] == kinds(seen(IDLE._replace(paused=True)))
    finding = the_one(seen(IDLE._replace(paused=True, queued=1)))
    assert (Level.WRONG, "it is paused; 1 job waits") == (finding.level, finding.what)
    assert "gear resume -s h:1 resize" in finding.advice


@pytest.mark.parametrize(("waiting", "level"), [(99, Level.NOTE), (100, Level.WRONG)])
def test_a_queue_that_grows(waiting: int, level: Level) -> None:
    now = IDLE._replace(queued=waiting, running=1)
    finding = the_one(seen(now, before=[now._replace(queued=waiting - 10)]))
    assert (level, "growing") == finding[:2]
    assert f"{waiting} jobs wait, 5 more each second, and all 1 workers are busy" == finding.what


def test_a_queue_that_is_worked_on_does_not_grow() -> None:
    now = IDLE._replace(queued=100, running=1)
    assert [] == found(seen(now, before=[now]))
    assert [] == found(seen(now._replace(workers=2), before=[IDLE]))
    assert [] == found(seen(now, before=[]))


def test_workers_that_take_nothing() -> None:
    waiting = IDLE._replace(queued=2)
    finding = the_one(seen(waiting))
    assert (Level.WRONG, "not-taken") == finding[:2]
    assert "2 jobs wait, and its worker takes none" == finding.what
    assert [] == found(seen(waiting, before=[IDLE]))
    assert [] == found(seen(waiting, before=[waiting._replace(queued=9)]))


def test_gearmands_jobs_may_not_be_due() -> None:
    finding = the_one(seen(FunctionState(b"f", 2, 0, 3)))
    assert (Level.NOTE, "not-taken") == finding[:2]
    assert "2 jobs wait, and its 3 workers take none, unless the jobs are not due yet" == finding.what


@pytest.mark.parametrize(
    ("limits", "near"), [((0, 10, 0), True), ((0, 0, 0), False), ((0, 11, 100), False), (None, False)]
)
def test_a_limit_that_is_near(limits: tuple[int, int, int] | None, near: bool) -> None:
    state = IDLE._replace(queued=7, running=1, maxqueue=limits)
    assert [("wrong", "limit")] * near == kinds(seen(state))


def worker(number: int, *functions: bytes, client_id: bytes = b"\x1b") -> ClientState:
    return ClientState(number, "::1", client_id, functions, False, (), 0, False)


def test_a_worker_that_does_not_ask_for_jobs() -> None:
    waiting = IDLE._replace(queued=1, running=1, workers=2)
    workers = [worker(1, b"resize"), worker(2, b"resize"), worker(3, b"crop")]
    finding = the_one(seen(waiting, clients=workers, idle=[1, 3]))
    assert "worker ::1 (\\x1b) does not ask for jobs, though some wait for it" == finding.what
    assert [] == found(seen(waiting, clients=workers))
    assert [] == found(seen(IDLE, clients=workers, idle=[1]))


def job(attempt: int) -> JobState:
    holder = Holder(1, "::1", b"")
    return JobState(
        b"H:1", b"f", b"u", "running", "low", True, 1.0, 1, attempt, 0, holder, 0, 0, None, None
    )  # fmt: skip


def test_a_job_that_ends_its_workers() -> None:
    assert [] == found(seen(IDLE, jobs=[job(1), job(2)]))
    finding = the_one(seen(IDLE, jobs=[job(3)]))
    assert ("often-tried", b"f") == (finding.kind, finding.function)
    assert finding.what.startswith("job H:1 was handed out 3 times")


def test_jobs_without_a_unique_of_their_own() -> None:
    assert [] == found(seen(IDLE, uniques=[b"", b"-", b"a", b"a"]))
    assert ["'-'", "''"] == [
        finding.what.split()[-1] for finding in found(seen(IDLE, uniques=[b"-", b"-", b"", b""]))
    ]


def test_a_slow_server() -> None:
    finding = the_one(seen(IDLE, round_trip=1.5))
    assert ("slow", "it took 1.5 s to answer a small question") == (finding.kind, finding.what)


def test_servers_of_several_kinds() -> None:
    finding = the_one(seen(IDLE), seen(IDLE, product="gearmand 1.1.20"))
    assert (Level.NOTE, "versions", None) == finding[:3]
    assert "the servers are not the same: gear 1: h:1; gearmand 1.1.20: h:2" == finding.what


def test_another_version_than_ours() -> None:
    servers = [("a", seen(clients=[])), ("b", seen(clients=[], product="gear 2")), ("c", seen())]
    (finding,) = client_differs(servers, "gear 1")
    assert ("b", "it is gear 2, this command is gear 1") == (finding.server, finding.what)


def test_a_server_that_does_not_answer_and_what_is_wrong_first() -> None:
    gone: Answer[Examination] = Answer(Address("h", 9), None, ConnectFailed("no\x1bbody"), 0.0)
    here = Answer(Address("h", 1), seen(IDLE._replace(paused=True)), None, 0.0)
    first, second = diagnose([here, gone])
    assert (Level.WRONG, "no-answer", "h:9: no\\x1bbody") == (first.level, first.kind, first.what)
    assert "paused" == second.kind


def test_a_name_on_a_command_line() -> None:
    assert ["resize", "'a b'", "'\\x1b; rm'"] == [quoted(b"resize"), quoted(b"a b"), quoted(b"\x1b; rm")]

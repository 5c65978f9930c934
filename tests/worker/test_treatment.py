"""What becomes of a job: tried, tried again, reported.  The test plays the server."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from gearcli.worker import fleet_server, treatment
from tests.client.peer import Listener
from tests.worker.shop import Open

P = PacketType


@pytest.fixture
def shop(shop: Open) -> Open:
    """Makes shops that work with a shell script, and are closed."""
    return partial(shop, "sh", "-c")


@pytest.mark.parametrize(
    ("policy", "types", "result"),
    [
        ("fail", [P.WORK_WARNING, P.WORK_FAIL], "failed"),
        ("exception", [P.WORK_EXCEPTION, P.WORK_FAIL], "exception"),
    ],
)
def test_a_failure_is_told_with_its_reason(
    shop: Open, listener: Listener, policy: str, types: list[PacketType], result: str
) -> None:
    work = shop("exit 3", on_failure=policy)
    peer = work.connect(listener)
    work.assign(peer)
    assert [b"sh exited with status 3", b""] == work.ends(peer, *types)
    work.hears(peer, P.GRAB_JOB_UNIQ)
    assert [(b"f", result)] == work.results


def test_a_job_that_is_given_back_is_the_servers_again(
    shop: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection ends without a word, and another is made a little later."""
    monkeypatch.setattr(treatment, "_REQUEUED", 0.01)
    work = shop("exit 3", on_failure="requeue")
    peer = work.connect(listener)
    work.assign(peer)
    with pytest.raises(ConnectionError):
        work.hear(peer)
    work.connect(listener)
    assert [(b"f", "requeued")] == work.results
    assert "was given back after" in work.said[-1][2]


def test_what_was_said_on_standard_error_comes_before_the_end(shop: Open, listener: Listener) -> None:
    work = shop("echo oops >&2; cat")
    peer = work.connect(listener)
    work.assign(peer, b"x")
    assert [b"oops\n", b"x"] == work.ends(peer, P.WORK_WARNING, P.WORK_COMPLETE)


# -- trying again -----------------------------------------------------------------------------


def test_a_job_is_tried_again_and_only_its_end_is_told(shop: Open, listener: Listener) -> None:
    work = shop("echo $GEARMAN_ATTEMPT; [ $GEARMAN_ATTEMPT = 3 ]", retries=2, retry_delay=0.01)
    peer = work.connect(listener)
    work.assign(peer)
    assert [b"3\n"] == work.ends(peer, P.WORK_COMPLETE)
    assert (["retried", "retried"], [(b"f", "done")]) == (work.tries, work.results)


def test_in_the_end_it_fails(shop: Open, listener: Listener, tmp_path: Path) -> None:
    work = shop(f"echo $GEARMAN_ATTEMPT >>{tmp_path}/tries; exit 3", retries=2, retry_delay=0.01)
    peer = work.connect(listener)
    work.assign(peer)
    work.ends(peer, P.WORK_WARNING, P.WORK_FAIL)
    assert "1\n2\n3\n" == (tmp_path / "tries").read_text()


@pytest.mark.parametrize(("status", "tries"), [(75, ["retried"]), (3, [])])
def test_only_chosen_failures_are_tried_again(
    shop: Open, listener: Listener, status: int, tries: list[str]
) -> None:
    work = shop(f"exit {status}", retries=1, retry_delay=0.01, retry_exit=frozenset({75}))
    peer = work.connect(listener)
    work.assign(peer)
    work.ends(peer, P.WORK_WARNING, P.WORK_FAIL)
    assert tries == work.tries


@pytest.mark.parametrize(("script", "parts"), [("printf part; exit 3", [b"part"]), ("exit 3", [])])
def test_what_was_written_before_a_failure_may_be_sent(
    shop: Open, listener: Listener, script: str, parts: list[bytes]
) -> None:
    work = shop(script, partial=True)
    peer = work.connect(listener)
    work.assign(peer)
    types = (*([P.WORK_DATA] * len(parts)), P.WORK_WARNING, P.WORK_FAIL)
    assert [*parts, b"sh exited with status 3", b""] == work.ends(peer, *types)


def test_a_time_limit_is_a_failure_like_others(shop: Open, listener: Listener) -> None:
    work = shop("sleep 1000", timeout=0.05, retries=1, retry_delay=0.01, retry_exit=frozenset({124}))
    peer = work.connect(listener)
    work.assign(peer)
    assert [b"sh timed out after 0.05 s", b""] == work.ends(peer, P.WORK_WARNING, P.WORK_FAIL)
    assert ["timed out", "retried", "timed out"] == work.tries


def test_a_part_of_a_result_is_not_sent_twice(shop: Open, listener: Listener) -> None:
    work = shop("echo part; exit 3", stream=True, retries=5)
    peer = work.connect(listener)
    work.assign(peer)
    types = (P.WORK_DATA, P.WORK_WARNING, P.WORK_FAIL)
    assert [b"part\n", b"sh exited with status 3", b""] == work.ends(peer, *types)
    assert [] == work.tries


# -- a lost server ----------------------------------------------------------------------------


def test_the_job_of_a_lost_server_is_ended_and_not_told(shop: Open, listener: Listener) -> None:
    work = shop("sleep 1000")
    peer = work.connect(listener)
    work.assign(peer)
    work.until(lambda: work.children.count == 1)
    peer.close()
    work.until(lambda: work.worked == 1)
    assert ([(b"f", "lost")], 0) == (work.results, work.children.count)
    assert "f H:1: the server is gone, so the job is offered again" in [words for _, _, words in work.said]


def test_a_server_that_is_lost_between_two_attempts(
    shop: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_server, "FIRST_PAUSE", 1000.0)
    work = shop("exit 3", retries=1, retry_delay=0.2)
    peer = work.connect(listener)
    work.assign(peer)
    work.until(lambda: bool(work.tries))
    peer.close()
    work.until(lambda: work.worked == 1)
    assert [(b"f", "lost")] == work.results

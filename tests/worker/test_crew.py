"""Slots that follow one plan: how many, when they ask, rest and leave.  The test plays the server."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType
from gearcli.worker import crew as crews
from tests.client.peer import Listener, Peer
from tests.worker.shop import Open, Shop

P = PacketType


def done(shop: Shop, peer: Peer, workload: bytes = b"x") -> list[bytes]:
    """Have a job done that has been asked for; its result."""
    shop.assign(peer, workload)
    return shop.ends(peer, P.WORK_COMPLETE)


def test_a_crew_has_as_many_slots_as_it_has_to(shop: Open, listener: Listener) -> None:
    work = shop(slots=(3, 3))
    peers = [work.connect(listener) for _ in range(3)]
    for peer in peers:
        assert [b"x"] == done(work, peer)
    assert (3, 3, 0) == (work.begun, work.worked, work.crew.busy)


def test_a_job_of_a_function_that_was_not_registered_is_refused(shop: Open, listener: Listener) -> None:
    work = shop()
    peer = work.connect(listener)
    peer.say(P.JOB_ASSIGN_UNIQ, b"H:1", b"other\x1b", b"", b"x")
    with pytest.raises(ConnectionError):
        work.hear(peer)
    assert (0, 0) == (work.begun, work.children.count)
    assert [b"x"] == done(work, work.connect(listener))  # of a server that has come to its senses


# -- as many jobs as are wanted -----------------------------------------------------------


def test_after_so_many_jobs_nobody_asks_any_more(shop: Open, listener: Listener) -> None:
    work = shop(slots=(1, 1), count=2)
    peer = work.connect(listener)
    assert [b"a"] == done(work, peer, b"a")
    work.hears(peer, P.GRAB_JOB_UNIQ)
    assert [b"b"] == done(work, peer, b"b")
    with pytest.raises(ConnectionError):
        work.hear(peer)
    assert [] == list(work.crew.slots)


def test_there_are_never_more_slots_than_jobs_to_do(shop: Open, listener: Listener) -> None:
    work = shop(slots=(5, 5), count=2)
    peers = [work.connect(listener) for _ in range(2)]
    assert 2 == len(work.crew.slots)
    done(work, peers[0])
    with pytest.raises(ConnectionError):
        work.hear(peers[0])
    done(work, peers[1])
    assert 0 == len(work.crew.slots)


def test_a_job_that_was_given_back_does_not_count(shop: Open, listener: Listener) -> None:
    work = shop("false", slots=(1, 1), count=1, on_failure="requeue")
    peer = work.connect(listener)
    work.assign(peer)
    work.until(lambda: work.worked == 1)
    assert ([(b"f", "requeued")], 1) == (work.results, len(work.crew.slots))


# -- as many slots as are wanted ------------------------------------------------------------


def test_while_jobs_wait_there_is_a_slot_more(shop: Open, listener: Listener) -> None:
    work = shop("sleep", "1000", slots=(1, 3))
    for busy in (1, 2, 3):
        work.assign(work.connect(listener), handle=b"H:%d" % busy)
        work.until(lambda busy=busy: work.crew.busy == busy)  # type: ignore[misc]
        assert min(busy + 1, 3) == len(work.crew.slots)


def test_when_there_is_less_to_do_slots_leave(
    shop: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "_SHRINK", 0.05)
    work = shop("cat", slots=(1, 4))
    first = work.connect(listener)
    work.assign(first)
    second = work.connect(listener)
    second.say(P.NO_JOB)
    work.until(lambda: len(work.crew.slots) == 1)


def test_slots_are_added_and_leave_when_a_plan_says_so(shop: Open, listener: Listener) -> None:
    work = shop()
    peers = [work.connect(listener)]
    work.crew.resize(work.crew.plan._replace(least=3, most=3))
    peers += [work.connect(listener) for _ in range(2)]
    for peer in peers:
        peer.say(P.NO_JOB)
        work.hears(peer, P.PRE_SLEEP)
    work.crew.resize(work.crew.plan._replace(least=1, most=1))
    work.until(lambda: len(work.crew.slots) == 1)


# -- resting and leaving --------------------------------------------------------------------


def test_a_quiet_crew_is_registered_for_nothing_until_it_goes_on(shop: Open, listener: Listener) -> None:
    work = shop()
    peer = work.connect(listener)
    peer.say(P.NO_JOB)
    work.hears(peer, P.PRE_SLEEP)
    work.crew.quiet()
    work.hears(peer, P.RESET_ABILITIES)
    peer.say(P.NOOP)
    work.crew.resume()
    assert [[b"f"], []] == work.hears(peer, P.CAN_DO, P.GRAB_JOB_UNIQ)


def test_a_job_that_runs_is_finished_before_it_is_quiet(shop: Open, listener: Listener) -> None:
    """What the server has assigned it would take back from a worker that cannot do it any more."""
    work = shop("sh", "-c", "read go; cat")
    peer = work.connect(listener)
    work.crew.quiet()
    assert [b"rest"] == done(work, peer, b"go\nrest")
    work.hears(peer, P.RESET_ABILITIES)


def test_a_connection_that_is_made_while_it_is_quiet_is_registered_afterwards(
    shop: Open, listener: Listener
) -> None:
    work = shop()
    work.crew.quiet()
    peer = work.accept(listener)
    work.until(lambda: work.fleet.settled)
    work.crew.resume()
    assert [[b"f"], []] == work.hears(peer, P.CAN_DO, P.GRAB_JOB_UNIQ)


def test_who_leaves_does_the_job_that_it_has_asked_for(shop: Open, listener: Listener) -> None:
    work = shop()
    peer = work.connect(listener)
    work.crew.leave()
    assert 1 == len(work.crew.slots)
    assert [b"x"] == done(work, peer)
    with pytest.raises(ConnectionError):
        work.hear(peer)
    assert 0 == len(work.crew.slots)


def test_who_leaves_does_not_wait_for_ever_for_an_answer(
    shop: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "_ANSWER", 0.05)
    work = shop()
    peer = work.connect(listener)
    work.crew.leave()
    work.until(lambda: not work.crew.slots)
    with pytest.raises(ConnectionError):
        work.hear(peer)


def test_who_sleeps_leaves_at_once(shop: Open, listener: Listener) -> None:
    work = shop()
    peer = work.connect(listener)
    peer.say(P.NO_JOB)
    work.hears(peer, P.PRE_SLEEP)
    assert work.crew.asleep
    work.crew.leave()
    assert 0 == len(work.crew.slots)


# -- failing again and again ------------------------------------------------------------------


def test_after_many_failures_in_a_row_the_next_job_is_asked_for_later(
    shop: Open, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "_FIRST_PAUSE", 1000.0)
    work = shop("false", backoff=2000.0)
    peer = work.connect(listener)
    for number in range(1, 6):
        work.assign(peer)
        work.ends(peer, P.WORK_WARNING, P.WORK_FAIL)
        if number < 5:
            work.hears(peer, P.GRAB_JOB_UNIQ)
    assert "false failed 5 times in a row; pausing between jobs" == work.said[-1][2]
    assert work.timers.due > 100
    (pause,) = work.timers.pop_due(1e12)
    pause()
    work.hears(peer, P.GRAB_JOB_UNIQ)


def test_a_success_between_them_is_enough(shop: Open, listener: Listener) -> None:
    work = shop("sh", "-c", 'test "$(cat)" = good')
    peer = work.connect(listener)
    for workload in [b"bad"] * 4 + [b"good"] + [b"bad"] * 4:
        work.assign(peer, workload)
        work.ends(peer, *([P.WORK_COMPLETE] if workload == b"good" else [P.WORK_WARNING, P.WORK_FAIL]))
        work.hears(peer, P.GRAB_JOB_UNIQ)
    assert [] == [event for _, event, _ in work.said if event == "backoff"]


def test_no_pause_where_none_is_wanted(shop: Open, listener: Listener) -> None:
    work = shop("false", backoff=0.0)
    peer = work.connect(listener)
    for _ in range(8):
        work.assign(peer)
        work.ends(peer, P.WORK_WARNING, P.WORK_FAIL)
        work.hears(peer, P.GRAB_JOB_UNIQ)
    assert "backoff" not in [event for _, event, _ in work.said]


def test_a_command_that_stays_is_there_before_the_first_job(shop: Open, listener: Listener) -> None:
    work = shop("cat", persistent=b"\n", slots=(2, 2))
    assert 2 == work.children.count
    for peer in [work.connect(listener) for _ in range(2)]:
        assert [b"x"] == done(work, peer)
        work.hears(peer, P.GRAB_JOB_UNIQ)
        peer.say(P.NO_JOB)
        work.hears(peer, P.PRE_SLEEP)
    assert 2 == work.children.count
    work.crew.leave()
    work.until(lambda: work.children.count == 0)

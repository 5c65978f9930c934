"""The jobs of a batch, from their submission to their results, at a server that the test plays."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from gearcli.client.batch import Batch
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Given
from gearcli.client.tasks import Event, Task
from gearcli.errors import UsageError
from gearcli.protocol.packets import PacketType, response
from tests.client import batches
from tests.client.batches import created, make, seen, workloads
from tests.client.peer import Peer
from tests.support import FRAGMENTATIONS

P = PacketType

dispatch, peer = batches.dispatch, batches.peer


def test_a_job_from_its_submission_to_its_result(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.OPTION_RES, b"exceptions")
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_DATA, b"H:1", b"part")
    peer.say(P.WORK_COMPLETE, b"H:1", b"rest")
    events = seen(Batch(dispatch, Given([b"work\0load"]), make))
    assert [(1, P.JOB_CREATED, []), (1, P.WORK_DATA, [b"part"]), (1, P.WORK_COMPLETE, [b"rest"])] == events
    assert [b"exceptions"] == peer.expect(P.OPTION_REQ)
    assert [b"f", b"", b"work\0load"] == peer.expect(P.SUBMIT_JOB)


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_answers_may_come_in_any_fragments(
    dispatch: Dispatch, peer: Peer, cut: Callable[[bytes], list[bytes]]
) -> None:
    answers = response(P.OPTION_RES, b"exceptions") + response(P.JOB_CREATED, b"H:1")
    answers += response(P.WORK_STATUS, b"H:1", b"1", b"2") + response(P.WORK_COMPLETE, b"H:1", b"\0\0")

    def say() -> None:
        for piece in cut(answers):
            peer.send(piece)

    saying = threading.Thread(target=say)
    saying.start()
    events = seen(Batch(dispatch, Given([b"x"]), make))
    saying.join()
    assert [
        (1, P.JOB_CREATED, []),
        (1, P.WORK_STATUS, [b"1", b"2"]),
        (1, P.WORK_COMPLETE, [b"\0\0"]),
    ] == events


def test_no_records_are_no_jobs(dispatch: Dispatch, peer: Peer) -> None:
    assert [] == seen(Batch(dispatch, Given([]), make))


def test_an_empty_workload_is_a_job(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"")
    assert [(1, P.JOB_CREATED, []), (1, P.WORK_COMPLETE, [b""])] == seen(Batch(dispatch, Given([b""]), make))
    assert [b""] == workloads(peer, 1)


def test_a_background_job_ends_when_it_is_created(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    events = seen(Batch(dispatch, Given([b"x"]), lambda w, n: Task(b"f", w, background=True, number=n)))
    assert [(1, P.JOB_CREATED, [])] == events


def test_a_refused_job_does_not_stop_the_others(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.ERROR, b"QUEUE_ERROR", b"full")
    peer.say(P.JOB_CREATED, b"H:3")
    peer.say(P.WORK_COMPLETE, b"H:3", b"three")
    peer.say(P.WORK_FAIL, b"H:1")
    assert [
        (1, P.JOB_CREATED, []),
        (2, P.ERROR, [b"QUEUE_ERROR", b"full"]),
        (3, P.JOB_CREATED, []),
        (3, P.WORK_COMPLETE, [b"three"]),
        (1, P.WORK_FAIL, []),
    ] == seen(Batch(dispatch, Given([b"a", b"b", b"c"]), make))


def test_identical_jobs_are_told_everything_each(dispatch: Dispatch, peer: Peer) -> None:
    for type_, *fields in [(P.JOB_CREATED,)] * 2 + [(P.WORK_DATA, b"d")] * 2 + [(P.WORK_COMPLETE, b"r")] * 2:
        peer.say(type_, b"H:1", *fields)
    events = seen(Batch(dispatch, Given([b"same", b"same"]), make))
    assert [(1, P.WORK_DATA, [b"d"]), (2, P.WORK_DATA, [b"d"])] == events[2:4]
    assert [(1, P.WORK_COMPLETE, [b"r"]), (2, P.WORK_COMPLETE, [b"r"])] == events[4:]


@pytest.mark.parametrize(
    "answer",
    [b"", response(P.OPTION_RES, b"exceptions"), response(P.ERROR, b"UNKNOWN_OPTION", b"no such option")],
    ids=["unanswered", "accepted", "refused"],
)
def test_any_answer_to_the_option_will_do(dispatch: Dispatch, peer: Peer, answer: bytes) -> None:
    peer.send(answer)
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert [P.JOB_CREATED, P.WORK_COMPLETE] == [
        type_ for _, type_, _ in seen(Batch(dispatch, Given([b"x"]), make))
    ]


def test_a_client_can_run_batch_after_batch(dispatch: Dispatch, peer: Peer) -> None:
    for handle in (b"H:1", b"H:2"):
        peer.say(P.JOB_CREATED, handle)
        peer.say(P.WORK_COMPLETE, handle, handle)
        assert (1, P.WORK_COMPLETE, [handle]) == seen(Batch(dispatch, Given([b"x"]), make))[-1]


def test_a_big_job_and_a_big_result_cross(dispatch: Dispatch, peer: Peer) -> None:
    """Neither side reads before it has written, unless it has to."""
    workload = os.urandom(8 << 20)

    def serve() -> None:
        peer.say(P.JOB_CREATED, b"H:1")
        peer.say(P.WORK_DATA, b"H:1", workload)
        peer.say(P.WORK_COMPLETE, b"H:1", workloads(peer, 1)[0])

    serving = threading.Thread(target=serve)
    serving.start()
    events = seen(Batch(dispatch, Given([workload]), make))
    serving.join()
    assert [[], [workload], [workload]] == [fields for _, _, fields in events]


def test_a_job_that_cannot_be_submitted(dispatch: Dispatch, peer: Peer) -> None:
    with pytest.raises(UsageError):
        list(Batch(dispatch, Given([b"x"]), lambda w, n: Task(b"", w, number=n)))


def test_silence_ticks(dispatch: Dispatch, peer: Peer) -> None:
    events = iter(Batch(dispatch, Given([b"x"]), make, tick=0.01))
    created(peer, events, b"H:1")
    assert None is next(events)
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert P.WORK_COMPLETE == next(event for event in events if isinstance(event, Event)).kind

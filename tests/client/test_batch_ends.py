"""Jobs of a batch that run out of time, lose their server, fail and are tried again, or are stopped."""

from __future__ import annotations

import pytest

from gearcli.client.batch import Batch
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Given
from gearcli.client.tasks import Event, Local, Task
from gearcli.errors import ConnectionLost, ProtocolError
from gearcli.protocol.packets import PacketType, response
from tests.client import batches
from tests.client.batches import created, happened, make, seen, told, workloads
from tests.client.peer import Peer

P = PacketType

dispatch, peer = batches.dispatch, batches.peer

# -- the end of patience, and of the server ----------------------------------------------


def test_a_job_that_takes_too_long_ends(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    events = iter(Batch(dispatch, Given([b"x"]), make, timeout=0.02))
    assert P.JOB_CREATED == happened(events).kind
    late = happened(events)
    assert (Local.TIMED_OUT, True) == (late.kind, late.ends)
    assert [] == list(events)


def test_each_job_has_its_own_time(dispatch: Dispatch, peer: Peer) -> None:
    """The second one is submitted when the first has run out of time."""
    events = iter(Batch(dispatch, Given([b"1", b"2"]), make, window=1, timeout=0.02))
    assert [(1, Local.TIMED_OUT, [])] == seen(iter([happened(events)]))
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.JOB_CREATED, b"H:2")
    assert [2, 2] == [number for number, _, _ in seen(events)]


def test_a_late_result_is_not_that_of_another(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    assert 2 == len(list(Batch(dispatch, Given([b"late"]), make, timeout=0.02)))
    peer.say(P.WORK_COMPLETE, b"H:1", b"too late")
    peer.say(P.JOB_CREATED, b"H:2")
    peer.say(P.WORK_COMPLETE, b"H:2", b"in time")
    assert [[], [b"in time"]] == [fields for _, _, fields in seen(Batch(dispatch, Given([b"x"]), make))]


def test_a_job_that_was_not_created_when_the_server_went(dispatch: Dispatch, peer: Peer) -> None:
    peer.close()
    with pytest.raises(ConnectionLost):
        list(Batch(dispatch, Given([b"x"]), make))


def test_a_job_that_was_created_when_the_server_went(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_DATA, b"H:1", b"part")
    events = iter(Batch(dispatch, Given([b"x"]), make))
    assert [P.JOB_CREATED, P.WORK_DATA] == [happened(events).kind for _ in range(2)]
    peer.close()
    with pytest.raises(ConnectionLost):
        happened(events)


def test_a_server_that_goes_after_the_last_answer_is_no_loss(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    peer.socket.shutdown(1)
    assert [P.JOB_CREATED, P.WORK_COMPLETE] == [
        kind for _, kind, _ in seen(Batch(dispatch, Given([b"x"]), make))
    ]


@pytest.mark.parametrize("garbage", [b"220 mail ready\r\n", b"\0RES\0\0\0\x63\0\0\0\0", response(P.NOOP)])
def test_a_server_that_speaks_something_else(dispatch: Dispatch, peer: Peer, garbage: bytes) -> None:
    peer.send(garbage)
    with pytest.raises(ProtocolError):
        list(Batch(dispatch, Given([b"x"]), make))


# -- again, and no more ------------------------------------------------------------------


def ends(batch: Batch) -> list[tuple[PacketType | Local, bool, int]]:
    """Each end of an attempt, whether it is that of the job, and of which attempt."""
    return [(e.kind, e.ends, e.task.attempt) for e in batch if isinstance(e, Event) and e.task.ended]


def test_a_failure_is_tried_again(dispatch: Dispatch, peer: Peer) -> None:
    for handle, end in ((b"H:1", P.WORK_FAIL), (b"H:2", P.WORK_FAIL)):
        peer.say(P.JOB_CREATED, handle)
        peer.say(end, handle)
    peer.say(P.JOB_CREATED, b"H:3")
    peer.say(P.WORK_COMPLETE, b"H:3", b"at last")
    assert [(P.WORK_FAIL, False, 1), (P.WORK_FAIL, False, 2), (P.WORK_COMPLETE, True, 3)] == ends(
        Batch(dispatch, Given([b"x"]), make, retries=2)
    )


def test_not_more_often_than_wanted(dispatch: Dispatch, peer: Peer) -> None:
    for handle in (b"H:1", b"H:2"):
        peer.say(P.JOB_CREATED, handle)
        peer.say(P.WORK_FAIL, handle)
    assert [(P.WORK_FAIL, False, 1), (P.WORK_FAIL, True, 2)] == ends(
        Batch(dispatch, Given([b"x"]), make, retries=1)
    )


def test_a_refusal_is_tried_again(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.ERROR, b"QUEUE_ERROR", b"full")
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert (1, P.WORK_COMPLETE, [b"r"]) == seen(Batch(dispatch, Given([b"x"]), make, retries=1))[-1]


@pytest.mark.parametrize("shared", [False, True])
def test_after_a_timeout_only_a_random_unique_changes(dispatch: Dispatch, peer: Peer, shared: bool) -> None:
    """A job of one's own starts afresh; one that others share is met again."""

    def keyed(workload: bytes, number: int) -> Task:
        return Task(b"f", workload, b"key", number=number, shared=shared)

    batch = Batch(dispatch, Given([b"x"]), keyed, timeout=0.02, retries=1)
    assert [Local.TIMED_OUT] * 2 == [kind for _, kind, _ in seen(batch)]
    assert P.OPTION_REQ == peer.packet()[0]
    uniques = [peer.expect(P.SUBMIT_JOB)[1] for _ in range(2)]
    assert (b"key", shared) == (uniques[0], uniques[1] == b"key")


def test_a_late_end_of_a_failed_attempt_is_not_that_of_the_next(dispatch: Dispatch, peer: Peer) -> None:
    events = iter(Batch(dispatch, Given([b"x"]), make, timeout=0.02, retries=1000))
    created(peer, events, b"H:1")
    late = happened(events)
    assert (Local.TIMED_OUT, False) == (late.kind, late.ends)
    peer.say(P.WORK_COMPLETE, b"H:1", b"too late")
    peer.say(P.JOB_CREATED, b"H:2")
    while late.kind is Local.TIMED_OUT:
        late = happened(events)
    assert P.JOB_CREATED == late.kind


def test_after_a_stop_the_rest_is_awaited(dispatch: Dispatch, peer: Peer) -> None:
    batch = Batch(dispatch, Given([b"a", b"b", b"c"]), make, window=2, retries=5)
    events = iter(batch)
    created(peer, events, b"H:1", b"H:2")
    batch.stop()
    assert 2 == len(batch.in_flight)
    told(peer, events, P.WORK_COMPLETE, b"H:1")
    peer.say(P.WORK_FAIL, b"H:2")
    event = happened(events)
    assert (P.WORK_FAIL, True) == (event.kind, event.ends)
    assert [] == list(events)
    assert [b"a", b"b"] == workloads(peer, 2)

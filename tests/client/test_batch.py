"""A batch against a server that the test plays, in turns."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from gearcli.client.batch import Batch
from gearcli.client.dispatch import Dispatch, Happening
from gearcli.client.records import Given, Splitter, Stream
from gearcli.client.tasks import Event, Local, Task
from gearcli.errors import ConnectionLost, InputError, ProtocolError, UsageError
from gearcli.protocol.packets import PacketType, response
from tests.client.peer import Listener, Peer
from tests.support import FRAGMENTATIONS

P = PacketType


def make(workload: bytes, number: int) -> Task:
    return Task(b"f", workload, number=number)


@pytest.fixture
def dispatch(listener: Listener) -> Iterator[Dispatch]:
    with Dispatch([listener.address]) as dispatch:
        dispatch.connect()
        yield dispatch


@pytest.fixture
def peer(dispatch: Dispatch, listener: Listener) -> Iterator[Peer]:
    """The server's side of the connection."""
    with listener.accept() as peer:
        yield peer


def happened(iterator: Iterator[Happening | None]) -> Event:
    """The next event."""
    event = next(iterator)
    assert isinstance(event, Event)
    return event


def seen(events: Iterable[Happening | None]) -> list[tuple[int, PacketType | Local, list[bytes]]]:
    return [(e.task.number, e.kind, e.fields) for e in events if isinstance(e, Event)]


def workloads(peer: Peer, count: int) -> list[bytes]:
    """The workloads of the next jobs; the option comes before the first."""
    found: list[bytes] = []
    while len(found) < count:
        type_, fields = peer.packet()
        if type_ is not P.OPTION_REQ:
            assert P.SUBMIT_JOB == type_
            found.append(fields[2])
    return found


# -- jobs ---------------------------------------------------------------------


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


# -- how many at a time ----------------------------------------------------------------


class Maker:
    """Makes tasks and knows which were submitted."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def __call__(self, workload: bytes, number: int) -> Task:
        self.made.append(number)
        return make(workload, number)


def created(peer: Peer, events: Iterator[Happening | None], *handles: bytes) -> None:
    """The server creates the jobs that it was sent."""
    for handle in handles:
        peer.say(P.JOB_CREATED, handle)
        assert P.JOB_CREATED == happened(events).kind


def told(peer: Peer, events: Iterator[Happening | None], type_: PacketType, handle: bytes) -> None:
    """The server says something about a job."""
    peer.say(type_, handle, b"x")
    assert type_ == happened(events).kind


def test_no_more_than_the_window_are_in_flight(dispatch: Dispatch, peer: Peer) -> None:
    maker = Maker()
    events = iter(Batch(dispatch, Given([b"a", b"b", b"c"]), maker, window=2))
    created(peer, events, b"H:1", b"H:2")
    told(peer, events, P.WORK_DATA, b"H:1")
    assert [1, 2] == maker.made
    told(peer, events, P.WORK_COMPLETE, b"H:2")
    told(peer, events, P.WORK_DATA, b"H:1")
    assert [1, 2, 3] == maker.made
    assert [b"a", b"b", b"c"] == workloads(peer, 3)


def test_none_is_too_far_ahead_of_the_oldest(dispatch: Dispatch, peer: Peer) -> None:
    maker = Maker()
    events = iter(Batch(dispatch, Given([b"x"] * 9), maker, window=64, ahead=3))
    created(peer, events, b"H:1", b"H:2", b"H:3", b"H:4")
    for handle in (b"H:2", b"H:3", b"H:4"):
        told(peer, events, P.WORK_COMPLETE, handle)
    told(peer, events, P.WORK_DATA, b"H:1")
    assert [1, 2, 3, 4] == maker.made
    told(peer, events, P.WORK_COMPLETE, b"H:1")
    created(peer, events, b"H:5")
    assert 5 < maker.made[-1] <= 8


def test_results_leave_while_the_source_is_open(dispatch: Dispatch, peer: Peer) -> None:
    def serve() -> None:
        for handle in (b"H:1", b"H:2"):
            (workload,) = workloads(peer, 1)
            peer.say(P.JOB_CREATED, handle)
            peer.say(P.WORK_COMPLETE, handle, workload.upper())

    serving = threading.Thread(target=serve)
    serving.start()
    reading, writing = os.pipe()
    events = iter(Batch(dispatch, Stream([reading], ["standard input"], Splitter(b"\n")), make))
    for number, line in enumerate((b"one", b"two"), start=1):
        os.write(writing, line + b"\n")
        assert P.JOB_CREATED == happened(events).kind
        assert (number, P.WORK_COMPLETE, [line.upper()]) == seen(iter([happened(events)]))[0]
    os.close(writing)
    assert [] == list(events)
    os.close(reading)
    serving.join()


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


def test_a_job_that_cannot_be_submitted(dispatch: Dispatch, peer: Peer) -> None:
    with pytest.raises(UsageError):
        list(Batch(dispatch, Given([b"x"]), lambda w, n: Task(b"", w, number=n)))


# -- again, and no more --------------------------------------------------------------------


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


def test_a_record_may_be_no_job(dispatch: Dispatch, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:2")
    peer.say(P.WORK_COMPLETE, b"H:2", b"r")
    batch = Batch(dispatch, Given([b"skip", b"do"]), lambda w, n: make(w, n) if w == b"do" else None)
    assert [2, 2] == [number for number, _, _ in seen(batch)]


def test_a_fault_of_a_record_is_raised_when_the_rest_is_done(dispatch: Dispatch, peer: Peer) -> None:
    def make_or_fail(workload: bytes, number: int) -> Task:
        if workload == b"bad":
            raise UsageError("line 2 is bad")
        return make(workload, number)

    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    events = iter(Batch(dispatch, Given([b"good", b"bad", b"never"]), make_or_fail))
    assert [P.JOB_CREATED, P.WORK_COMPLETE] == [happened(events).kind for _ in range(2)]
    with pytest.raises(UsageError, match="line 2 is bad"):
        next(events)


def test_an_input_that_breaks_is_raised_when_the_rest_is_done(
    dispatch: Dispatch, peer: Peer, tmp_path: Path
) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    source = Stream([folder], ["the folder"], Splitter(b"\n"))
    source.records.append(b"read before")
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    events = iter(Batch(dispatch, source, make))
    assert [P.JOB_CREATED, P.WORK_COMPLETE] == [happened(events).kind for _ in range(2)]
    with pytest.raises(InputError, match="cannot read the folder: is a directory"):
        next(events)
    os.close(folder)


def test_silence_ticks(dispatch: Dispatch, peer: Peer) -> None:
    events = iter(Batch(dispatch, Given([b"x"]), make, tick=0.01))
    created(peer, events, b"H:1")
    assert None is next(events)
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert P.WORK_COMPLETE == next(event for event in events if isinstance(event, Event)).kind


def test_a_retried_record_is_still_the_oldest(dispatch: Dispatch, peer: Peer) -> None:
    maker = Maker()
    events = iter(Batch(dispatch, Given([b"x"] * 9), maker, ahead=2, retries=1))
    created(peer, events, b"H:1", b"H:2", b"H:3")
    told(peer, events, P.WORK_COMPLETE, b"H:2")
    peer.say(P.WORK_FAIL, b"H:1")
    assert not happened(events).ends
    told(peer, events, P.WORK_COMPLETE, b"H:3")
    created(peer, events, b"H:4")
    assert [1, 2, 3] == maker.made

"""How many records a batch takes at a time, and those that are no jobs or cannot be read."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from gearcli.client.batch import Batch
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Given, Splitter, Stream
from gearcli.client.tasks import Task
from gearcli.errors import InputError, UsageError
from gearcli.protocol.packets import PacketType
from tests.client import batches
from tests.client.batches import created, happened, make, seen, told, workloads
from tests.client.peer import Peer

P = PacketType

dispatch, peer = batches.dispatch, batches.peer

# -- how many at a time ------------------------------------------------------------------


class Maker:
    """Makes tasks and knows which were submitted."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def __call__(self, workload: bytes, number: int) -> Task:
        self.made.append(number)
        return make(workload, number)


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


# -- no jobs, and faults -----------------------------------------------------------------


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

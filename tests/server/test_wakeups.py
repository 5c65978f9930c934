"""Who is woken, and what becomes of a wake-up that is not answered."""

from __future__ import annotations

from math import inf

import pytest

from gearcli.protocol.packets import Priority
from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue
from gearcli.server.wakeups import NOOP, WAKE_PATIENCE, Wakeups


@pytest.fixture
def queue() -> FunctionQueue:
    """A queue without jobs and sleepers."""
    return FunctionQueue(b"f", b"H:%d")


def sleeper(queue: FunctionQueue) -> Peer:
    """A worker that sleeps beside a queue."""
    peer = Peer([])
    peer.asleep = True
    queue.list_sleeper(peer)
    return peer


def waiting(queue: FunctionQueue, count: int) -> None:
    """Let jobs wait."""
    for number in range(count):
        queue.put(Job(1 + number, queue, b"", b"", (Priority.NORMAL, True)))


def test_as_many_are_woken_as_jobs_wait(queue: FunctionQueue) -> None:
    sleepers = [sleeper(queue) for _ in range(3)]
    waiting(queue, 2)
    Wakeups().wake(queue, 0.0)
    assert [peer.outbox for peer in sleepers] == [[NOOP], [NOOP], []]


def test_a_job_wakes_nobody_twice(queue: FunctionQueue) -> None:
    wakeups, sleepers = Wakeups(), [sleeper(queue) for _ in range(2)]
    waiting(queue, 1)
    wakeups.wake(queue, 0.0)
    wakeups.wake(queue, 0.1)
    assert [peer.outbox for peer in sleepers] == [[NOOP], []]


def test_patience_begins_when_the_worker_is_woken(queue: FunctionQueue) -> None:
    wakeups = Wakeups()
    wakeups.tick(0.0)
    sleeper(queue)
    waiting(queue, 1)
    wakeups.wake(queue, 100.0)
    wakeups.tick(100.0)
    assert wakeups.due() == 100.0 + WAKE_PATIENCE


def test_after_patience_the_next_is_woken(queue: FunctionQueue) -> None:
    wakeups, sleepers = Wakeups(), [sleeper(queue) for _ in range(2)]
    waiting(queue, 1)
    wakeups.wake(queue, 0.0)
    wakeups.tick(WAKE_PATIENCE)
    assert [peer.outbox for peer in sleepers] == [[NOOP], [NOOP]]


def test_who_came_leaves_nothing_due(queue: FunctionQueue) -> None:
    wakeups, peer = Wakeups(), sleeper(queue)
    waiting(queue, 1)
    wakeups.wake(queue, 0.0)
    queue.take()
    wakeups.awake(peer, 0.1)
    assert wakeups.due() == inf
    assert queue.waking == 0


def test_when_stopped_nobody_is_woken(queue: FunctionQueue) -> None:
    wakeups, peer = Wakeups(), sleeper(queue)
    queue.pause()
    waiting(queue, 1)
    wakeups.wake(queue, 0.0)
    assert peer.outbox == []

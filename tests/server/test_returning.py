"""Jobs that come back; of a whole store `test_journal` tells, of dead ones `test_dead`."""

from __future__ import annotations

from gearcli.server.registry import Registry
from gearcli.server.returning import queue_again
from tests.server.stores import job


def test_a_job_is_as_it_was() -> None:
    registry = Registry(b"H:")
    registry.tick(50.0, 1000.0)
    back = queue_again(registry, job(7, unique=b"u", losses=2, reducer=b"r", priority=0, submitted=990.0))
    assert (b"H:7", b"workload 7", (0, True), 40.0) == (back.handle, back.workload, back.kind, back.submitted)
    assert (2, b"r") == (back.attempt, back.known.reducer)
    assert back is registry.queues[b"f"].uniques[b"u"]
    assert back is registry.queues[b"f"].take()
    assert len(b"workload 7") <= registry.account.held


def test_one_that_is_due_later_waits_for_that() -> None:
    registry = Registry(b"H:")
    registry.tick(50.0, 1000.0)
    queue_again(registry, job(1, due=1010.0))
    queue_again(registry, job(2, due=1000.0, unique=b"-", workload=b""))
    queue = registry.queues[b"f"]
    assert (1, 1) == (queue.delayed, queue.waiting)
    registry.tick(60.0, 1010.0)
    assert (0, 2) == (queue.delayed, queue.waiting)

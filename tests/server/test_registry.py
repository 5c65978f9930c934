"""Functions and jobs as the registry keeps them: handles, identities, pausing."""

from __future__ import annotations

from gearcli.server.queues import NOTHING, FunctionQueue
from gearcli.server.registry import Registry, identity


def test_identities() -> None:
    assert b"u" == identity(b"u", b"w")
    assert b"" == identity(b"", b"w")
    assert b"" == identity(b"-", b"")
    assert identity(b"-", b"w") == identity(b"-", b"w") != identity(b"-", b"v")


def new_queue(registry: Registry, function: bytes) -> FunctionQueue:
    """The queue of a new function."""
    queue = registry.new_queue(function)
    assert queue is not None
    return queue


def test_handles_are_the_prefix_and_a_number_whatever_the_prefix_holds() -> None:
    registry = Registry(b"H:100%d:")
    queue = new_queue(registry, b"f")
    jobs = [registry.add(queue, b"", b"w", (1, True)) for _ in range(2)]
    assert [b"H:100%d:1", b"H:100%d:2"] == [job.handle for job in jobs]
    assert jobs == list(registry.jobs)
    assert jobs == [registry.jobs.get(b"H:100%%d:%d" % number) for number in (1, 2)]


def test_after_a_pause_nothing_can_be_had_of_functions_old_and_new() -> None:
    registry = Registry(b"H:")
    old = new_queue(registry, b"old")
    registry.add(old, b"", b"w", (1, True))
    registry.pause()
    new = new_queue(registry, b"new")
    registry.add(new, b"", b"w", (1, True))
    assert [(NOTHING, 0, 1), (NOTHING, 0, 1)] == [(q.best, q.runnable, q.waiting) for q in (old, new)]


def test_both_clocks_belong_together_also_when_what_is_due_is_asked_for_later() -> None:
    """The loop tells the clock when it wakes, and then ticks with the time at which it fell asleep."""
    registry = Registry(b"H:")
    registry.tick(100.0, 1000.0)
    registry.add(new_queue(registry, b"f"), b"", b"w", (1, True), due=1060.0)
    assert 160.0 == registry.due()
    registry.now, registry.wall = 130.0, 1030.0
    registry.tick(100.0, 1000.0)
    assert 160.0 == registry.due()


def test_numbers_go_on_from_where_they_are_told_to() -> None:
    registry = Registry(b"H:")
    registry.number_from(7)
    job = registry.add(new_queue(registry, b"f"), b"", b"w", (1, True))
    assert (b"H:7", 8) == (job.handle, registry.next_number)

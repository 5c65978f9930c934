"""What must hold in an engine between any two packets, whoever said what before.

The registry, the queues, the connections, the wake-ups and the timers each
keep a part of the truth, so that every question costs little.  Here each part
is counted out again and compared.  `look_around` looks at all of it;
`look_at_sleepers` is the short look that costs hardly more than a packet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from math import inf

from gearcli.protocol.packets import Priority
from gearcli.server.dead import OVERHEAD
from gearcli.server.engine import Engine
from gearcli.server.jobs import NO_PROGRESS, Job
from gearcli.server.peers import Peer
from gearcli.server.queues import NOTHING, FunctionQueue, identity
from gearcli.server.registry import Registry
from gearcli.timers import Timer, Timers


def look_around(engine: Engine) -> None:
    """Assert all that must hold between any two packets."""
    registry = engine.registry
    jobs: defaultdict[FunctionQueue, list[Job]] = defaultdict(list)
    for job in registry.jobs:
        assert registry.jobs.get(job.handle) is job
        jobs[job.queue].append(job)
        look_at_job(engine, job)
    able: defaultdict[FunctionQueue, list[Peer]] = defaultdict(list)
    for peer in engine.peers:
        look_at_peer(engine, peer)
        for queue in peer.abilities.values():
            able[queue].append(peer)
    assert jobs.keys() | able.keys() <= set(registry.queues.values()), "of functions nobody knows"
    for name, queue in registry.queues.items():
        assert name == queue.name
        look_at_queue(registry, queue, jobs[queue])
        look_at_workers(queue, able[queue])
    look_at_sleepers(engine)
    look_at_wakeups(engine)
    look_at_times(registry)
    look_at_dead(registry)


def look_at_sleepers(engine: Engine) -> None:
    """Assert that no job waits beside a worker that could do it, sleeps, and has nobody woken before it."""
    for queue in engine.registry.queues.values():
        assert queue.best == NOTHING or not queue.paused
        if queue.runnable > queue.waking:
            asleep = [peer for peer in queue.sleepers if peer.asleep]
            assert [] == asleep, f"{queue.name!r} has {queue.runnable} jobs and sleepers"


# -- jobs and their functions ---------------------------------------------------------


def look_at_job(engine: Engine, job: Job) -> None:
    """Assert that a job waits, runs or is not due yet, and that those it concerns know it."""
    worker, delayed = job.worker, job.known.due is not None
    assert engine.registry.queues[job.queue.name] is job.queue
    if worker is None:
        assert job.wanted, "nobody wants it and nobody has it"
        assert NO_PROGRESS == job.known.progress
    else:
        assert not delayed
        assert worker in engine.peers
        assert worker.running[job.handle] is job
        assert job.attempt > 0
    retries = engine.registry.retries
    assert retries < 0 or job.attempt <= retries + 1, "offered too often"
    for listener in job.listeners:
        assert listener in engine.peers
        assert job in listener.listening


def look_at_queue(registry: Registry, queue: FunctionQueue, jobs: list[Job]) -> None:
    """Assert that a queue counts what there is, and holds each waiting job once."""
    waiting = [job for job in jobs if job.worker is None and job.known.due is None]
    counted = Counter(job.priority for job in waiting)
    assert [counted[priority] for priority in Priority] == queue.counts
    assert len(waiting) == queue.waiting
    lanes = [[job for job in lane if job.number] for lane in queue._lanes]
    assert all(job.priority == priority for priority, lane in enumerate(lanes) for job in lane)
    listed = [job for lane in lanes for job in lane]
    assert len(listed) == len(set(listed))
    assert set(waiting) == set(listed)
    assert (NOTHING if queue.paused else min(counted, default=NOTHING)) == queue.best
    assert sum(job.known.due is not None for job in jobs) == queue.delayed
    assert sum(job.worker is not None for job in jobs) == queue.running
    assert queue.extras.keys() <= set(jobs)
    assert registry.limits.get(queue.name) == queue.limits
    assert queue.paused or not registry.paused
    look_at_uniques(queue, jobs)


def look_at_uniques(queue: FunctionQueue, jobs: list[Job]) -> None:
    """Assert that identical jobs meet: each that is wanted is found, and nothing that is gone."""
    keyed = [(key, job) for job in jobs if (key := identity(job.unique, job.workload))]
    assert len({key for key, job in keyed if job.wanted}) == sum(job.wanted for _, job in keyed)
    assert all(queue.uniques.get(key) is job for key, job in keyed if job.wanted)
    assert queue.uniques.items() <= set(keyed)


def look_at_dead(registry: Registry) -> None:
    """Assert that the dead are not among the living, and that what they take is counted."""
    for letter in registry.dead:
        assert registry.retries >= 0
        assert registry.retries + 1 == letter.losses
        assert registry.jobs.get(registry.dead.handle(letter)) is None
        assert letter is registry.dead.get(registry.dead.handle(letter))
    assert registry.dead._used >= OVERHEAD * len(registry.dead)


# -- connections ------------------------------------------------------------------------


def look_at_peer(engine: Engine, peer: Peer) -> None:
    """Assert that what a connection knows is what the engine knows."""
    registry, known = engine.registry, peer.abilities
    for name, queue in known.items():
        assert registry.queues[name] is queue
        assert (peer in queue.sleepers) != (queue in peer.unlisted)
    assert len(peer.unlisted) == len(set(peer.unlisted))
    assert set(peer.unlisted) <= set(known.values())
    assert peer.timeouts.keys() <= known.keys()
    assert ([*known.values()] if len(known) == 1 else [None]) == [peer.only]
    for handle, job in peer.running.items():
        assert job.worker is peer
        assert registry.jobs.get(handle) is job
        assert job.queue.name in known
    for job in peer.listening:
        assert peer in job.listeners
        assert registry.jobs.get(job.handle) is job
    assert not peer.asleep or (peer.woken is None and not peer.unlisted)
    assert peer.woken is None or peer.woken in known.values()
    assert bool(peer.outbox) == (peer in engine.talking)


def look_at_workers(queue: FunctionQueue, able: list[Peer]) -> None:
    """Assert that a queue counts its workers, the sleeping and the woken."""
    assert len(able) == queue.workers
    assert queue.sleepers.keys() <= set(able)
    assert {peer for peer in able if peer.asleep} <= queue.sleepers.keys()
    assert sum(peer.woken is queue for peer in able) == queue.waking


# -- times --------------------------------------------------------------------------------


def look_at_wakeups(engine: Engine) -> None:
    """Assert that for each woken worker, and no other, there is a time until which it may come."""
    wakeups = engine.registry.wakeups
    assert {peer for peer in engine.peers if peer.woken} == wakeups._until.keys()
    until = list(wakeups._until.values())
    assert sorted(until) == until
    assert wakeups.due() > engine.registry.now


def look_at_times(registry: Registry) -> None:
    """Assert that timers stand for jobs that are there, and that none was passed over."""
    live = set(registry.jobs)
    assert all(job.known.due is None or job.known.due > registry.wall for job in live)
    schedule, timers = registry._schedule, registry.timers
    for timed, now in ((schedule, registry.wall), (timers, registry.now)):
        look_at_timers(timed)
        assert timed.due > now
    mine = {job: [entry for entry in job.known.timers if not entry[1].over] for job in live}
    for job, entries in mine.items():
        delayed = job.known.due is not None
        assert len(entries) <= 2
        assert all(kept is (schedule if delayed else timers) for kept, _ in entries)
        assert not entries or job.worker is not None or delayed
        assert entries or not delayed
    if registry.lease:
        assert all(mine[job] for job in live if job.worker is not None), "a worker without a lease"
    pending = {timer for entries in mine.values() for _, timer in entries}
    assert pending == _pending(schedule) | _pending(timers)


def look_at_timers(timers: Timers) -> None:
    """Assert that timers count the cancelled and know the first."""
    over = [timer.over for _, _, timer in timers._heap]
    assert sum(over) == timers._cancelled
    assert min((due for due, _, timer in timers._heap if not timer.over), default=inf) == timers.due


def _pending(timers: Timers) -> set[Timer]:
    return {timer for _, _, timer in timers._heap if not timer.over}

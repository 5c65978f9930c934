"""Thousands of random packets: whatever is said, in whatever order, some things always hold."""

from __future__ import annotations

import random
from collections import Counter
from math import inf

import pytest

from gearcli.protocol.packets import SUBMIT_TYPES, Packet, PacketType, Priority
from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.peers import Peer
from gearcli.server.queues import NOTHING
from gearcli.server.registry import identity
from gearcli.server.wakeups import WAKE_PATIENCE
from tests.server.transcript import Talker, tick

STEPS = 3000
FUNCTIONS = (b"a", b"b", b"c", b"d")
ASSIGNED = {P.JOB_ASSIGN, P.JOB_ASSIGN_UNIQ}
ENDS = {P.WORK_COMPLETE, P.WORK_FAIL, P.WORK_EXCEPTION}

MUST_HAPPEN = {
    f"heard {type_.name}" for type_ in (P.NOOP, P.NO_JOB, P.ERROR, P.WORK_STATUS, *ASSIGNED, *ENDS)
}


class Walk:
    """Talkers that say anything, and what they must have heard."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.engine = Engine(b"H:")
        self.now = 0.0
        self.talkers: list[Talker] = []
        self.awaited: dict[Talker, Counter[bytes]] = {}
        """How many ends of which jobs each talker still has to hear."""
        self.given: dict[bytes, Talker] = {}
        """Which talker was given which job last."""
        self.done = Counter[str]()
        """How often what happened: a walk that goes nowhere proves nothing."""
        for _ in range(8):
            self.join()

    def join(self) -> None:
        """A connection more, which may like exceptions."""
        talker = Talker(self.engine)
        self.talkers.append(talker)
        self.awaited[talker] = Counter()
        if self.chance.random() < 0.5:
            self.say(talker, P.OPTION_REQ, b"exceptions")

    # -- steps --------------------------------------------------------------------------

    def step(self) -> None:
        """Let somebody say or do something, hear everybody, and look around."""
        act = self.chance.choice(
            [self.submit] * 6 + [self.grab] * 6 + [self.report] * 6 + [self.sleep] * 4
            + [self.learn] * 3 + [self.forget, self.hang_up, self.wait, self.ask]
        )  # fmt: skip
        act(self.chance.choice(self.talkers))
        for talker in self.talkers:
            self.hear(talker)
        look_around(self.engine)

    def submit(self, talker: Talker) -> None:
        priority, background = self.chance.choice(list(Priority)), self.chance.random() < 0.4
        unique = self.chance.choice([b"", b"", b"-", b"u1", b"u2"])
        workload = self.chance.choice([b"", b"x", b"y"])
        type_ = SUBMIT_TYPES[priority, background]
        for answer, fields in self.say(talker, type_, self.chance.choice(FUNCTIONS), unique, workload):
            if answer is P.JOB_CREATED and not background:
                self.awaited[talker][fields[0]] += 1

    def grab(self, talker: Talker) -> None:
        self.say(talker, self.chance.choice([P.GRAB_JOB, P.GRAB_JOB_UNIQ, P.GRAB_JOB_ALL]))

    def report(self, talker: Talker) -> None:
        """Report on a job, mostly by the one that has it, on one that there is."""
        if self.given and self.chance.random() < 0.9:
            handle, owner = self.chance.choice(list(self.given.items()))
            talker = talker if self.chance.random() < 0.1 else owner
        else:
            handle = b"H:%d" % self.chance.randrange(100)
        type_ = self.chance.choice([*ENDS, *ENDS, P.WORK_DATA, P.WORK_WARNING, P.WORK_STATUS])
        if talker in self.talkers:
            self.say(talker, type_, handle, *[b"1", b"2"][: len(type_.fields) - 1])

    def sleep(self, talker: Talker) -> None:
        self.say(talker, P.PRE_SLEEP)

    def learn(self, talker: Talker) -> None:
        function = self.chance.choice(FUNCTIONS)
        if self.chance.random() < 0.3:
            self.say(talker, P.CAN_DO_TIMEOUT, function, self.chance.choice([b"0", b"1000", b"3000"]))
        else:
            self.say(talker, P.CAN_DO, function)

    def forget(self, talker: Talker) -> None:
        if self.chance.random() < 0.3:
            self.say(talker, P.RESET_ABILITIES)
        else:
            self.say(talker, P.CANT_DO, self.chance.choice(FUNCTIONS))

    def hang_up(self, talker: Talker) -> None:
        self.hear(talker)
        talker.leave()
        self.talkers.remove(talker)
        del self.awaited[talker]
        self.join()

    def wait(self, _: Talker) -> None:
        self.now += self.chance.choice([0.01, WAKE_PATIENCE, 1.0, 5.0])
        due = tick(self.engine, self.now)
        assert due > self.now

    def ask(self, talker: Talker) -> None:
        self.say(talker, P.GET_STATUS_UNIQUE, b"u1")

    # -- what is heard ----------------------------------------------------------------------

    def say(self, talker: Talker, type_: PacketType, *fields: bytes) -> list[Packet]:
        """Say a packet and take in what is heard."""
        self.done[type_.name] += 1
        heard = talker.say(type_, *fields)
        for packet in heard:
            self.take_in(talker, packet)
        return heard

    def hear(self, talker: Talker) -> None:
        for packet in talker.heard():
            self.take_in(talker, packet)

    def take_in(self, talker: Talker, packet: Packet) -> None:
        type_, fields = packet
        self.done[f"heard {type_.name}"] += 1
        if type_ in ASSIGNED:
            job = self.engine.registry.jobs[fields[0]]
            assert job.worker is talker.peer
            assert fields[1] in talker.peer.abilities
            self.given[fields[0]] = talker
        elif type_ in ENDS:
            assert self.awaited[talker][fields[0]] > 0, f"an end too many of {fields[0]!r}"
            self.awaited[talker][fields[0]] -= 1
            assert fields[0] not in self.engine.registry.jobs

    # -- the end --------------------------------------------------------------------------------

    def finish(self) -> None:
        """Let one worker do all that is left; then nothing may be left, and everybody has been told."""
        for talker in self.talkers:
            self.say(talker, P.RESET_ABILITIES)
        worker = self.talkers[0]
        for function in FUNCTIONS:
            self.say(worker, P.CAN_DO, function)
        while any(queue.waiting for queue in self.engine.registry.queues.values()):
            self.say(worker, P.GRAB_JOB)
            for job in list(worker.peer.running):
                self.say(worker, P.WORK_COMPLETE, job.handle, b"done")
        for talker in self.talkers:
            self.hear(talker)
        look_around(self.engine)
        assert {} == self.engine.registry.jobs
        assert [] == [left for awaited in self.awaited.values() for left in awaited.elements()]
        assert inf == tick(self.engine, self.now + 100)


def look_around(engine: Engine) -> None:
    """Assert what must hold between any two packets."""
    for queue in engine.registry.queues.values():
        jobs = [job for job in engine.registry.jobs.values() if job.queue is queue]
        waiting = [job for job in jobs if job.worker is None]
        assert [sum(job.priority == p for job in waiting) for p in Priority] == queue.counts
        assert min((job.priority for job in waiting), default=NOTHING) == queue.best
        assert len(jobs) - len(waiting) == queue.running
        keys = {key: job for job in jobs if (key := identity(job.unique, job.workload))}
        assert keys == queue.uniques
        able = [peer for peer in engine.peers if queue.name in peer.abilities]
        assert len(able) == queue.workers
        assert sum(peer.woken is queue for peer in engine.peers) == queue.waking
        if queue.waiting > queue.waking:
            assert [] == [peer for peer in able if peer.asleep], f"{queue.name!r} has work and sleepers"
    for handle, job in engine.registry.jobs.items():
        assert handle == job.handle
        assert not (job.abandoned and job.worker is None)
        assert job.worker is None or job in job.worker.running
        assert all(job in listener.listening for listener in job.listeners)
    for peer in engine.peers:
        look_at(engine, peer)


def look_at(engine: Engine, peer: Peer) -> None:
    """Assert that what a peer knows is what the engine knows."""
    assert all(job.worker is peer for job in peer.running)
    assert all(peer in job.listeners and engine.registry.jobs[job.handle] is job for job in peer.listening)
    assert not (peer.asleep and peer.woken)
    assert not peer.asleep or not peer.unlisted
    for queue in peer.abilities.values():
        assert (peer in queue.sleepers) != (queue in peer.unlisted)
    assert len(peer.unlisted) == len(set(peer.unlisted)) <= len(peer.abilities)


@pytest.mark.parametrize("seed", range(5))
def test_a_random_walk_keeps_every_promise(seed: int) -> None:
    walk = Walk(seed)
    for step in range(STEPS):
        try:
            walk.step()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, step {step}: {error}") from error
    walk.finish()
    assert MUST_HAPPEN <= set(walk.done)


@pytest.mark.parametrize("seed", range(3))
def test_with_patience_every_job_finds_an_idle_worker(seed: int) -> None:
    """Some of the woken never come: in the end a job waits only where nobody able sleeps."""
    walk = Walk(seed)
    for _ in range(STEPS // 4):
        walk.step()
    while inf != tick(walk.engine, walk.now):
        walk.now += 1.0
    for queue in walk.engine.registry.queues.values():
        able = [peer for peer in walk.engine.peers if queue.name in peer.abilities]
        assert not queue.waiting or not any(peer.asleep for peer in able)

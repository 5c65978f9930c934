"""Only who has a job can say anything of it: ten thousand interleavings of true and false reports.

Workers, a stranger and clients report of jobs that they have, had, never had,
or that never were.  A model of who has what says what everybody is told, to
the byte; a report that is refused changes nothing.  INTERLEAVINGS in the
environment makes it longer.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import RESPONSE, PacketType, response
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine

INTERLEAVINGS = int(os.environ.get("INTERLEAVINGS", "10000"))
PARTS, STEPS = 4, 14
WORKERS, STRANGER, CLIENTS = range(3), 3, (4, 5)
HASTY, HASTE = 0, 2.0
"""The worker that allows itself so many seconds for a job."""
FRANK = 5
"""The client that hears exceptions."""
TOO_SLOW = b"it took longer than its worker had allowed"
"""Why the hasty worker's jobs fail."""
LEASE = 5.0
MEANWHILE = (P.WORK_DATA, P.WORK_WARNING, P.WORK_STATUS)
ENDS = (P.WORK_COMPLETE, P.WORK_FAIL, P.WORK_EXCEPTION)
REFUSALS = {
    type_: response(P.ERROR, refusal.code, refusal.text)
    for refusal, types in (
        (Refusal.RESULT, (P.WORK_STATUS, P.WORK_COMPLETE, P.WORK_FAIL)),
        (Refusal.UPDATE, (P.WORK_DATA, P.WORK_WARNING)),
        (Refusal.EXCEPTION, (P.WORK_EXCEPTION,)),
    )
    for type_ in types
}
"""How each report is refused."""
NEVER_WERE = (b"H:0", b"H:99", b"H:01", b"", b"H:1x", b"x")


class Job:
    """What the model knows of a job that is not over."""

    def __init__(self, listeners: list[int]) -> None:
        self.listeners = listeners
        self.owner: int | None = None
        self.since = 0.0
        self.begun = False
        """Whether its owner has said a part of the result."""


class Interleaving:
    """One conversation of all with an engine, and the model of it."""

    def __init__(self, seed: int, done: Counter[str]) -> None:
        self.chance = random.Random(seed)
        self.done = done
        self.lease = self.chance.choice((0.0, LEASE))
        self.engine = Engine(b"H:", lease=self.lease, keep_results=self.chance.choice((0.0, 60.0)))
        self.peers = [self.engine.connect(number) for number in range(6)]
        self.heard = [0.0] * 6
        """When each has said something."""
        self.unaware: set[tuple[int, bytes]] = set()
        """Who was not told that a job is not its own any longer: its report is dropped without a word."""
        self.late: set[tuple[int, bytes]] = set()
        """Those of them that may have the job back, because they were only silent for too long."""
        self.jobs: dict[bytes, Job] = {}
        self.created = 0
        self.now = 0.0
        for worker in WORKERS:
            self.can_do(worker)
        self.say(FRANK, P.OPTION_REQ, b"exceptions", told={FRANK: response(P.OPTION_RES, b"exceptions")})
        self.submit()
        self.submit()
        self.grab(self.chance.choice(WORKERS))

    # -- what is said, and what has to be heard ------------------------------------------

    def say(self, number: int, type_: PacketType, *fields: bytes, told: dict[int, bytes]) -> None:
        """Say a packet; everybody must be told that, and nothing else."""
        self.heard[number] = self.now
        self.engine.handlers[type_](self.peers[number], *fields)
        assert told == self.told()

    def told(self) -> dict[int, bytes]:
        """What everybody was told since the last time."""
        told = {self.peers.index(peer): b"".join(peer.outbox) for peer in self.engine.talking}
        for peer in self.engine.talking:
            peer.outbox.clear()
        self.engine.talking.clear()
        return told

    def state(self) -> object:
        """All that a report could change."""
        registry = self.engine.registry
        jobs = [
            (job.handle, job.worker, job.attempt, job.known.progress, tuple(job.listeners))
            for job in registry.jobs
        ]
        kept = registry.results and (len(registry.results._kept), registry.results._used)
        return jobs, registry.running, kept

    # -- what happens ---------------------------------------------------------------------

    def can_do(self, worker: int) -> None:
        if worker == HASTY:
            self.say(worker, P.CAN_DO_TIMEOUT, b"f", b"%d" % (HASTE * 1000), told={})
        else:
            self.say(worker, P.CAN_DO, b"f", told={})

    def submit(self) -> None:
        self.created += 1
        handle, client = b"H:%d" % self.created, self.chance.choice(CLIENTS)
        background = self.chance.random() < 0.3
        type_ = P.SUBMIT_JOB_BG if background else P.SUBMIT_JOB
        unique = b"u%d" % self.created
        answer = response(P.JOB_CREATED, handle)
        self.say(client, type_, b"f", unique, b"w", told={client: answer})
        job = self.jobs[handle] = Job([] if background else [client])
        if self.chance.random() < 0.3:  # one more wants it
            (other,) = set(CLIENTS) - {client}
            self.say(other, P.SUBMIT_JOB, b"f", unique, b"w", told={other: answer})
            job.listeners.append(other)

    def grab(self, worker: int) -> None:
        self.heard[worker] = self.now
        self.engine.handlers[P.GRAB_JOB](self.peers[worker])
        told = self.told()
        waiting = [handle for handle, job in self.jobs.items() if job.owner is None]
        offers = {response(P.JOB_ASSIGN, handle, b"f", b"w"): handle for handle in waiting}
        if not offers:
            assert told == {worker: response(P.NO_JOB)}
            return
        job = self.jobs[offers[told.pop(worker)]]
        assert told == {}
        self.own(worker, next(handle for handle in waiting if self.jobs[handle] is job))

    def own(self, worker: int, handle: bytes) -> None:
        """Somebody has a job, be it again."""
        job = self.jobs[handle]
        job.owner, job.since, job.begun = worker, self.now, False
        self.unaware.discard((worker, handle))
        self.late.discard((worker, handle))

    def report(self, number: int, handle: bytes, type_: PacketType) -> None:
        """Say something of a job, be it one's own or not."""
        words = [b"%d" % number, b"7"][: len(type_.fields) - 1]
        job = self.jobs.get(handle)
        if job is not None and job.owner is None and (number, handle) in self.late:
            self.own(number, handle)
            self.done["had back"] += 1
        if job is not None and job.owner == number:
            job.begun |= type_ is P.WORK_DATA
            self.say(number, type_, handle, *words, told=self.forwarded(job, type_, handle, words))
            self.done["accepted"] += 1
            if type_ in ENDS:
                del self.jobs[handle]
            if type_ is P.WORK_EXCEPTION:
                self.unaware.add((number, handle))  # Perl's worker says WORK_FAIL after it
            return
        before, silent = self.state(), (number, handle) in self.unaware
        self.say(number, type_, handle, *words, told={} if silent else {number: REFUSALS[type_]})
        assert before == self.state()
        self.done[self.why(number, job, handle)] += 1

    def why(self, number: int, job: Job | None, handle: bytes) -> str:
        """Of what kind a report is that has no effect."""
        if (number, handle) in self.unaware:
            return "late"
        if job is None:
            return "never was" if handle in NEVER_WERE else "over"
        return "nobody's" if job.owner is None else "another's"

    def forwarded(self, job: Job, type_: PacketType, handle: bytes, words: list[bytes]) -> dict[int, bytes]:
        """What the listeners of a job are told."""
        plain, packet = response(P.WORK_FAIL, handle), response(type_, handle, *words)
        return {
            each: plain if type_ is P.WORK_EXCEPTION and each != FRANK else packet for each in job.listeners
        }

    def give_up(self, worker: int) -> None:
        """A worker leaves and another comes in its place, or it says CANT_DO; what it had waits again."""
        for job in self.jobs.values():
            if job.owner == worker:
                job.owner = None
        if self.chance.random() < 0.5:
            self.say(worker, P.CANT_DO, b"f", told={})
        else:
            self.engine.disconnect(self.peers[worker])
            self.peers[worker] = self.engine.connect(worker)
            self.unaware = {each for each in self.unaware if each[0] != worker}
            self.late = {each for each in self.late if each[0] != worker}
            assert {} == self.told()
        self.can_do(worker)

    def pass_time(self, seconds: float) -> None:
        """The hasty worker's jobs fail, those of the silent wait again; neither worker is told."""
        self.now += seconds
        told: Counter[tuple[int, bytes]] = Counter()
        parts_kept = self.engine.registry.results is not None
        for handle, job in list(self.jobs.items()):
            if job.owner is None:
                continue
            late = job.owner == HASTY and job.since + HASTE <= self.now
            silent = 0 < self.lease <= self.now - self.heard[job.owner]
            if late or silent:
                self.unaware.add((job.owner, handle))
                if not late and not (parts_kept and job.begun):
                    self.late.add((job.owner, handle))
                job.owner = None
            if late:
                told.update((each, TOO_SLOW if each == FRANK else b"") for each in job.listeners)
                del self.jobs[handle]
        self.engine.tick(self.now)
        heard = [(each, Decoder(RESPONSE).feed(words)) for each, words in self.told().items()]
        assert told == Counter(
            (each, b"".join(fields[1:])) for each, packets in heard for _, fields in packets
        )

    def step(self) -> None:
        """Something happens; mostly somebody reports of a job."""
        chance = self.chance
        what = chance.random()
        if what < 0.15 and self.created < 9:
            self.submit()
        elif what < 0.3:
            self.grab(chance.choice(WORKERS))
        elif what < 0.34:
            self.give_up(chance.choice(WORKERS))
        elif what < 0.4:
            self.pass_time(chance.choice((0.5, HASTE, LEASE)))
        else:
            self.report(*self.claim(what < 0.65), chance.choice((*ENDS, *MEANWHILE)))

    def claim(self, rightly: bool) -> tuple[int, bytes]:
        """Somebody, and a job to report of, which is its own if `rightly` and if it can be."""
        chance = self.chance
        if self.late and chance.random() < 0.5:
            return chance.choice(sorted(self.late))
        if self.unaware and chance.random() < 0.3:
            return chance.choice(sorted(self.unaware))
        if chance.random() < 0.05:
            return chance.randrange(len(self.peers)), chance.choice(NEVER_WERE)
        handle = b"H:%d" % chance.randint(1, self.created)
        job = self.jobs.get(handle)
        if rightly and job is not None and job.owner is not None:
            return job.owner, handle
        return chance.randrange(len(self.peers)), handle

    def finish(self) -> None:
        """Every job that is left is claimed by others and ended by its owner, once."""
        while any(job.owner is None for job in self.jobs.values()):
            self.grab(self.chance.choice(WORKERS))
        for handle, job in list(self.jobs.items()):
            owner = job.owner
            assert owner is not None
            for number in self.chance.sample([*{*range(len(self.peers))} - {owner}], 2):
                self.report(number, handle, P.WORK_COMPLETE)
            self.report(owner, handle, P.WORK_COMPLETE)
            self.report(owner, handle, P.WORK_COMPLETE)
        assert [] == list(self.engine.registry.jobs)


@pytest.mark.parametrize("part", range(PARTS))
def test_who_does_not_have_a_job_cannot_report_of_it(part: int) -> None:
    done: Counter[str] = Counter()
    for seed in range(part, INTERLEAVINGS, PARTS):
        conversation, step = Interleaving(seed, done), 0
        try:
            for step in range(STEPS):  # noqa: B007 (the message wants it)
                conversation.step()
            conversation.finish()
        except AssertionError as error:
            raise AssertionError(f"interleaving {seed}, step {step}: {error}") from error
    assert {"accepted", "another's", "nobody's", "over", "late", "had back", "never was"} == done.keys()
    assert min(done.values()) > INTERLEAVINGS // PARTS // 20
    print(f"\n{dict(done)}")

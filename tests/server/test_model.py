"""The engine against a model: Hypothesis says anything, and both must answer the same.

Every packet that leaves the engine is decoded and compared, and after every
step the engine's own account of its functions and jobs.  ``GEAR_EXAMPLES`` says
how many conversations to try, for a longer search than the suite can afford.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from math import inf
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gearcli.escape import percent_encoded
from gearcli.protocol.packets import SUBMIT_TYPES, Packet, PacketType, Priority
from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.operator import Operator
from tests.server.invariants import look_around
from tests.server.model import End, Job, Model
from tests.server.transcript import NO_JOB, NOOP, Talker

FUNCTIONS = (b"a", b"b")
ENDS = (P.WORK_COMPLETE, P.WORK_FAIL, P.WORK_EXCEPTION)
TOLD = (P.WORK_DATA, P.WORK_WARNING, P.WORK_STATUS)
SLOTS = 3

NO_FUNCTION: dict[str, Any] = {
    "waiting": {"high": 0, "normal": 0, "low": 0}, "delayed": 0, "running": 0, "workers": 0, "paused": False,
}  # fmt: skip
"""What is true of a function that nobody uses."""

who = st.integers(0, SLOTS - 1)
which = st.integers(0, 7)
functions = st.sampled_from(FUNCTIONS)
uniques = st.sampled_from((b"", b"-", b"u", b"v", b"u", b"u" * 65))
workloads = st.sampled_from((b"", b"x", b"y"))


class EngineIsTheModel(RuleBasedStateMachine):
    """Says the same to an engine and to a model."""

    @initialize(
        retries=st.sampled_from((-1, 0, 0, 1, 2)),
        lease=st.sampled_from((0.0, 5.0)),
        wakeup=st.sampled_from((0, 3)),
    )
    def begin(self, retries: int, lease: float, wakeup: int) -> None:
        self.engine = Engine(b"H:", retries=retries, lease=lease, worker_wakeup=wakeup)
        self.engine.handlers[P.TEXT] = Operator(self.engine, version="0", pid=1).text
        self.operator = Talker(self.engine, SLOTS)
        self.model = Model(retries, lease)
        self.owed: defaultdict[Talker, Counter[bytes]] = defaultdict(Counter)
        self.slots: list[tuple[Talker, End]] = []
        self.pass_time(0.0, 1_000_000_000.0)
        for number in range(SLOTS):
            self.slots.append(self.connected(number))
        self.can_do(0, b"a", None)
        self.can_do(1, b"a", None)
        self.can_do(1, b"b", 3100)
        self.all_yours(2)

    # -- both are told -----------------------------------------------------------------------

    def connected(self, number: int) -> tuple[Talker, End]:
        end = End(number)
        self.model.ends.append(end)
        return Talker(self.engine, number), end

    def said(self, slot: int, type_: PacketType, *fields: bytes) -> list[Packet]:
        """Say a packet to the engine; what its sender hears."""
        talker, end = self.slots[slot]
        end.heard = self.model.now
        self.model.moment += 1
        return talker.say(type_, *fields)

    def settle(self, slot: int = 0, heard: list[Packet] | None = None) -> None:
        """Everybody must have heard what the model expects, and perhaps have been woken or handed a job."""
        handles = {job.handle for job in self.engine.registry.jobs}
        for number, (talker, end) in enumerate(self.slots):
            packets = (heard or []) * (number == slot) + talker.heard()
            left = [packet for packet in packets if not self.unasked(end, *packet)]
            assert sorted(self.model.expected.pop(end, [])) == sorted(left)
            for type_, fields in left:
                if type_ in ENDS:
                    assert self.owed[talker][fields[0]] > 0, "an end too many"
                    self.owed[talker][fields[0]] -= 1
            assert set(+self.owed[talker]) <= handles, "a job went without a word"
        assert {} == self.model.expected

    def unasked(self, end: End, type_: PacketType, fields: list[bytes]) -> bool:
        """Whether a packet woke a worker or handed it a job, which the engine decides."""
        if type_ is P.NOOP:
            self.model.woken(end)
        elif type_ is P.JOB_ASSIGN and end.all_yours:
            self.model.handed(end, *fields)
        else:
            return False
        return True

    def job(self, which: int) -> Job | None:
        """One of the newest jobs."""
        jobs = list(self.model.jobs.values())[-8:]
        return jobs[which % len(jobs)] if jobs else None

    # -- clients -----------------------------------------------------------------------------

    def submitted(self, slot: int, heard: list[Packet], background: bool) -> None:
        for type_, fields in heard:
            if type_ is P.JOB_CREATED and not background:
                self.owed[self.slots[slot][0]][fields[0]] += 1
        self.settle(slot, heard)

    @rule(
        slot=who,
        function=functions,
        unique=uniques,
        workload=workloads,
        kind=st.sampled_from(list(SUBMIT_TYPES)),
    )
    def submit(
        self, slot: int, function: bytes, unique: bytes, workload: bytes, kind: tuple[Priority, bool]
    ) -> None:
        heard = self.said(slot, SUBMIT_TYPES[kind], function, unique, workload)
        self.model.submit(self.slots[slot][1], function, unique, workload, *kind)
        self.submitted(slot, heard, kind[1])

    @rule(slot=who, function=functions, unique=uniques, seconds=st.sampled_from((-5, 0, 1, 30, 4000)))
    def submit_for_later(self, slot: int, function: bytes, unique: bytes, seconds: int) -> None:
        due = int(self.model.wall) + seconds
        heard = self.said(slot, P.SUBMIT_JOB_EPOCH, function, unique, b"%d" % due, b"x")
        self.model.submit(self.slots[slot][1], function, unique, b"x", 1, True, due)
        self.submitted(slot, heard, True)

    @rule(
        slot=who,
        function=functions,
        unique=uniques,
        reducer=st.sampled_from((b"", b"r")),
        background=st.booleans(),
    )
    def submit_reduce(
        self, slot: int, function: bytes, unique: bytes, reducer: bytes, background: bool
    ) -> None:
        type_ = P.SUBMIT_REDUCE_JOB_BACKGROUND if background else P.SUBMIT_REDUCE_JOB
        heard = self.said(slot, type_, function, unique, reducer, b"", b"x")
        self.model.submit(self.slots[slot][1], function, unique, b"x", 1, background, None, reducer)
        self.submitted(slot, heard, background)

    @rule(slot=who, which=which)
    def ask(self, slot: int, which: int) -> None:
        job = self.job(which)
        handle = job.handle if job else b"H:0"
        known = [b"1", b"%d" % (job.worker is not None), *job.progress] if job else [b"0"] * 4
        self.model.tell(self.slots[slot][1], P.STATUS_RES, handle, *known)
        self.settle(slot, self.said(slot, P.GET_STATUS, handle))

    # -- connections -------------------------------------------------------------------------

    @rule(slot=who)
    def leave(self, slot: int) -> None:
        talker, end = self.slots[slot]
        self.model.moment += 1
        talker.leave()
        self.model.leave(end)
        self.owed.pop(talker, None)
        self.slots[slot] = self.connected(slot)
        self.settle()

    @rule(slot=who)
    def like_exceptions(self, slot: int) -> None:
        self.slots[slot][1].exceptions = True
        assert [(P.OPTION_RES, [b"exceptions"])] == self.said(slot, P.OPTION_REQ, b"exceptions")

    # -- workers -----------------------------------------------------------------------------

    @rule(slot=who, function=functions, limit=st.sampled_from((None, 0, 500, 3100, 7300)))
    def can_do(self, slot: int, function: bytes, limit: int | None) -> None:
        end = self.slots[slot][1]
        if limit is None:
            heard = self.said(slot, P.CAN_DO, function)
        else:
            heard = self.said(slot, P.CAN_DO_TIMEOUT, function, b"%d" % limit)
        self.model.can_do(end, function, limit and max(1.0, limit / 1000))
        self.settle(slot, heard)

    @rule(slot=who, function=functions)
    def cant_do(self, slot: int, function: bytes) -> None:
        heard = self.said(slot, P.CANT_DO, function)
        self.model.cant_do(self.slots[slot][1], function)
        self.settle(slot, heard)

    @rule(slot=who)
    def reset(self, slot: int) -> None:
        heard = self.said(slot, P.RESET_ABILITIES)
        for function in FUNCTIONS:
            self.model.cant_do(self.slots[slot][1], function)
        self.settle(slot, heard)

    @rule(slot=who)
    def all_yours(self, slot: int) -> None:
        self.slots[slot][1].all_yours = True
        assert [] == self.said(slot, P.ALL_YOURS)

    @rule(slot=who, type_=st.sampled_from((P.GRAB_JOB, P.GRAB_JOB_UNIQ, P.GRAB_JOB_ALL)))
    def grab(self, slot: int, type_: PacketType) -> None:
        end = self.slots[slot][1]
        choices = {job.handle: job for job in self.model.next_jobs(end)}
        (heard,) = self.said(slot, type_)
        self.model.awake(end)
        if choices:
            job = choices[heard[1][0]]
            assert assignment(type_, job) == heard
            self.model.assign(end, job)
        else:
            assert NO_JOB == heard
        self.settle()

    @precondition(lambda self: self.model.retries >= 0)
    @rule(slot=who, function=functions, several=st.lists(uniques, min_size=1, max_size=3))
    def poison(self, slot: int, function: bytes, several: list[bytes]) -> None:
        """Jobs in the background, and a worker that dies of its next jobs until these have died too."""
        for unique in several:
            self.submit(slot, function, unique, b"poison", (Priority.HIGH, True))
        self.die(slot, function, len(several))

    def die(self, slot: int, function: bytes, jobs: int) -> None:
        """Begin as many of a function's next jobs as so many can bear, and say each time that one cannot."""
        for _ in range((self.model.retries + 1) * jobs):
            self.can_do(slot, function, None)
            self.grab(slot, P.GRAB_JOB)
            self.cant_do(slot, function)

    @rule(slot=who)
    def sleep(self, slot: int) -> None:
        end = self.slots[slot][1]
        heard = self.said(slot, P.PRE_SLEEP)
        end.woken_until = None
        self.settle()
        work = any(self.model.runnable(function) for function in end.abilities)
        assert [NOOP] * work == heard
        end.asleep = not work

    @rule(
        which=which, other=st.one_of(st.none(), st.none(), st.none(), who), type_=st.sampled_from(ENDS + TOLD)
    )
    def report(self, which: int, other: int | None, type_: PacketType) -> None:
        running = [job for job in self.model.jobs.values() if job.worker is not None]
        job = running[which % len(running)] if running else self.job(which)
        slot = job.worker.number if job and job.worker else 0
        slot = slot if other is None else other
        handle, words = job.handle if job else b"H:0", [b"1", b"2"][: len(type_.fields) - 1]
        heard = self.said(slot, type_, handle, *words)
        self.model.report(self.slots[slot][1], type_, handle, words)
        self.settle(slot, heard)

    @precondition(lambda self: any(job.lapsed for job in self.model.jobs.values()))
    @rule(which=which, type_=st.sampled_from(ENDS + TOLD))
    def report_late(self, which: int, type_: PacketType) -> None:
        """A worker that was silent for too long says something of its job after all, if it is still there."""
        late = [
            (end, job) for job in self.model.jobs.values() for end in job.lapsed if end in self.model.ends
        ]
        if late:
            end, job = late[which % len(late)]
            words = [b"1", b"2"][: len(type_.fields) - 1]
            heard = self.said(end.number, type_, job.handle, *words)
            self.model.report(end, type_, job.handle, words)
            self.settle(end.number, heard)

    # -- time and operators --------------------------------------------------------------------

    @rule(seconds=st.sampled_from((0.1, 0.25, 1.0, 5.0)), jump=st.sampled_from((0.0, 0.0, 0.0, 60.0, 3600.0)))
    def pass_time(self, seconds: float, jump: float) -> None:
        model = self.model
        now, wall = model.now + seconds, model.wall + seconds + jump
        model.moment += 1
        self.engine.tick(now, wall)
        model.tick(now, wall, {job.handle for job in self.engine.registry.jobs})
        self.settle()

    def typed(self, line: bytes) -> list[bytes]:
        """The lines that answer a text command."""
        self.model.moment += 1
        self.engine.handlers[P.TEXT](self.operator.peer, line + b"\n")
        return [fields[0] for _, fields in self.operator.heard()]

    def told(self, command: bytes) -> list[dict[str, Any]]:
        """The documents that answer a text command."""
        return [json.loads(line) for line in self.typed(command)[:-1]]

    @precondition(lambda self: self.model.jobs)
    @rule(which=which)
    def cancel(self, which: int) -> None:
        job = self.job(which)
        assert job is not None
        assert [b"OK\r\n"] == self.typed(b"cancel job " + job.handle)
        self.model.cancel(job)
        self.settle()

    @rule(function=functions)
    def purge(self, function: bytes) -> None:
        self.typed(b"purge " + function)
        for job in self.model.of(function):
            if job.worker is None:
                self.model.cancel(job, "it was purged")
        self.settle()

    @precondition(lambda self: self.model.dead)
    @rule(which=which, slot=who, then=st.sampled_from((None, "done", "done", "dead")))
    def retry(self, which: int, slot: int, then: str | None) -> None:
        """A dead job waits again; it waits on, is the next that is done, or dies once more."""
        job = list(self.model.dead.values())[which % len(self.model.dead)]
        answer = self.typed(b"retry " + job.handle)
        assert self.model.retry(job) == (answer[-1] == b".\n")
        self.settle()
        if then == "done":
            self.can_do(slot, job.function, None)
            self.grab(slot, P.GRAB_JOB)
            if job.worker is not None:
                self.complete(job, job.worker)
        elif then == "dead":
            self.die(slot, job.function, 1)

    def complete(self, job: Job, end: End) -> None:
        """Have the worker of a job say that it is done."""
        heard = self.said(end.number, P.WORK_COMPLETE, job.handle, b"1")
        self.model.report(end, P.WORK_COMPLETE, job.handle, [b"1"])
        self.settle(end.number, heard)

    @precondition(lambda self: self.model.dead)
    @rule(function=functions)
    def purge_dead(self, function: bytes) -> None:
        self.typed(b"purge %b dead" % function)
        for job in [job for job in self.model.dead.values() if job.function == function]:
            del self.model.dead[job.handle]
        self.settle()

    @rule(function=functions)
    def pause(self, function: bytes) -> None:
        if self.typed(b"pause " + function)[-1] == b".\n":
            self.model.paused.add(function)
        self.settle()

    @rule(function=functions)
    def resume(self, function: bytes) -> None:
        self.typed(b"resume " + function)
        self.model.paused.discard(function)
        self.settle()

    @rule(function=functions, limit=st.sampled_from((0, 0, 1, 3)))
    def maxqueue(self, function: bytes, limit: int) -> None:
        assert [b"OK\r\n"] == self.typed(b"maxqueue %b %d" % (function, limit))
        self.model.maxqueue[function] = limit

    @rule(function=functions, word=st.sampled_from((b"create", b"drop")))
    def create_or_drop(self, function: bytes, word: bytes) -> None:
        (answer,) = self.typed(word + b" function " + function)
        jobs = self.model.of(function) or any(job.function == function for job in self.model.dead.values())
        used = jobs or any(function in end.abilities for end in self.model.ends)
        if word == b"drop" and not used:
            self.model.paused.discard(function)
            if answer.startswith(b"OK"):  # of a function that is not known yet the limit stays
                self.model.maxqueue.pop(function, None)
        else:
            assert (word == b"create") == answer.startswith(b"OK")

    # -- what always holds -----------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        look_around(self.engine)
        for function in FUNCTIONS:
            sleepers = [end for end in self.model.ends if end.asleep and function in end.abilities]
            coming = [end for end in self.model.ends if end.woken_until and function in end.abilities]
            assert not sleepers or len(coming) >= len(self.model.runnable(function))

    @invariant()
    def the_accounts_are_the_models(self) -> None:
        told = {document["handle"]: document for document in self.told(b"jobs")}
        shown = {
            handle: {key: told[handle][key] for key in self.model.account(job)}
            for handle, job in self.shown_jobs()
        }
        assert {handle: self.model.account(job) for handle, job in self.shown_jobs()} == shown
        assert len(told) == len(shown)
        keys = "handle", "function", "unique", "attempt", "size"
        assert self.dead() == [tuple(document[key] for key in keys) for document in self.told(b"dead")]
        functions = {document["function"]: document for document in self.told(b"functions")}
        assert {percent_encoded(job.function) for job in self.model.dead.values()} <= functions.keys()
        for function in FUNCTIONS:
            expected = self.model.function_account(function)
            document = functions.get(percent_encoded(function), NO_FUNCTION)
            assert expected == {key: document[key] for key in expected}

    def dead(self) -> list[tuple[object, ...]]:
        """What an operator must be told of the dead, those that died first at the front."""
        return [
            (*map(percent_encoded, (job.handle, job.function, job.unique)), job.attempts, len(job.workload))
            for job in self.model.dead.values()
        ]

    def shown_jobs(self) -> list[tuple[str, Job]]:
        return [(percent_encoded(handle), job) for handle, job in self.model.jobs.items()]

    def teardown(self) -> None:
        """Let one worker do all that is left; then nothing is left, and all have been told."""
        for function in FUNCTIONS:
            self.resume(function)
        for slot in range(SLOTS):
            self.reset(slot)
        for function in FUNCTIONS:
            self.can_do(0, function, None)
        self.pass_time(0.0, 10_000.0)
        for _ in range(2 * len(self.model.jobs)):
            self.report(0, None, P.WORK_COMPLETE)
            self.grab(0, P.GRAB_JOB_ALL)
        self.all_is_well()
        assert [] == list(self.engine.registry.jobs)
        assert set() == {handle for owed in self.owed.values() for handle in +owed}
        self.pass_time(1.0, 0.0)
        assert inf == self.engine.due()


TestEngineIsTheModel = pytest.mark.timeout(400)(EngineIsTheModel.TestCase)  # to shrink takes a minute
TestEngineIsTheModel.settings = settings(
    max_examples=int(os.environ.get("GEAR_EXAMPLES", "120")),
    stateful_step_count=60,
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    database=None,
    suppress_health_check=list(HealthCheck),
)


def assignment(type_: PacketType, job: Job) -> Packet:
    """How a worker is given a job that it asked for with `type_`."""
    if type_ is P.GRAB_JOB:
        return P.JOB_ASSIGN, [job.handle, job.function, job.workload]
    if type_ is P.GRAB_JOB_ALL and job.reducer:
        return P.JOB_ASSIGN_ALL, [job.handle, job.function, job.unique, job.reducer, job.workload]
    return P.JOB_ASSIGN_UNIQ, [job.handle, job.function, job.unique, job.workload]

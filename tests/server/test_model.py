"""The engine against a model: Hypothesis says anything, and both must answer the same.

Every packet that leaves the engine is decoded and compared, and after every
step the engine's own account of its functions and jobs.  ``GEAR_EXAMPLES`` says
how many conversations to try, for a longer search than the suite can afford.
"""

from __future__ import annotations

import os
from math import inf

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gearcli.protocol.packets import SUBMIT_TYPES, PacketType, Priority
from gearcli.protocol.packets import PacketType as P
from tests.server.conversation import ENDS, FUNCTIONS, SLOTS, Both, assignment
from tests.server.invariants import look_around
from tests.server.model import End, Job
from tests.server.transcript import NO_JOB, NOOP

TOLD = (P.WORK_DATA, P.WORK_WARNING, P.WORK_STATUS)

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
        self.both = Both(retries, lease, wakeup)
        self.can_do(0, b"a", None)
        self.can_do(1, b"a", None)
        self.can_do(1, b"b", 3100)
        self.all_yours(2)

    # -- clients -----------------------------------------------------------------------------

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
        heard = self.both.said(slot, SUBMIT_TYPES[kind], function, unique, workload)
        self.both.model.submit(self.both.slots[slot][1], function, unique, workload, *kind)
        self.both.submitted(slot, heard, kind[1])

    @rule(slot=who, function=functions, unique=uniques, seconds=st.sampled_from((-5, 0, 1, 30, 4000)))
    def submit_for_later(self, slot: int, function: bytes, unique: bytes, seconds: int) -> None:
        due = int(self.both.model.wall) + seconds
        heard = self.both.said(slot, P.SUBMIT_JOB_EPOCH, function, unique, b"%d" % due, b"x")
        self.both.model.submit(self.both.slots[slot][1], function, unique, b"x", 1, True, due)
        self.both.submitted(slot, heard, True)

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
        heard = self.both.said(slot, type_, function, unique, reducer, b"", b"x")
        self.both.model.submit(self.both.slots[slot][1], function, unique, b"x", 1, background, None, reducer)
        self.both.submitted(slot, heard, background)

    @rule(slot=who, which=which)
    def ask(self, slot: int, which: int) -> None:
        job = self.both.job(which)
        handle = job.handle if job else b"H:0"
        known = [b"1", b"%d" % (job.worker is not None), *job.progress] if job else [b"0"] * 4
        self.both.model.tell(self.both.slots[slot][1], P.STATUS_RES, handle, *known)
        self.both.settle(slot, self.both.said(slot, P.GET_STATUS, handle))

    # -- connections -------------------------------------------------------------------------

    @rule(slot=who)
    def leave(self, slot: int) -> None:
        talker, end = self.both.slots[slot]
        self.both.model.moment += 1
        talker.leave()
        self.both.model.leave(end)
        self.both.owed.pop(talker, None)
        self.both.slots[slot] = self.both.connected(slot)
        self.both.settle()

    @rule(slot=who)
    def like_exceptions(self, slot: int) -> None:
        self.both.slots[slot][1].exceptions = True
        assert [(P.OPTION_RES, [b"exceptions"])] == self.both.said(slot, P.OPTION_REQ, b"exceptions")

    # -- workers -----------------------------------------------------------------------------

    @rule(slot=who, function=functions, limit=st.sampled_from((None, 0, 500, 3100, 7300)))
    def can_do(self, slot: int, function: bytes, limit: int | None) -> None:
        end = self.both.slots[slot][1]
        if limit is None:
            heard = self.both.said(slot, P.CAN_DO, function)
        else:
            heard = self.both.said(slot, P.CAN_DO_TIMEOUT, function, b"%d" % limit)
        self.both.model.can_do(end, function, limit and max(1.0, limit / 1000))
        self.both.settle(slot, heard)

    @rule(slot=who, function=functions)
    def cant_do(self, slot: int, function: bytes) -> None:
        heard = self.both.said(slot, P.CANT_DO, function)
        self.both.model.cant_do(self.both.slots[slot][1], function)
        self.both.settle(slot, heard)

    @rule(slot=who)
    def reset(self, slot: int) -> None:
        heard = self.both.said(slot, P.RESET_ABILITIES)
        for function in FUNCTIONS:
            self.both.model.cant_do(self.both.slots[slot][1], function)
        self.both.settle(slot, heard)

    @rule(slot=who)
    def all_yours(self, slot: int) -> None:
        self.both.slots[slot][1].all_yours = True
        assert [] == self.both.said(slot, P.ALL_YOURS)

    @rule(slot=who, type_=st.sampled_from((P.GRAB_JOB, P.GRAB_JOB_UNIQ, P.GRAB_JOB_ALL)))
    def grab(self, slot: int, type_: PacketType) -> None:
        end = self.both.slots[slot][1]
        choices = {job.handle: job for job in self.both.model.next_jobs(end)}
        (heard,) = self.both.said(slot, type_)
        self.both.model.awake(end)
        if choices:
            job = choices[heard[1][0]]
            assert assignment(type_, job) == heard
            self.both.model.assign(end, job)
        else:
            assert NO_JOB == heard
        self.both.settle()

    @precondition(lambda self: self.both.model.retries >= 0)
    @rule(slot=who, function=functions, several=st.lists(uniques, min_size=1, max_size=3))
    def poison(self, slot: int, function: bytes, several: list[bytes]) -> None:
        """Jobs in the background, and a worker that dies of its next jobs until these have died too."""
        for unique in several:
            self.submit(slot, function, unique, b"poison", (Priority.HIGH, True))
        self.die(slot, function, len(several))

    def die(self, slot: int, function: bytes, jobs: int) -> None:
        """Begin as many of a function's next jobs as so many can bear, and say each time that one cannot."""
        for _ in range((self.both.model.retries + 1) * jobs):
            self.can_do(slot, function, None)
            self.grab(slot, P.GRAB_JOB)
            self.cant_do(slot, function)

    @rule(slot=who)
    def sleep(self, slot: int) -> None:
        end = self.both.slots[slot][1]
        heard = self.both.said(slot, P.PRE_SLEEP)
        end.woken_until = None
        self.both.settle()
        work = any(self.both.model.runnable(function) for function in end.abilities)
        assert [NOOP] * work == heard
        end.asleep = not work

    @rule(
        which=which, other=st.one_of(st.none(), st.none(), st.none(), who), type_=st.sampled_from(ENDS + TOLD)
    )
    def report(self, which: int, other: int | None, type_: PacketType) -> None:
        running = [job for job in self.both.model.jobs.values() if job.worker is not None]
        job = running[which % len(running)] if running else self.both.job(which)
        slot = job.worker.number if job and job.worker else 0
        slot = slot if other is None else other
        handle, words = job.handle if job else b"H:0", [b"1", b"2"][: len(type_.fields) - 1]
        heard = self.both.said(slot, type_, handle, *words)
        self.both.model.report(self.both.slots[slot][1], type_, handle, words)
        self.both.settle(slot, heard)

    @precondition(lambda self: any(job.lapsed for job in self.both.model.jobs.values()))
    @rule(which=which, type_=st.sampled_from(ENDS + TOLD))
    def report_late(self, which: int, type_: PacketType) -> None:
        """A worker that was silent for too long says something of its job after all, if it is still there."""
        model = self.both.model
        late = [(end, job) for job in model.jobs.values() for end in job.lapsed if end in model.ends]
        if late:
            end, job = late[which % len(late)]
            words = [b"1", b"2"][: len(type_.fields) - 1]
            heard = self.both.said(end.number, type_, job.handle, *words)
            self.both.model.report(end, type_, job.handle, words)
            self.both.settle(end.number, heard)

    # -- time and operators --------------------------------------------------------------------

    @rule(seconds=st.sampled_from((0.1, 0.25, 1.0, 5.0)), jump=st.sampled_from((0.0, 0.0, 0.0, 60.0, 3600.0)))
    def pass_time(self, seconds: float, jump: float) -> None:
        self.both.pass_time(seconds, jump)

    @precondition(lambda self: self.both.model.jobs)
    @rule(which=which)
    def cancel(self, which: int) -> None:
        job = self.both.job(which)
        assert job is not None
        assert [b"OK\r\n"] == self.both.typed(b"cancel job " + job.handle)
        self.both.model.cancel(job)
        self.both.settle()

    @rule(function=functions)
    def purge(self, function: bytes) -> None:
        self.both.typed(b"purge " + function)
        for job in self.both.model.of(function):
            if job.worker is None:
                self.both.model.cancel(job, "it was purged")
        self.both.settle()

    @precondition(lambda self: self.both.model.dead)
    @rule(which=which, slot=who, then=st.sampled_from((None, "done", "done", "dead")))
    def retry(self, which: int, slot: int, then: str | None) -> None:
        """A dead job waits again; it waits on, is the next that is done, or dies once more."""
        job = list(self.both.model.dead.values())[which % len(self.both.model.dead)]
        answer = self.both.typed(b"retry " + job.handle)
        revived = self.both.model.retry(job)
        assert revived == (answer[-1] == b".\n")
        self.both.settle()
        if then == "done" and revived:
            self.can_do(slot, job.function, None)
            self.grab(slot, P.GRAB_JOB)
            if job.worker is not None:
                self.complete(job, job.worker)
        elif then == "dead":
            self.die(slot, job.function, 1)

    def complete(self, job: Job, end: End) -> None:
        """Have the worker of a job say that it is done."""
        heard = self.both.said(end.number, P.WORK_COMPLETE, job.handle, b"1")
        self.both.model.report(end, P.WORK_COMPLETE, job.handle, [b"1"])
        self.both.settle(end.number, heard)

    @precondition(lambda self: self.both.model.dead)
    @rule(function=functions)
    def purge_dead(self, function: bytes) -> None:
        self.both.typed(b"purge %b dead" % function)
        for job in [job for job in self.both.model.dead.values() if job.function == function]:
            del self.both.model.dead[job.handle]
        self.both.settle()

    @rule(function=functions)
    def pause(self, function: bytes) -> None:
        if self.both.typed(b"pause " + function)[-1] == b".\n":
            self.both.model.paused.add(function)
        self.both.settle()

    @rule(function=functions)
    def resume(self, function: bytes) -> None:
        self.both.typed(b"resume " + function)
        self.both.model.paused.discard(function)
        self.both.settle()

    @rule(function=functions, limit=st.sampled_from((0, 0, 1, 3)))
    def maxqueue(self, function: bytes, limit: int) -> None:
        assert [b"OK\r\n"] == self.both.typed(b"maxqueue %b %d" % (function, limit))
        self.both.model.maxqueue[function] = limit

    @rule(function=functions, word=st.sampled_from((b"create", b"drop")))
    def create_or_drop(self, function: bytes, word: bytes) -> None:
        model = self.both.model
        (answer,) = self.both.typed(word + b" function " + function)
        jobs = model.of(function) or any(job.function == function for job in model.dead.values())
        used = jobs or any(function in end.abilities for end in model.ends)
        if word == b"drop" and not used:
            model.paused.discard(function)
            if answer.startswith(b"OK"):  # of a function that is not known yet the limit stays
                model.maxqueue.pop(function, None)
        else:
            assert (word == b"create") == answer.startswith(b"OK")

    # -- what always holds -----------------------------------------------------------------------

    @invariant()
    def the_accounts_are_the_models(self) -> None:
        self.both.compare()

    @invariant()
    def all_is_well(self) -> None:
        look_around(self.both.engine)
        for function in FUNCTIONS:
            sleepers = [end for end in self.both.model.ends if end.asleep and function in end.abilities]
            coming = [end for end in self.both.model.ends if end.woken_until and function in end.abilities]
            assert not sleepers or len(coming) >= len(self.both.model.runnable(function))

    def teardown(self) -> None:
        """Let one worker do all that is left; then nothing is left, and all have been told."""
        for function in FUNCTIONS:
            self.resume(function)
        for slot in range(SLOTS):
            self.reset(slot)
        for function in FUNCTIONS:
            self.can_do(0, function, None)
        self.pass_time(0.0, 10_000.0)
        for _ in range(2 * len(self.both.model.jobs)):
            self.report(0, None, P.WORK_COMPLETE)
            self.grab(0, P.GRAB_JOB_ALL)
        self.all_is_well()
        assert [] == list(self.both.engine.registry.jobs)
        assert set() == {handle for owed in self.both.owed.values() for handle in +owed}
        self.pass_time(1.0, 0.0)
        assert inf == self.both.engine.due()


TestEngineIsTheModel = pytest.mark.timeout(400)(EngineIsTheModel.TestCase)  # to shrink takes a minute
TestEngineIsTheModel.settings = settings(
    max_examples=int(os.environ.get("GEAR_EXAMPLES", "120")),
    stateful_step_count=60,
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    database=None,
    suppress_health_check=list(HealthCheck),
)

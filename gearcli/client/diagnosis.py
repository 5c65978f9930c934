"""What is wrong with servers and their queues, why, and what to do.  No I/O.

Each rule looks at an `Examination` and yields findings.  A finding is wrong,
or a note: something to know that harms nobody yet.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from gearcli.client.documents import FunctionState
from gearcli.client.examination import Examination
from gearcli.client.likeness import Names
from gearcli.client.survey import Answer
from gearcli.escape import shown
from gearcli.units import counted

_SLOW = 1.0
"""Seconds from which on an answer to a small question is slow."""
_MANY = 100
"""Waiting jobs from which on a queue that grows is more than a moment's."""
_NEAR = 0.8
"""The part of a limit from which on it is near."""
_OFTEN = 3
"""How often a job is handed out before its workers are suspected."""


class Level(StrEnum):
    """How bad a finding is."""

    WRONG = "wrong"
    NOTE = "note"


class Finding(NamedTuple):
    """Something to know; `what` and `advice` are safe to show."""

    level: Level
    kind: str
    """Which rule has found it; stable, for programs."""
    server: str | None
    function: bytes | None
    what: str
    advice: str


class Patient(NamedTuple):
    """A server that was examined, beside the others."""

    server: str
    seen: Examination
    others: Mapping[str, Examination]
    """The other servers, by their names."""
    names: Names
    """The functions that workers can do, on any server."""

    @property
    def option(self) -> str:
        """How to name it on a command line."""
        return f"-s {self.server}"

    def finding(
        self, level: Level, kind: str, what: str, advice: str, function: bytes | None = None
    ) -> Finding:
        """Something about it."""
        return Finding(level, kind, self.server, function, what, advice)


Rule: TypeAlias = Callable[[Patient], Iterable[Finding]]


def diagnose(answers: Sequence[Answer[Examination]]) -> list[Finding]:
    """All findings: those about servers in their order, what is wrong first; then what they differ in."""
    seen = {str(answer.address): answer.value for answer in answers if answer.value is not None}
    worked = {each.function for value in seen.values() for each in value.now if each.workers}
    names = Names(sorted(worked))
    findings = list(map(_unanswered, filter(lambda answer: answer.error is not None, answers)))
    for server, value in seen.items():
        others = {name: other for name, other in seen.items() if name != server}
        patient = Patient(server, value, others, names)
        findings += [finding for rule in RULES for finding in rule(patient)]
    findings += _differences(seen)
    return sorted(findings, key=lambda finding: finding.level is not Level.WRONG)


def quoted(name: bytes) -> str:
    """A function's name as a word of a command line, if it can be one."""
    return shlex.quote(shown(name))


def _unanswered(answer: Answer[Examination]) -> Finding:
    server, words = str(answer.address), shown(str(answer.error))
    what = words if server in words else f"{server}: {words}"
    advice = "see that it runs and that the address is right; gear ping tries again"
    return Finding(Level.WRONG, "no-answer", server, None, what, advice)


# -- queues ----------------------------------------------------------------------------------


def _waiting(state: FunctionState) -> int:
    """Jobs that could run now."""
    return state.queued - (state.delayed or 0)


def _jobs(count: int) -> str:
    return "1 job waits" if count == 1 else f"{count} jobs wait"


def without_worker(patient: Patient) -> Iterator[Finding]:
    """Queues that nobody works on; what their submitter may have meant."""
    for state in patient.seen.now:
        if not state.stuck:
            continue
        meant = patient.names.like(state.function)
        elsewhere = _workers_elsewhere(patient, state.function)
        kind, advice = "no-worker", _start_one(patient, state)
        if elsewhere:
            places = ", ".join(elsewhere)
            advice = f"its workers are connected to {places} only: let them have {patient.option} too"
        elif meant is not None and meant[0] != state.function:
            kind = "misspelt"
            advice = (
                f"workers can do {quoted(meant[0])}, which differs in {meant[1]}: submit to that, "
                f"or let a worker register {quoted(state.function)}"
            )
        yield patient.finding(
            Level.WRONG, kind, f"{_jobs(_waiting(state))}, and no worker can do it", advice, state.function
        )


def _workers_elsewhere(patient: Patient, function: bytes) -> list[str]:
    """The other servers at which workers can do a function."""
    return [
        server
        for server, seen in patient.others.items()
        if any(each.function == function and each.workers for each in seen.now)
    ]


def _start_one(patient: Patient, state: FunctionState) -> str:
    name = quoted(state.function)
    rid = f"; or be rid of the jobs: gear purge {patient.option} {name}" if patient.seen.ours else ""
    return f"start a worker: gear worker {patient.option} -f {name} -- COMMAND{rid}"


def paused(patient: Patient) -> Iterator[Finding]:
    """Functions whose jobs are held back, which somebody may have forgotten."""
    for state in patient.seen.now:
        if state.paused:
            level = Level.WRONG if _waiting(state) else Level.NOTE
            what = f"it is paused; {_jobs(_waiting(state))}"
            advice = f"let it go on: gear resume {patient.option} {quoted(state.function)}"
            yield patient.finding(level, "paused", what, advice, state.function)


def _twice(seen: Examination) -> Iterator[tuple[FunctionState, FunctionState]]:
    """The functions that were there at both looks."""
    before = {state.function: state for state in seen.before}
    return ((before[state.function], state) for state in seen.now if state.function in before)


def growing(patient: Patient) -> Iterator[Finding]:
    """Queues that get longer while all of their workers are busy."""
    for before, now in _twice(patient.seen):
        grown = _waiting(now) - _waiting(before)
        if grown <= 0 or not now.workers or now.running < now.workers or now.paused:
            continue
        level = Level.WRONG if _waiting(now) >= _MANY else Level.NOTE
        rate = grown / max(patient.seen.interval, 0.001)
        what = f"{_jobs(_waiting(now))}, {rate:.3g} more each second, and all {now.workers} workers are busy"
        advice = (
            "start more workers, or limit the queue: "
            f"gear admin maxqueue {patient.option} {quoted(now.function)} {2 * _waiting(now)}"
        )
        yield patient.finding(level, "growing", what, advice, now.function)


def not_taken(patient: Patient) -> Iterator[Finding]:
    """Queues whose workers are idle and take nothing: they hang, or wait for something else."""
    for before, now in _twice(patient.seen):
        idle = now.running == before.running == 0 and now.workers > 0 and not now.paused
        if not idle or not 0 < _waiting(before) <= _waiting(now):
            continue
        untold = "" if now.delayed is not None else ", unless the jobs are not due yet"
        level = Level.WRONG if now.delayed is not None else Level.NOTE
        whose = "its worker takes none" if now.workers == 1 else f"its {now.workers} workers take none"
        what = f"{_jobs(_waiting(now))}, and {whose}{untold}"
        advice = f"they may hang or be busy with other functions: gear workers {patient.option}"
        yield patient.finding(level, "not-taken", what, advice, now.function)


def near_limit(patient: Patient) -> Iterator[Finding]:
    """Queues that will soon take no more jobs."""
    for state in patient.seen.now:
        limit = min((each for each in state.maxqueue or () if each > 0), default=None)
        if limit is not None and state.total >= _NEAR * limit:
            what = f"it has {state.total} of at most {limit} jobs; more are refused with QUEUE_ERROR"
            higher = f"gear admin maxqueue {patient.option} {quoted(state.function)} {2 * limit}"
            advice = f"start more workers, or raise it: {higher}"
            yield patient.finding(Level.WRONG, "limit", what, advice, state.function)


# -- workers, jobs, the server ------------------------------------------------------------------


def silent_workers(patient: Patient) -> Iterator[Finding]:
    """Workers that neither sleep nor work while there are jobs for them: nobody can be waking them."""
    wanted = {state.function for state in patient.seen.now if _waiting(state) and not state.paused}
    for each in patient.seen.clients or ():
        if each.number in patient.seen.idle and wanted.intersection(each.functions):
            who = f"worker {each.address} ({shown(each.client_id) or 'without a name'})"
            what = f"{who} does not ask for jobs, though some wait for it"
            advice = "it hangs or was stopped: look at its process, and start it again"
            yield patient.finding(Level.WRONG, "silent-worker", what, advice)


def often_tried(patient: Patient) -> Iterator[Finding]:
    """Jobs that were handed out again and again: something in them ends their workers."""
    for job in patient.seen.jobs or ():
        if job.attempt >= _OFTEN:
            handle = quoted(job.handle)
            what = f"job {shown(job.handle)} was handed out {job.attempt} times; it loses its workers"
            advice = f"look at it: gear job {patient.option} {handle}; be rid of it: gear cancel {handle}"
            yield patient.finding(Level.WRONG, "often-tried", what, advice, job.function)


def dead_jobs(patient: Patient) -> Iterator[Finding]:
    """Jobs that were given up because their workers were lost: nobody does them any longer."""
    for state in patient.seen.now:
        if state.dead:
            name = quoted(state.function)
            what = f"{counted(state.dead, 'dead job')}: each has lost its worker too often"
            advice = (
                f"see why: gear jobs {patient.option} --dead {name}; queue one again: gear retry "
                f"{patient.option} HANDLE; be rid of them: gear purge {patient.option} --dead {name}"
            )
            yield patient.finding(Level.WRONG, "dead", what, advice, state.function)


def shared_uniques(patient: Patient) -> Iterator[Finding]:
    """Jobs without a unique of their own, of which gearmand's stores keep one only."""
    counts = Counter(unique for unique in patient.seen.uniques or () if unique in (b"", b"-"))
    for unique, count in counts.items():
        if count > 1:
            what = f"{count} jobs have the unique {shown(unique)!r}"
            advice = "a gearmand with a store keeps one of them: let clients send them, as gear submit does"
            yield patient.finding(Level.NOTE, "uniques", what, advice)


def slow(patient: Patient) -> Iterator[Finding]:
    """A server that takes long for little."""
    if patient.seen.round_trip >= _SLOW:
        what = f"it took {patient.seen.round_trip:.3g} s to answer a small question"
        advice = f"it is overloaded, or the way to it is: gear ping {patient.option} -c 100"
        yield patient.finding(Level.WRONG, "slow", what, advice)


RULES: tuple[Rule, ...] = (
    slow, without_worker, paused, not_taken, growing, near_limit, silent_workers, often_tried, dead_jobs,
    shared_uniques,
)  # fmt: skip
"""What is looked for at each server, in this order."""


def _differences(seen: Mapping[str, Examination]) -> Iterator[Finding]:
    """Servers that are used as one and are not alike."""
    products: dict[str, list[str]] = {}
    for server, each in seen.items():
        products.setdefault(each.product, []).append(server)
    if len(products) > 1:
        told = "; ".join(f"{shown(product)}: {', '.join(servers)}" for product, servers in products.items())
        advice = "a job may be treated differently by each: let all be of one version"
        yield Finding(Level.NOTE, "versions", None, None, f"the servers are not the same: {told}", advice)


def client_differs(seen: Iterable[tuple[str, Examination]], ours: str) -> Iterator[Finding]:
    """Gear servers of another version than the client's, ``gear 1.2``."""
    for server, each in seen:
        if each.ours and each.product != ours:
            what = f"it is {shown(each.product)}, this command is {ours}"
            yield Finding(Level.NOTE, "version", server, None, what, "let both be of one version")

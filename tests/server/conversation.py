"""An engine and its model, which are told the same: both must answer the same, and be alike."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from gearcli.escape import percent_encoded
from gearcli.protocol.packets import Packet, PacketType
from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.operator import Operator
from tests.server.model import End, Job, Model
from tests.server.transcript import Talker

FUNCTIONS = (b"a", b"b")
ENDS = (P.WORK_COMPLETE, P.WORK_FAIL, P.WORK_EXCEPTION)
SLOTS = 3
"""Connections at a time."""

NO_FUNCTION: dict[str, Any] = {
    "waiting": {"high": 0, "normal": 0, "low": 0}, "delayed": 0, "running": 0, "workers": 0, "paused": False,
}  # fmt: skip
"""What is true of a function that nobody uses."""


class Both:
    """An engine and a model, and the connections to both."""

    def __init__(self, retries: int, lease: float, wakeup: int) -> None:
        self.engine = Engine(b"H:", retries=retries, lease=lease, worker_wakeup=wakeup)
        self.engine.handlers[P.TEXT] = Operator(self.engine, version="0", pid=1).text
        self.operator = Talker(self.engine, SLOTS)
        self.model = Model(retries, lease)
        self.owed: defaultdict[Talker, Counter[bytes]] = defaultdict(Counter)
        self.slots: list[tuple[Talker, End]] = []
        self.pass_time(0.0, 1_000_000_000.0)
        for number in range(SLOTS):
            self.slots.append(self.connected(number))

    def connected(self, number: int) -> tuple[Talker, End]:
        """A connection more, to the engine and to the model."""
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

    def submitted(self, slot: int, heard: list[Packet], background: bool) -> None:
        """A job was submitted; who awaits it is owed a word of its end."""
        for type_, fields in heard:
            if type_ is P.JOB_CREATED and not background:
                self.owed[self.slots[slot][0]][fields[0]] += 1
        self.settle(slot, heard)

    def pass_time(self, seconds: float, jump: float) -> None:
        """Let so many seconds pass; the time of day may jump besides."""
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

    def compare(self) -> None:
        """What an operator is told of functions and jobs is what the model knows of them."""
        told = {document["handle"]: document for document in self.told(b"jobs")}
        shown = {
            handle: {key: told[handle][key] for key in self.model.account(job)}
            for handle, job in self.shown_jobs()
        }
        assert {handle: self.model.account(job) for handle, job in self.shown_jobs()} == shown
        assert len(told) == len(shown)
        keys = "handle", "function", "unique", "attempt", "size"
        dead = [tuple(document[key] for key in keys) for document in self.told(b"dead")]
        assert sorted(self.dead()) == sorted(dead)
        died = [self.model.dead[handle.encode()].died for handle, *_ in dead]
        assert sorted(died) == died, "those that died first are at the front"
        functions = {document["function"]: document for document in self.told(b"functions")}
        assert {percent_encoded(job.function) for job in self.model.dead.values()} <= functions.keys()
        for function in FUNCTIONS:
            expected = self.model.function_account(function)
            document = functions.get(percent_encoded(function), NO_FUNCTION)
            assert expected == {key: document[key] for key in expected}

    def dead(self) -> list[tuple[Any, ...]]:
        """What an operator must be told of the dead."""
        return [
            (*map(percent_encoded, (job.handle, job.function, job.unique)), job.attempts, len(job.workload))
            for job in self.model.dead.values()
        ]

    def shown_jobs(self) -> list[tuple[str, Job]]:
        return [(percent_encoded(handle), job) for handle, job in self.model.jobs.items()]


def assignment(type_: PacketType, job: Job) -> Packet:
    """How a worker is given a job that it asked for with `type_`."""
    if type_ is P.GRAB_JOB:
        return P.JOB_ASSIGN, [job.handle, job.function, job.workload]
    if type_ is P.GRAB_JOB_ALL and job.reducer:
        return P.JOB_ASSIGN_ALL, [job.handle, job.function, job.unique, job.reducer, job.workload]
    return P.JOB_ASSIGN_UNIQ, [job.handle, job.function, job.unique, job.workload]

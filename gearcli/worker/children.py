"""The commands that run: started for jobs, and taken in when they have ended."""

from __future__ import annotations

import contextlib
import errno
import os

from gearcli.escape import shown
from gearcli.worker.attempt import Attempt, not_started
from gearcli.worker.child import Child, Ears, Ended
from gearcli.worker.command import OUTPUT, close_on_execution
from gearcli.worker.guardian import Guardian
from gearcli.worker.notes import OFTEN
from gearcli.worker.starter import Started, Starter
from gearcli.worker.worker import Job, Slot


class Children:
    """Starts commands, at most one at a time for a slot, and takes them in.

    It is made before there are descriptors that commands could inherit.
    """

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._children: dict[int, Child] = {}
        self._of: dict[Slot, Child] = {}
        close_on_execution()
        self._guardian = Guardian()

    @property
    def marks(self) -> dict[str, str]:
        """The variables that every command has to have."""
        return self._guardian.mark

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._children)

    def start(self, starter: Starter, slot: Slot, job: Job, number: int, ended: Ended) -> None:
        """Have a command work on a job of a slot; it is the attempt of that number."""
        attempt = Attempt(job, starter.recipe, number, lambda words: self._note(job, words))
        try:
            child = self._child_for(starter, slot, job, number)
        except OSError as error:
            ended(slot, attempt, not_started(error), 0.0)
            return
        child.work_on(attempt, ended)
        child.listen()

    def stand(self, starter: Starter, slot: Slot) -> None:
        """Start the command that stays of a slot, before its first job; if it cannot, that job will tell."""
        with contextlib.suppress(OSError):
            self._standing(starter, slot).listen()

    def dismiss(self, slot: Slot) -> None:
        """A slot is done with; so is the command that stays."""
        if slot in self._of:
            self._of.pop(slot).dismiss()

    def kill(self, slot: Slot) -> None:
        """Kill the command of a slot."""
        if slot in self._of:
            self._of[slot].command.kill()

    def hold(self, slot: Slot, held: bool) -> None:
        """Whether to stop listening to the command of a slot, because what it says cannot be sent on."""
        if slot in self._of:
            self._of[slot].hold(held)

    def end(self) -> None:
        """Leave nothing behind."""
        for child in self._children.values():
            child.command.kill()
        for pid, child in self._children.items():
            os.waitpid(pid, 0)
            child.forget()
        self._children.clear()
        self._guardian.close()

    def reap(self) -> None:
        """Take in the commands that have ended."""
        while self._children:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            child = self._children.pop(ended.si_pid, None)
            if child is not None:
                # While the command is a zombie, the number of its group is still its own.
                child.command.kill()
            _, status = os.waitpid(ended.si_pid, 0)
            if child is not None:
                self._guardian.release(child.place)
                if self._of.get(child.slot) is child:
                    del self._of[child.slot]
                child.over(status)

    def _child_for(self, starter: Starter, slot: Slot, job: Job, number: int) -> Child:
        """A child that works on a job.  Raises OSError."""
        delimiter = starter.recipe.persistent
        if delimiter is None:
            return self._born(starter, starter.start(job, number), slot)
        record = _record(job.workload, delimiter)
        child = self._of.get(slot)
        if child is not None and not child.useless and child.command.read(OUTPUT):
            child.discard("wrote what nobody asked for")
        if child is None or child.useless or OUTPUT not in child.command.pipes:
            child = self._standing(starter, slot)
        child.command.give(record, last=False)
        return child

    def _standing(self, starter: Starter, slot: Slot) -> Child:
        return self._born(starter, starter.start_standing(), slot)

    def _born(self, starter: Starter, started: Started, slot: Slot) -> Child:
        child = Child(starter.recipe, started, slot, self._ears)
        child.place = self._guardian.guard(started.command.pid)
        self._children[started.command.pid] = self._of[slot] = child
        return child

    def _note(self, job: Job, words: str) -> None:
        """A command wants something to be logged."""
        self._ears.say(OFTEN, f"{name_of(job)}: {words}", "note")


def name_of(job: Job) -> str:
    """How messages call a job."""
    return f"{shown(job.function)} {shown(job.handle)}"


def _record(workload: bytes, delimiter: bytes) -> bytes:
    """A workload as a record.  Raises OSError where it would be several."""
    text = workload.removesuffix(delimiter)
    if delimiter in text:
        held = (
            "a newline in it, and each is a line; -0 could take it" if delimiter == b"\n" else "a NUL in it"
        )
        raise OSError(errno.EINVAL, f"the workload has {held}")
    return text + delimiter

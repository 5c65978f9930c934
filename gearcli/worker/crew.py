"""Slots that follow one plan: as many as are wanted, which take jobs, rest, and leave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from gearcli.client.pauses import Pauses
from gearcli.errors import ProtocolError
from gearcli.escape import shown
from gearcli.protocol.packets import Packet
from gearcli.timers import Timers
from gearcli.worker.children import Children
from gearcli.worker.fleet import Fleet
from gearcli.worker.notes import ALWAYS, Observer, Say
from gearcli.worker.plan import Plan
from gearcli.worker.sense import check_function
from gearcli.worker.starter import Starter
from gearcli.worker.treatment import Treatment
from gearcli.worker.worker import Session, Slot

_IN_A_ROW = 5
"""Failures after which a command is given a pause."""
_FIRST_PAUSE = 0.25
_SHRINK = 5.0
"""Seconds between two looks at whether fewer slots would do."""
_ANSWER = 2.0
"""Seconds for which a server may take to answer a slot that is done with."""


class Means(NamedTuple):
    """What all crews of a worker share."""

    children: Children
    fleet: Fleet
    timers: Timers
    say: Say
    observer: Observer
    number: Iterator[int]
    """Numbers for slots."""
    began: Callable[[], None]
    """Called when a job begins."""
    worked: Callable[[], None]
    """Called when a job has ended."""
    left: Callable[[], None]
    """Called when the last slot of a crew has left."""


class Crew:
    """The slots of a plan; it does `count` jobs, None for any number.

    Raises CommandError if the command cannot be executed at all, and UsageError
    for functions that no server would take.
    """

    def __init__(self, plan: Plan, means: Means, count: int | None = None) -> None:
        for function in plan.functions:
            check_function(function)
        self.plan = plan
        self.busy = 0
        """How many slots have a job."""
        self.slots: dict[Slot, None] = {}
        self._means = means
        self._starter = Starter(plan.recipe, means.children.marks)
        self._treatment = Treatment(
            self._starter,
            children=means.children,
            fleet=means.fleet,
            timers=means.timers,
            say=means.say,
            observer=means.observer,
            over=self._over,
        )
        self._left = count
        self._quiet = False
        self._leaving: set[Slot] = set()
        self._most_busy = 0
        self._failures = 0
        self._pauses = Pauses(_FIRST_PAUSE, plan.recipe.backoff)
        self._shrinks = False

    # -- slots ---------------------------------------------------------------------------

    @property
    def functions(self) -> Sequence[bytes]:
        """What new connections are registered for."""
        return self.plan.functions if not self._quiet else ()

    @property
    def asleep(self) -> bool:
        """Whether no server has a job for any slot."""
        return all(slot.asleep for slot in self.slots)

    def begin(self) -> None:
        """Have as many slots as there are to be at least."""
        wanted = self.plan.least if self._left is None else min(self.plan.least, self._left)
        while len(self.slots) < wanted:
            self._add()

    def resize(self, plan: Plan) -> None:
        """Follow a plan that differs in how many slots there are."""
        self.plan = plan
        self.begin()
        self._retire(len(self.slots) - plan.most)

    def quiet(self) -> None:
        """Take no more jobs, and be registered for nothing, until `resume`."""
        self._quiet = True
        for slot in list(self.slots):
            slot.rest()
            self._settle(slot)

    def resume(self) -> None:
        """Take jobs again."""
        self._quiet = False
        for slot in self.slots.keys() - self._leaving:
            unknown = [session for session in slot.sessions if not session.registered]
            for session in unknown:
                session.can_do(self.plan.functions)
            if unknown:
                slot.ask_all()
            slot.resume()
            self._means.fleet.push(slot)

    def leave(self) -> None:
        """Do what was begun and no more."""
        self._retire(len(self.slots))

    def _add(self) -> None:
        slot = Slot(next(self._means.number))
        self.slots[slot] = None
        if self.plan.recipe.persistent is not None:
            self._means.children.stand(self._starter, slot)
        if self._quiet:
            slot.rest()
        self._means.fleet.enlist(slot, self)

    def _retire(self, count: int) -> None:
        """Have so many fewer slots, idle ones first."""
        slots = sorted(self.slots.keys() - self._leaving, key=lambda slot: not slot.free)
        for slot in slots[: max(0, count - len(self._leaving))]:
            self._retire_one(slot)
            self._settle(slot)

    def _retire_one(self, slot: Slot) -> None:
        self._leaving.add(slot)
        slot.rest()
        self._means.timers.add(time.monotonic() + _ANSWER, partial(self._give_up, slot))

    def _settle(self, slot: Slot) -> None:
        """A slot that has no job may leave, or be registered for nothing."""
        if not slot.free:
            return
        if slot in self._leaving:
            self._dismiss(slot)
        elif self._quiet:
            for session in slot.sessions:
                session.can_do_nothing()
            self._means.fleet.push(slot)

    def _give_up(self, slot: Slot) -> None:
        """A server does not answer whether it has a job; one that it assigns later is offered again."""
        if slot in self.slots and slot.job is None:
            self._dismiss(slot)

    def _dismiss(self, slot: Slot) -> None:
        del self.slots[slot]
        self._leaving.discard(slot)
        self._means.children.dismiss(slot)
        self._means.fleet.dismiss(slot)
        if not self.slots:
            self._means.left()

    def _grow(self) -> None:
        """While jobs wait there is always one slot more than work."""
        self._most_busy = max(self._most_busy, self.busy)
        enough = self._left is not None and self._idle >= self._left
        if self.busy == len(self.slots) < self.plan.most and not enough and not self._leaving:
            self._add()
            self._look_later()

    def _look_later(self) -> None:
        if not self._shrinks and len(self.slots) > self.plan.least:
            self._shrinks = True
            self._means.timers.add(time.monotonic() + _SHRINK, self._shrink)

    def _shrink(self) -> None:
        """Have no more slots than were wanted lately, and one."""
        self._shrinks = False
        wanted = max(self.plan.least, min(self.plan.most, self._most_busy + 1))
        self._most_busy = self.busy
        self._retire(len(self.slots) - wanted)
        self._look_later()

    @property
    def _idle(self) -> int:
        return len(self.slots) - self.busy

    # -- jobs ------------------------------------------------------------------------------

    def take(self, slot: Slot, session: Session, packet: Packet) -> None:
        """A server has said something.  Raises ProtocolError and ConnectionLost."""
        job = slot.receive(session, packet)
        if job is None:
            self._settle(slot)
            return
        if job.function not in self.plan.functions:
            slot.done()
            raise ProtocolError(f"{session.address} assigned a job of {shown(job.function)}, unasked for")
        self.busy += 1
        if self._left is not None:
            self._left -= 1
        self._means.began()
        self._treatment.begin(slot, job)
        self._grow()

    def lost(self, slot: Slot, session: Session) -> None:
        """A connection is gone; a job that came over it is the server's to offer again."""
        if slot.job is not None and slot.job.session is session:
            self._means.children.kill(slot)

    def _over(self, slot: Slot, result: str) -> None:
        """A job has ended in one way or another; have its slot ask for the next."""
        self.busy -= 1
        if self._left is not None and result in ("requeued", "lost"):
            self._left += 1  # it is not done
        if result != "lost":
            self._count_failures(slot, failed=result != "done")
        if self._left is not None and self._idle > self._left:
            self._retire_one(slot)
        slot.done()
        self._settle(slot)
        self._means.fleet.push(slot)
        self._means.worked()

    def _count_failures(self, slot: Slot, *, failed: bool) -> None:
        """After many failures in a row a slot takes its next job later: others may do it better."""
        self._failures = self._failures + 1 if failed else 0
        recipe = self.plan.recipe
        if self._failures < _IN_A_ROW or not recipe.backoff:
            self._pauses.reset()
            return
        if self._failures == _IN_A_ROW:
            words = f"{recipe.argv[0]} failed {_IN_A_ROW} times in a row; pausing between jobs"
            self._means.say(ALWAYS, words, "backoff", command=recipe.argv[0])
        slot.rest()
        self._means.timers.add(time.monotonic() + self._pauses.next(), partial(self._go_on, slot))

    def _go_on(self, slot: Slot) -> None:
        if slot in self.slots and slot not in self._leaving and not self._quiet:
            slot.resume()
            self._means.fleet.push(slot)

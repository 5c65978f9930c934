"""All of a worker in one process: one selectors loop over servers, pipes and signals.

There are no threads, but for one that asks for the name of a server, which cannot be done otherwise.
"""

from __future__ import annotations

import itertools
import selectors
import signal
import socket
import time
from collections.abc import Callable
from math import inf

from gearcli.client.connection import seconds_until
from gearcli.errors import GearError
from gearcli.signals import received, registered, wanted
from gearcli.timers import Timers
from gearcli.worker import descriptors
from gearcli.worker.child import Ears, Errors, pass_on
from gearcli.worker.children import Children
from gearcli.worker.crew import Crew, Means
from gearcli.worker.ending import Ending
from gearcli.worker.fleet import Fleet
from gearcli.worker.notes import ALWAYS, Observer, Say, Unobserved
from gearcli.worker.plan import Plan, Reread, Settings
from gearcli.worker.service import Service
from gearcli.worker.worker import Slot


class Pool:
    """Runs commands for the jobs of some functions, until told to stop.

    `say` takes what happens, `errors` what commands say on standard error.
    Raises CommandError if a command cannot be executed at all, UsageError for
    functions that no server would take, and NotPermitted if there are more
    slots than this process may have files open for.
    """

    def __init__(
        self,
        settings: Settings,
        say: Say,
        *,
        observer: Observer | None = None,
        service: Service | None = None,
        errors: Errors = pass_on,
    ) -> None:
        self._settings = settings
        self._say = say
        self._service = service or Service({})
        self.selector = selectors.DefaultSelector()
        self.timers = Timers()
        self._children = Children(Ears(self.selector, self.timers, say, self._push, errors))
        self._fleet = Fleet(
            settings.servers,
            self.selector,
            self.timers,
            say=say,
            blocked=self._children.hold,
            client_id=settings.client_id,
            connect_timeout=settings.connect_timeout,
            patience=self._patience_with_servers,
            stays=not settings.terms.burst,
        )
        self._means = Means(
            children=self._children,
            fleet=self._fleet,
            timers=self.timers,
            say=say,
            observer=observer or Unobserved(),
            number=itertools.count(),
            began=self._began,
            worked=self._worked,
            left=self._left,
        )
        self._crews: dict[str, Crew] = {}
        self._former: list[Crew] = []
        """Crews that finish what they have begun."""
        self._ending = Ending(settings.terms, self.timers, self._drain)
        self._stop_at: float | None = None
        self._signalled = 0
        self._quiet = False
        try:
            descriptors.see_to(settings.plans, len(settings.servers))
            for plan in settings.plans:
                self._crews[plan.name] = Crew(plan, self._means, settings.terms.jobs)
        except GearError:
            self._end_all()
            raise

    def stop_when_readable(self, lifeline: int) -> None:
        """Stop at once when `lifeline` can be read: whoever holds its other end is gone."""
        self.selector.register(lifeline, selectors.EVENT_READ, lambda _: self._cut_short(0))

    @property
    def told_to_stop(self) -> bool:
        """Whether a signal has asked for the end."""
        return bool(self._signalled)

    def slots(self) -> list[tuple[str, str, int]]:
        """How many slots of each plan are busy and idle, with the plan's name."""
        return [
            (name, state, count)
            for name, crew in self._crews.items()
            for state, count in (("busy", crew.busy), ("idle", len(crew.slots) - crew.busy))
        ]

    def servers(self) -> list[tuple[str, bool]]:
        """The servers, and whether there is a connection to each."""
        return self._fleet.states

    def run(self) -> int | None:
        """Work until told to stop.  Returns the number of the signal that cut a job short, else None.

        Raises ConnectFailed when no server can be reached at the start, and why no
        server could be asked where it is to end when no jobs are left.
        """
        try:
            with registered(self.selector, self._signals(), self._signal_data):
                for crew in self._crews.values():
                    crew.begin()
                while not self._finished():
                    self._turn()
            return self._signalled if self._busy else None
        finally:
            self._end_all()

    # -- the turn -------------------------------------------------------------------

    def _turn(self) -> None:
        for key, mask in self.selector.select(self._patience()):
            key.data(mask)
        for call in self.timers.pop_due(time.monotonic()):
            call()
        if self._stop_at is None:
            self._fleet.check_start()
            if self._fleet.connected:
                self._service.ready(self.timers)
            if self._fleet.settled and all(crew.asleep for crew in self._crews.values()):
                self._nothing_left()

    def _nothing_left(self) -> None:
        """No server has a job.  Raises why no server could be asked, where the worker ends for that."""
        absence = self._fleet.absence if self._settings.terms.burst else None
        if absence is not None:
            raise absence
        self._ending.nothing_left()

    @property
    def _patience_with_servers(self) -> float | None:
        """Seconds for which a server may be silent; None where all there is to do is to wait for it."""
        settings = self._settings
        several = len(settings.servers) > 1
        return settings.connect_timeout if several or settings.terms.burst else None

    def _patience(self) -> float:
        """Seconds until something is due."""
        return seconds_until(min(self.timers.due, inf if self._stop_at is None else self._stop_at))

    def _finished(self) -> bool:
        if self._stop_at is None:
            return False
        left = self._fleet.connected or self._children.count
        return not left or time.monotonic() >= self._stop_at

    @property
    def _busy(self) -> int:
        """How many jobs are being done."""
        return sum(crew.busy for crew in [*self._crews.values(), *self._former])

    def _push(self, slot: Slot) -> None:
        self._fleet.push(slot)

    def _began(self) -> None:
        self._ending.began()

    def _worked(self) -> None:
        """A job has ended."""
        if self._settings.terms.max_idle is not None:
            self._ending.worked(idle=not self._busy)

    def _left(self) -> None:
        """A crew has no slots any more."""
        self._former = [crew for crew in self._former if crew.slots]
        if not self._former and not any(crew.slots for crew in self._crews.values()):
            self._drain("all jobs are done")  # of as many as were wanted

    # -- signals ----------------------------------------------------------------------

    def _signals(self) -> list[signal.Signals]:
        """What we listen to: to HUP, although it was ignored, if there is something to read again."""
        return wanted(_ACTIONS) if self._settings.reread is None else list(_ACTIONS)

    def _signal_data(self, source: socket.socket) -> Callable[[int], None]:
        return lambda _: self._on_signals(source)

    def _on_signals(self, source: socket.socket) -> None:
        for number in dict.fromkeys(received(source)):
            if number in _ACTIONS:
                _ACTIONS[signal.Signals(number)](self, number)

    def _child_ended(self, number: int) -> None:
        self._children.reap()

    def _stop(self, number: int) -> None:
        """TERM or INT (or HUP): finish running jobs within the grace; a second one ends at once."""
        if self._stop_at is not None:
            self._cut_short(number)
        else:
            self._signalled = number
            self._drain("")

    def _rest(self, number: int) -> None:
        """TSTP: take no more jobs until CONT."""
        if not self._quiet and self._stop_at is None:
            self._quiet = True
            self._say(ALWAYS, f"takes no more jobs until SIGCONT; {self._busy} still running", "quiet")
            for crew in self._crews.values():
                crew.quiet()

    def _go_on(self, number: int) -> None:
        """CONT: take jobs again."""
        if self._quiet and self._stop_at is None:
            self._quiet = False
            self._say(ALWAYS, "takes jobs again", "resume")
            for crew in self._crews.values():
                crew.resume()

    def _hang_up(self, number: int) -> None:
        """HUP: read the plans again; where there is nothing to read, the terminal has gone: stop as for TERM.

        A terminal that goes may say so more than once, so a second HUP is no second TERM.
        """
        if self._stop_at is not None:
            return
        if self._settings.reread is None:
            self._stop(number)
        else:
            self._reread(self._settings.reread)

    def _reread(self, read: Callable[[], Reread]) -> None:
        """Follow the plans as they are now."""
        with self._service.reloading():
            try:
                found = read()
                descriptors.see_to(found.plans, len(self._settings.servers))
            except GearError as error:
                self._say(ALWAYS, f"goes on as before: {error}", "reread failed")
                return
            self._follow({plan.name: plan for plan in found.plans})
            if found.too_late:
                words = f"{', '.join(found.too_late)} as the file says now: only once it is started again"
                self._say(ALWAYS, words, "reread")

    # -- plans ------------------------------------------------------------------------

    def _follow(self, plans: dict[str, Plan]) -> None:
        """Change what differs, and leave alone what does not."""
        changes = []
        for name, crew in list(self._crews.items()):
            plan = plans.get(name)
            if plan == crew.plan:
                continue
            if plan is not None and plan._replace(least=crew.plan.least, most=crew.plan.most) == crew.plan:
                crew.resize(plan)
            else:
                self._dissolve(name)
            changes.append(name)
        for name in plans.keys() - self._crews.keys():
            self._form(plans[name])
            changes.append(name)
        words = f"changed {', '.join(dict.fromkeys(changes))}" if changes else "nothing has changed"
        self._say(ALWAYS, f"has read its plans again: {words}", "reread")

    def _dissolve(self, name: str) -> None:
        crew = self._crews.pop(name)
        crew.leave()
        if crew.slots:
            self._former.append(crew)

    def _form(self, plan: Plan) -> None:
        try:
            crew = self._crews[plan.name] = Crew(plan, self._means)
        except GearError as error:  # the command went between the check and now
            self._say(ALWAYS, f"does not work on {plan.name}: {error}", "reread failed")
            return
        if self._quiet:
            crew.quiet()
        crew.begin()

    # -- the end ----------------------------------------------------------------------

    def _drain(self, reason: str) -> None:
        """Finish the running jobs within the grace, and take no more."""
        if self._stop_at is not None:
            return
        self._stop_at = time.monotonic() + self._settings.grace
        self._service.stopping()
        if self._busy or reason:
            running = f"{self._busy} still running" if self._busy else ""
            words = "; ".join(filter(None, ["stopping", reason, running]))
            self._say(ALWAYS, words, "stopping", running=self._busy)
        for crew in self._crews.values():
            crew.leave()

    def _cut_short(self, number: int) -> None:
        self._signalled = number
        self._stop_at = time.monotonic()

    def _end_all(self) -> None:
        """Leave nothing behind."""
        self._children.end()
        self._fleet.close()
        self.selector.close()


_ACTIONS: dict[signal.Signals, Callable[[Pool, int], None]] = {
    signal.SIGTERM: Pool._stop,
    signal.SIGINT: Pool._stop,
    signal.SIGCHLD: Pool._child_ended,
    signal.SIGTSTP: Pool._rest,
    signal.SIGCONT: Pool._go_on,
    signal.SIGHUP: Pool._hang_up,
}

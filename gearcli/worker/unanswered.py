"""Servers that slots have asked for a job, and how long they may say nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from gearcli.client.dispatch import SILENCE
from gearcli.timers import Timers
from gearcli.worker.worker import Session, Slot


class Unanswered:
    """Calls `silent` with a slot, and a session whose server does not answer it.

    Who waits for one server asks no other.  A new connection may be silent for
    `patience` seconds after a job was asked for: a server that has no room for
    more connections lets them wait.  One that has answered before is there, and
    has SILENCE at least.  None is for ever.
    """

    def __init__(
        self, timers: Timers, patience: float | None, silent: Callable[[Slot, Session], None]
    ) -> None:
        self._timers = timers
        self._patience = patience
        self._silent = silent
        self._looked_at: set[Session] = set()

    def look_later(self, slot: Slot, session: Session) -> None:
        """See to it that somebody looks whether a session is answered for which a slot waits."""
        if self._patience is None or session in self._looked_at:
            return
        self._looked_at.add(session)
        patience = max(self._patience, SILENCE) if session.connection.heard else self._patience
        call = partial(self._look, slot, session, slot.questions)
        self._timers.add(time.monotonic() + patience, call)

    def _look(self, slot: Slot, session: Session, question: int) -> None:
        """Tell of a server that has not answered since.

        One that has more to read may read slowly, and would lose what it has not read.
        """
        self._looked_at.discard(session)
        if not slot.waits_for(session):
            return
        heard = session.connection.heard
        if heard and (session.connection.unsent or slot.questions != question):
            self.look_later(slot, session)
        else:
            self._silent(slot, session)

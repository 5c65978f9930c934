"""The store's thread, the only one there is: it makes transactions while the loop serves.

While a transaction is made, what is noted next gathers and becomes the next
one, so the slower the disk is, the more jobs share a transaction.  The loop
never waits for it: the end of a transaction is heard as a byte on `bell`.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from math import inf
from queue import Empty, SimpleQueue

from gearcli.errors import StoreBroken, StoreError
from gearcli.server.collector import no_collector
from gearcli.server.engine import Engine
from gearcli.server.journal import Batch, Journal, restore
from gearcli.server.log import Log
from gearcli.server.peers import Peer
from gearcli.server.store import RESERVED, Changes, Store

LAZINESS = 0.05
"""Seconds for which jobs that are over may wait to be removed together, if nobody waits for anything else.

A killed server runs them again only where the store has no better memory; see `Store.over`.
"""
RETRY = 0.5
"""Seconds after a transaction that failed before the next one for whose sake nobody waits."""
PATIENCE = 10.0
"""Seconds that the end of the server waits for its last transaction."""


class Commits:
    """Queues what a store has, and from then on keeps it up to date."""

    def __init__(self, engine: Engine, store: Store, handle_prefix: bytes, log: Log) -> None:
        """Raises StoreError and StoreDamaged."""
        engine.clock(time.monotonic(), time.time())
        self._registry = engine.registry
        self._registry.name_handles(store.prefix(handle_prefix))
        self._journal = Journal(self._registry)
        with no_collector():
            self.restored = restore(self._registry, store.load())
            """How many jobs the store had that wait to be done."""
        first = store.begin()
        self._registry.number_from(first)
        self._reserved = first + RESERVED
        self._store = store
        self._log = log
        self.bell, self._hammer = socket.socketpair()
        """Can be read when there is something to `settle`."""
        self.bell.setblocking(False)
        self._hammer.setblocking(False)
        self._todo = SimpleQueue[Changes | None]()
        self._done = SimpleQueue[StoreError | None]()
        self._batch: Batch | None = None
        self._noted = 0
        self._lazy_until = 0.0
        self._failing = self._broken = False
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)
        self._thread.start()

    # -- in the loop's thread -----------------------------------------------------------

    @property
    def due(self) -> float:
        """When `hand_over` is wanted next, by `time.monotonic`."""
        return self._lazy_until if self._batch is None and self._journal.batch.changes else inf

    def hand_over(self, now: float) -> None:
        """Begin a transaction if there is reason to, and none is being made."""
        batch = self._journal.batch
        ended = batch.changes.ended
        if len(ended) > self._noted:
            self._store.over(ended[self._noted :])
            self._noted = len(ended)
        if self._batch is None:
            self._reserve(batch.changes)
            if batch.changes and (batch.changes.added or now >= self._lazy_until):
                self._begin()

    def _reserve(self, changes: Changes) -> None:
        """Have numbers set aside long before they are needed."""
        number = self._registry.next_number
        if number + RESERVED // 2 > self._reserved:
            changes.next = number + RESERVED

    def _begin(self) -> None:
        self._batch = self._journal.take()
        self._noted = 0
        self._todo.put(self._batch.changes)

    def settle(self, now: float) -> list[Peer]:
        """Take note of a transaction that has ended; the peers that may be told more now.

        Raises StoreBroken when the store must not be used any longer.
        """
        with contextlib.suppress(BlockingIOError):
            self.bell.recv(64)
        return [] if self._done.empty() else self._settle(self._done.get(), now)

    def _settle(self, failure: StoreError | None, now: float) -> list[Peer]:
        assert self._batch is not None, "who has done something was told to"
        batch, self._batch = self._batch, None
        if isinstance(failure, StoreBroken):
            self._broken = True
            raise failure
        if failure is not None and not self._failing:
            self._log.notice(f"{failure}; until it can, new background jobs are refused")
        if failure is None and self._failing:
            self._log.notice("background jobs are stored again")
        self._failing = failure is not None
        if failure is None and batch.changes.next is not None:
            self._reserved = batch.changes.next
        self._lazy_until = now + (RETRY if failure else LAZINESS)
        return self._journal.settle(batch, stored=failure is None)

    def look(self) -> None:
        """Note whether what is stored will be found by the next start."""
        self._journal.lasting = self._store.is_there()

    def close(self) -> None:
        """Store what is left to be, and let go of the store."""
        deadline = time.monotonic() + PATIENCE
        self._journal.batch.changes.next = self._registry.next_number  # those set aside are not needed
        try:
            while not self._broken and (self._batch is not None or self._journal.batch.changes):
                if self._batch is None:
                    self._begin()
                new = self._batch is not None and bool(self._batch.changes.added)
                self._settle(self._done.get(timeout=max(0.0, deadline - time.monotonic())), 0.0)
                if self._failing and not new:  # without new jobs there may be room for the rest
                    break
        except (Empty, StoreBroken):
            self._failing = True
        if self._failing and self._journal.lasting:
            self._log.notice(
                "the store took no more: jobs that ended last may run again after the next start"
            )
        self._todo.put(None)
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if not (self._thread.is_alive() or self._broken):  # to close it would be to try again
            self._store.close()
        self.bell.close()
        self._hammer.close()

    # -- in the store's thread ------------------------------------------------------------

    def _work(self) -> None:
        while (changes := self._todo.get()) is not None:
            self._done.put(self._failure_of(changes))
            with contextlib.suppress(OSError):  # it rings already, or nobody listens any longer
                self._hammer.send(b"!")

    def _failure_of(self, changes: Changes) -> StoreError | None:
        """Make a transaction; why it failed, if it did."""
        try:
            self._store.commit(changes)
        except StoreError as error:
            return error
        except Exception as error:  # else everybody would wait for ever
            return StoreBroken(f"the store failed in a way that nobody thought of: {error!r}")
        return None

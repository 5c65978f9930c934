"""A stream of records through a function: many in flight, none forgotten, memory that does not grow."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from gearcli.client.dispatch import Dispatch, Happening
from gearcli.client.records import Source
from gearcli.client.tasks import Event, Local, Task, random_unique
from gearcli.errors import GearError
from gearcli.protocol.packets import PacketType

_SUCCESSES = frozenset({PacketType.WORK_COMPLETE, PacketType.JOB_CREATED})


class Batch:
    """Submits a task for each record of a source; iterate over what happens to them.

    `make` builds a task from a record and its number, or None where there is
    nothing to do.  At most `window` tasks are in flight, none more than
    `ahead` after the oldest of them; who iterates slowly slows the submitting
    down.  `timeout` is the seconds an attempt may take from its submission,
    `retries` how often a failed job is tried again.  With `tick` the iteration
    yields None when nothing has happened for so many seconds.

    A fault of the input or of `make` stops the submitting; it is raised when
    all that was submitted has ended.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        source: Source,
        make: Callable[[bytes, int], Task | None],
        *,
        window: int = 64,
        ahead: int | None = None,
        timeout: float | None = None,
        retries: int = 0,
        tick: float | None = None,
    ) -> None:
        self._dispatch = dispatch
        self._source = source
        self._make = make
        self._flying = _Flying(window, ahead)
        self._timeout = timeout
        self._retries = retries
        self._tick = tick
        self._number = 0
        self._stopped = False
        self._fault: GearError | None = None

    @property
    def in_flight(self) -> list[Task]:
        """The tasks that have not ended."""
        return list(self._flying)

    def stop(self) -> None:
        """Submit nothing any more, not even again."""
        self._stopped = True

    def __iter__(self) -> Iterator[Happening | None]:
        while True:
            self._fill()
            if not self._flying and self._exhausted:
                break
            yield from self._turn()
        if self._fault is not None:
            raise self._fault

    @property
    def _exhausted(self) -> bool:
        return self._stopped or (self._source.ended and not self._source.records)

    def _fill(self) -> None:
        """Submit records while there is room."""
        records = self._source.records
        while records and self._flying.room and not self._stopped:
            self._number += 1
            try:
                task = self._make(records.popleft(), self._number)
                if task is not None:
                    self._submit(task)
            except GearError as error:
                self._fail(error)

    def _submit(self, task: Task) -> None:
        self._dispatch.submit(task)
        self._flying.add(task, self._timeout)

    def _fail(self, error: GearError) -> None:
        self._fault, self._stopped = error, True

    def _turn(self) -> Iterator[Happening | None]:
        """Wait once, and tell what happened."""
        source = self._source if not self._exhausted and not self._source.records else None
        deadline = self._flying.deadline
        tick = None if self._tick is None else time.monotonic() + self._tick
        until = min((moment for moment in (deadline, tick) if moment is not None), default=None)
        wanted = source.fileno() if source is not None and self._flying.room else None
        quiet = True
        for happening in self._dispatch.turn(until, wanted):
            quiet = False
            yield self._seen(happening) if isinstance(happening, Event) else happening
        if source is not None and self._dispatch.source_ready:
            self._read(source)
        for task in self._flying.overdue():
            quiet = False
            yield self._seen(Event(task, Local.TIMED_OUT, []))
        if quiet and tick is not None:
            yield None

    def _read(self, source: Source) -> None:
        try:
            source.read()
        except GearError as error:
            self._fail(error)

    def _seen(self, event: Event) -> Event:
        """An event passes; a failure may be followed by another attempt."""
        task = event.task
        if task.ended:
            self._flying.discard(task)
            failed = event.kind not in _SUCCESSES
            if failed and task.attempt <= self._retries and not self._stopped:
                # A worker may still be busy with the old attempt; the new one must not wait for that.
                fresh = event.kind is Local.TIMED_OUT and not task.shared and task.unique
                self._submit(task.again(unique=random_unique() if fresh else None))
        return event


class _Flying:
    """Tasks that have not ended, by the time at which they must have."""

    def __init__(self, window: int, ahead: int | None) -> None:
        self._tasks: OrderedDict[Task, None] = OrderedDict()
        self._window = window
        self._ahead = ahead
        self._numbers: set[int] = set()
        self._oldest = 1
        self._latest = 0

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks)

    def add(self, task: Task, timeout: float | None) -> None:
        """A task has been submitted; all have the same timeout, so they are due in order."""
        task.deadline = None if timeout is None else time.monotonic() + timeout
        self._tasks[task] = None
        if self._ahead is not None:
            self._numbers.add(task.number)
            self._latest = max(self._latest, task.number)

    @property
    def room(self) -> bool:
        """Whether one more may be submitted."""
        if not self._tasks or len(self._tasks) >= self._window:
            return not self._tasks
        if self._ahead is None:
            return True
        while self._oldest not in self._numbers:
            self._oldest += 1
        return self._latest - self._oldest < self._ahead

    def discard(self, task: Task) -> None:
        """A task has ended."""
        self._tasks.pop(task, None)
        self._numbers.discard(task.number)

    @property
    def deadline(self) -> float | None:
        """When the next one is overdue."""
        return next(iter(self._tasks)).deadline if self._tasks else None

    def overdue(self) -> Iterator[Task]:
        """The tasks that ran out of time, ended."""
        now = time.monotonic()
        while self._tasks:
            task = next(iter(self._tasks))
            if task.deadline is None or task.deadline > now:
                return
            task.ended = True
            yield task

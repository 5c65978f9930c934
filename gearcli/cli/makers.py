"""How records become tasks: what the options of `gear submit` say, and what a record says itself."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from gearcli.client.tasks import Task, packet_of, random_unique
from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority

if TYPE_CHECKING:
    from gearcli.cli.jsonl import Record

Maker = Callable[[bytes, int], Task | None]
"""What makes a task of a workload and its number, or None where there is nothing to do."""


class Template(NamedTuple):
    """What the options say of every job; `unique` is None for a random one, ``-`` for the workload."""

    function: bytes
    unique: bytes | None = None
    priority: Priority = Priority.NORMAL
    background: bool = False
    at: float | None = None

    def task(self, workload: bytes, number: int) -> Task:
        """The task for a workload.  Raises UsageError where the options contradict each other."""
        if self.at is not None and self.priority is not Priority.NORMAL:
            raise UsageError("a job that is due later has normal priority; leave -p out")
        return Task(
            self.function,
            workload,
            random_unique() if self.unique is None else self.unique,
            priority=self.priority,
            background=self.background,
            number=number,
            at=self.at,
            shared=self.unique is not None,
        )


def object_maker(template: Template, name: str) -> Maker:
    """What makes a task of a JSON object, the options being the defaults; `name` is that of the input."""
    from gearcli.cli.jsonl import parse

    def make(line: bytes, number: int) -> Task | None:
        record = parse(line, number, name)
        if record is None:
            return None
        described = _described(template, record)
        if not described.function:
            raise UsageError(f"line {number} of {name}: it has no function, and no FUNCTION was given")
        try:
            task = described.task(record.workload, number)
            packet_of(task)
        except UsageError as error:
            raise UsageError(f"line {number} of {name}: {error}") from None
        return task

    return make


def _described(template: Template, record: Record) -> Template:
    """What a job is to be by its record and, where that is silent, by the options."""
    return Template(
        template.function if record.function is None else record.function,
        template.unique if record.unique is None else record.unique,
        template.priority if record.priority is None else record.priority,
        template.background if record.background is None else record.background,
        template.at if record.at is None else due(record.at),
    )


def priority(text: str) -> Priority:
    """The priority of a name.  Raises UsageError."""
    try:
        return Priority[text.upper()]
    except KeyError:
        raise UsageError(f"{text!r} is no priority: high, normal or low (a server is -s HOST:PORT)") from None


def due(text: str) -> float:
    """The epoch seconds that a text for --at names; what is long past is due at once.  Raises UsageError."""
    from gearcli.units import moment  # few need it, and all would wait for it

    return max(0.0, moment(text, time.time()))


def except_finished(make: Maker, finished: Callable[[int], bool], skip: Callable[[int], None]) -> Maker:
    """The same, without the records that an earlier run has finished; `skip` is told of each."""

    def make_if_needed(workload: bytes, number: int) -> Task | None:
        task = None if finished(number) else make(workload, number)
        if task is None:
            skip(number)
        return task

    return make_if_needed


def due_at(delay: float | None, at: float | None) -> float | None:
    """The epoch seconds that --in (seconds from now) or --at names.  Raises UsageError for both."""
    if delay is not None and at is not None:
        raise UsageError("--in and --at exclude each other; choose one")
    return at if delay is None else time.time() + delay


def key_of(unique: str | None, *, many: bool) -> bytes | None:
    """The unique that an option names; for `many` jobs only that of each makes sense.  Raises UsageError."""
    if unique == "":
        raise UsageError("--unique needs a key, or - for the workload itself")
    if many and unique not in (None, "-"):
        raise UsageError(f"--unique {unique} would make all jobs one; use --unique -")
    return None if unique is None else os.fsencode(unique)

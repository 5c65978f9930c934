"""`gear submit --dry-run`: what would be submitted."""

from __future__ import annotations

import select

from gearcli.cli.makers import Maker
from gearcli.cli.output import write_text
from gearcli.client.records import Source
from gearcli.client.tasks import Task, packet_of
from gearcli.escape import shown

_SHOWN = 60
"""Characters of a workload that are shown."""
_CHARACTER = 4
"""Bytes that a character may have."""


def dry_run(source: Source, make: Maker, *, json: bool) -> None:
    """Show a line for each job, in TAB separated columns or as JSON; nothing is connected to.

    The columns: number, function, unique, priority, ``foreground`` or
    ``background``, when it is due, bytes of the workload, its beginning."""
    number = 0
    while True:
        while source.records:
            number += 1
            task = make(source.records.popleft(), number)
            if task is not None:
                packet_of(task)
                write_text(_object(task) if json else _line(task))
        if source.ended:
            return
        poll = select.poll()
        poll.register(source.fileno(), select.POLLIN)
        poll.poll()
        source.read()


def _columns(task: Task) -> dict[str, object]:
    return {
        "number": task.number,
        "function": shown(task.function),
        "unique": shown(task.unique) if task.shared else None,
        "priority": task.priority.name.lower(),
        "background": task.background,
        "at": task.at,
        "size": len(task.workload),
        "workload": _beginning(task.workload),
    }


def _beginning(workload: bytes) -> str:
    text = shown(workload[: (_SHOWN + 1) * _CHARACTER])
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _line(task: Task) -> str:
    columns = _columns(task)
    columns["background"] = "background" if task.background else "foreground"
    columns["at"] = "" if task.at is None else f"@{task.at:.0f}"
    columns["unique"] = columns["unique"] or "(random)"
    return "\t".join(map(str, columns.values())) + "\n"


def _object(task: Task) -> str:
    import json

    return json.dumps(_columns(task)) + "\n"

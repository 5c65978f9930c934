"""`gear top -b`: what gearman_top -b prints, for each server its functions.

The columns and their widths are those of mod_gearman's tools/gearman_top.c.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from gearcli.cli.asking import say_failures
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import write_text
from gearcli.cli.table import cells_of, fitted
from gearcli.client.documents import FunctionState
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer, Survey
from gearcli.escape import shown

Filter: TypeAlias = Callable[[FunctionState], bool]
"""Whether a function is printed."""

_PATIENCE = 1.0  # seconds that servers have at least to answer when they are asked again and again
_NARROWEST = 12


def batch(
    servers: Survey[Snapshot],
    chosen: Filter,
    *,
    interval: float | None,
    count: int | None,
) -> ExitStatus:
    """Print it `count` times, or without end if there is an interval; the exit status of the last time."""
    times = count if count is not None else 1 if interval is None else None
    pause = 1.0 if interval is None else interval
    status = _round(servers, chosen, None if times == 1 else max(pause, _PATIENCE))
    for _ in itertools.count() if times is None else range(times - 1):
        time.sleep(pause)
        status = _round(servers, chosen, max(pause, _PATIENCE))
    return status


def _round(servers: Survey[Snapshot], chosen: Filter, within: float | None) -> ExitStatus:
    answers = servers.ask(within)
    write_text("".join(block(answer, chosen, time.localtime()) for answer in answers))
    return say_failures(answers)


def block(answer: Answer[Snapshot], chosen: Filter, now: time.struct_time) -> str:
    """What is printed of one server; nothing of one that did not answer."""
    seen = answer.value
    if seen is None:
        return ""
    states = [state for state in seen.functions if chosen(state)]
    names = [shown(state.function) for state in states]
    width = max([_NARROWEST, *map(cells_of, names)])
    version = f"  -  {_version(shown(seen.version))}" if seen.version else ""
    rule = "-" * (width + 51) + "\n"
    lines = [
        f"{time.strftime('%Y-%m-%d %H:%M:%S', now)}  -  {shown(str(answer.address))}{version}\n\n",
        f" {'Queue Name':{width}} | {'Worker Available':>16} | {'Jobs Waiting':>12} | {'Jobs Running':>12}\n",
        rule,
        *_rows(names, states, width),
        rule,
    ]
    return "".join(lines) + "\n"


def _version(said: str) -> str:
    """gearmand tells a bare number."""
    return f"v{said}" if said[:1].isdigit() else said


def _rows(names: Sequence[str], states: Sequence[FunctionState], width: int) -> list[str]:
    if not states:
        return [" " * (width + 25) + "no queues found\n"]
    return [
        f" {fitted(name, width)} |{state.workers:16}  |{state.queued:12}  |{state.running:12} \n"
        for name, state in zip(names, states, strict=True)
    ]

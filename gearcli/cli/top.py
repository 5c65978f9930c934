"""`gear top`: the functions of servers, live on the whole screen."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from gearcli.cli.options import ConnectTimeout, Context, HideEmpty, Reach, Servers, every, reach
from gearcli.cli.output import coloured, message
from gearcli.cli.screen import Screen, usable
from gearcli.cli.top_choices import Choices, matching
from gearcli.client.documents import FunctionState
from gearcli.client.snapshot import snapshot
from gearcli.client.survey import Survey
from gearcli.errors import UsageError


class Sort(StrEnum):
    """What functions are sorted by; `gearcli.client.watch.ORDERS` says how."""

    QUEUED = "queued"
    RUNNING = "running"
    WORKERS = "workers"
    IN = "in"
    OUT = "out"
    ETA = "eta"
    OLDEST = "oldest"
    FUNCTION = "function"


_INTERVAL = 2.0
_SHORTEST = 0.1  # seconds between two questions on a screen


def top(
    filter_: Annotated[
        str, typer.Argument(metavar="[FILTER]", help="Only functions like it, as with /.")
    ] = "",
    server: Servers = None,
    context: Context = None,
    interval: Annotated[
        float | None,
        every(f"How often servers are asked. Default: {_INTERVAL:g}s; -b without it prints once."),
    ] = None,
    batch: Annotated[
        bool, typer.Option("-b", "--batch", help="Print what gearman_top -b does, and go on with -i.")
    ] = False,
    count: Annotated[
        int | None, typer.Option("-n", "--count", min=1, metavar="N", help="How often -b prints.")
    ] = None,
    sort: Annotated[Sort, typer.Option("--sort", help="Numbers go down, names go up.")] = Sort.QUEUED,
    hide_empty: HideEmpty = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Watch functions live: jobs, workers, rates in and out, the time until a queue is empty.

    Keys: q quits, p pauses, s sorts, / filters, Enter shows the jobs and
    workers of a function, ? tells the others. Several servers are summed; one
    that does not answer is named.

    Rates are counted where a server counts its jobs. At others, such as
    gearmand, they are estimated from the numbers of jobs, and the least that
    they can be.

    Off a terminal, and on one that cannot move its cursor, it prints once, as -b does.
    """
    if count is not None and not batch:
        raise UsageError("-n is how often -b prints; say -b too")
    reached = reach(server, context, connect_timeout)
    if batch or not usable():
        if not batch:
            message("this is no terminal for a whole screen; it prints as -b does")
        return _batch(reached, filter_, hide_empty, interval, count)
    choices = Choices(sort=sort.value, pattern=filter_, hide_empty=hide_empty)
    return _live(reached, choices, _INTERVAL if interval is None else max(interval, _SHORTEST))


def _batch(reached: Reach, pattern: str, hide_empty: bool, interval: float | None, count: int | None) -> int:
    """Print it, as often as that is wanted."""
    from gearcli.cli.top_batch import batch

    like = matching(pattern)

    def chosen(state: FunctionState) -> bool:
        return like(state.function) and not (hide_empty and state.empty)

    with Survey(reached.servers, snapshot, connect_timeout=reached.connect_timeout) as servers:
        return batch(servers, chosen, interval=interval, count=count)


def _live(reached: Reach, choices: Choices, interval: float) -> int:
    """Show it until somebody quits."""
    from gearcli.cli.top_loop import Loop

    loop = Loop(
        reached.servers,
        choices,
        Screen(colour=coloured()),
        interval=interval,
        connect_timeout=reached.connect_timeout,
        ascii_only=not (sys.stdout.encoding or "").lower().startswith("utf"),
    )
    return loop.run()

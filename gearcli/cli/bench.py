"""`gear bench`: what a server bears, measured."""

from __future__ import annotations

import contextlib
import functools
import json
import shlex
import signal
import socket
from collections.abc import Iterator
from typing import Any

from gearcli.cli import bench_options as options
from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Servers, reach
from gearcli.cli.output import message, write_text
from gearcli.client.admin import Admin
from gearcli.client.crowd import Crowd
from gearcli.client.figures import Figures
from gearcli.client.load import Load, Plan
from gearcli.errors import GearError, UsageError
from gearcli.escape import row_field, shown
from gearcli.signals import received, registered, wanted
from gearcli.units import counted

CLEARING = 5.0
"""Seconds that taking jobs back may take after an error or an interruption."""

_PERCENTILES = {"p50": 500, "p90": 900, "p99": 990, "p99.9": 999, "max": 1000}
_SHOWN = ("p50", "p99", "p99.9", "max")  # in 80 columns; JSON has all
_COLUMNS = ("jobs", "seconds", "per-second", *(f"{name}-us" for name in _SHOWN))
_WIDTHS = (8, 9, 11, 9, 9, 9, 9)


def bench(
    workload: options.Workloads = None,
    server: Servers = None,
    context: Context = None,
    jobs: options.Jobs = 10_000,
    connections: options.Connections = 4,
    workers: options.Workers = 4,
    window: options.Window = 64,
    bytes_: options.Size = "64",  # type: ignore[assignment]  # typer parses it
    function: options.Function = None,
    timeout: options.Timeout = "60s",  # type: ignore[assignment]  # typer parses it
    json: Json = False,
    quiet: Quiet = False,
    connect_timeout: ConnectTimeout = None,
) -> None:
    """Measure how many jobs a second a server bears, and how fast it is.

    submit: background jobs are queued. drain: workers complete them. cycle:
    clients submit foreground jobs while workers complete them. latency: one
    job at a time. Nothing is left on the server, and no other function is touched.
    """
    chosen = options.chosen(workload)
    servers, seconds = reach(server, context, connect_timeout)
    plan = Plan(
        options.only(servers),
        options.name(function),
        options.content(bytes_),
        jobs=jobs,
        connections=connections,
        workers=workers,
        window=window,
        timeout=timeout,
        connect_timeout=seconds,
    )
    version = _unused(plan)
    if not quiet:
        message(_measured(plan, version))
    with _loaded(plan, forgotten=function is None) as load:
        if not json:
            write_text(_row("workload", _COLUMNS))
        for name in chosen:
            figures = load.run(name)
            write_text(_json(name, plan, version, figures) if json else _row(name, _cells(figures)))


# -- doing no harm ---------------------------------------------------------------------


def _unused(plan: Plan) -> str:
    """The server's version.  Raises UsageError if somebody uses the function there."""
    with Admin(plan.address, connect_timeout=plan.connect_timeout) as admin:
        version = admin.version()
        rows = admin.status()
    for row in rows:
        if row.function == row_field(plan.function) and (row.total or row.workers):
            raise UsageError(
                f"{shown(plan.function)} is in use on {plan.address} "
                f"({counted(row.total, 'job')}, {counted(row.workers, 'worker')}); "
                "choose another name, or leave out -f"
            )
    return version


@contextlib.contextmanager
def _loaded(plan: Plan, *, forgotten: bool) -> Iterator[Load]:
    """A load that leaves nothing behind, however the block ends; INT, TERM and HUP end it in order.

    Whether the function is `forgotten` too: one with a random name will not be used again.
    """
    signals = wanted((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    with Crowd() as crowd, registered(crowd.selector, signals, lambda came: functools.partial(_end, came)):
        load = Load(plan, crowd)
        try:
            yield load
        except BaseException:
            with contextlib.suppress(GearError):  # the first error is the one to be told
                _clear(load, plan, CLEARING, forgotten)
            raise
        _clear(load, plan, plan.timeout, forgotten)


def _end(came: socket.socket) -> None:
    """Raise what a signal stands for."""
    for number in received(came):
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)


def _clear(load: Load, plan: Plan, seconds: float, forgotten: bool) -> None:
    """Take back what is queued; where that is not possible, say so and raise."""
    try:
        load.clear(seconds)
    except BaseException:
        if load.queued:
            function = shlex.quote(shown(plan.function))
            message(
                f"jobs of {function} may be left on {plan.address}; take them away with: "
                f"gear worker -s {plan.address} -f {function} -- true"
            )
        raise
    if forgotten:
        with contextlib.suppress(GearError):  # an empty function in a list is no harm
            load.forget()


# -- what is said ------------------------------------------------------------------------


def _measured(plan: Plan, version: str) -> str:
    return (
        f"measuring {plan.address} ({version}): "
        f"{counted(plan.jobs, 'job')} of {counted(len(plan.workload), 'byte')}, "
        f"{counted(plan.connections, 'client')} with {plan.window} in flight each, "
        f"{counted(plan.workers, 'worker')}, function {shown(plan.function)}"
    )


def _row(first: str, cells: tuple[str, ...]) -> str:
    """A line of the table; its columns have fixed widths because it is printed when it is known."""
    return (
        f"{first:<8}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True)) + "\n"
    )


def _cells(figures: Figures) -> tuple[str, ...]:
    times = (figures.percentile(_PERCENTILES[name]) for name in _SHOWN)
    micros = ("-" if seconds is None else f"{1e6 * seconds:.0f}" for seconds in times)
    return (str(figures.jobs), f"{figures.seconds:.3f}", f"{figures.per_second:.0f}", *micros)


def _json(workload: str, plan: Plan, version: str, figures: Figures) -> str:
    facts: dict[str, Any] = {"workload": workload, "server": str(plan.address), "version": version}
    for key in ("jobs", "connections", "workers", "window"):
        facts[key] = getattr(figures, key)
    facts |= {"size": len(plan.workload), "seconds": round(figures.seconds, 6)}
    facts["per_second"] = round(figures.per_second, 1)
    for name, permille in _PERCENTILES.items():
        seconds = figures.percentile(permille)
        facts[f"{name.replace('.', '')}_us"] = None if seconds is None else round(1e6 * seconds, 1)
    return json.dumps(facts) + "\n"

"""`gear ping`: whether a server answers, and how fast."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from gearcli.cli.asking import say_failures
from gearcli.cli.exits import ExitStatus, worst
from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Servers, every, reach
from gearcli.cli.output import write_text
from gearcli.client.admin import Admin
from gearcli.client.client import Client
from gearcli.client.survey import Answer
from gearcli.errors import GearError, NoAnswer, ServerError, TimeLimit
from gearcli.protocol.address import Address
from gearcli.units import counted

_WORKLOAD = b"gear ping"
_PATIENCE = 2.0
"""Seconds in which a server has to tell its version, or it is taken to have none."""


def ping(
    server: Servers = None,
    context: Context = None,
    count: Annotated[int, typer.Option("-c", "--count", min=1, metavar="N", help="Round trips.")] = 5,
    interval: Annotated[float, every("Pause between them.")] = "100ms",  # type: ignore[assignment]  # typer parses it
    json: Json = False,
    quiet: Quiet = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Measure round trips to a server; exit status 69 when none answers.

    With several servers each has to answer; one that does not is named, and
    the next one is tried. Ctrl-C ends it with what was measured so far.
    """
    servers, seconds = reach(server, context, connect_timeout)
    statuses = set[ExitStatus]()
    for address in servers:
        times: list[float] = []
        version = ""
        try:
            version = _version(address, seconds)
            for each in _round_trips(address, count, interval, seconds):
                times.append(each)
        except GearError as error:
            statuses.add(say_failures([Answer(address, None, error, 0.0)]))
        finally:
            if times:
                _show(address, version, times, as_json=json, quiet=quiet)
    return worst(statuses)


def _show(address: Address, version: str, times: list[float], *, as_json: bool, quiet: bool) -> None:
    """Print how long round trips took."""
    if as_json:
        write_text(_json(address, version, times))
    elif not quiet:
        low, middle, high = (f"{1000 * seconds:.2f}" for seconds in _summary(times))
        who = f"{address} ({version})" if version else str(address)
        write_text(f"{who}: {counted(len(times), 'round trip')}, min {low} median {middle} p99 {high} ms\n")


def _version(address: Address, connect_timeout: float) -> str:
    """What a server says of itself; nothing if it does not."""
    try:
        with Admin(address, connect_timeout=connect_timeout) as admin:
            return admin.version(_PATIENCE)
    except (NoAnswer, ServerError):
        return ""


def _round_trips(address: Address, count: int, interval: float, connect_timeout: float) -> Iterator[float]:
    """Seconds of each round trip.  Raises NoAnswer for one that takes too long."""
    try:
        with Client([address], connect_timeout=connect_timeout) as client:
            for number in range(count):
                if number:
                    time.sleep(interval)
                yield client.echo(_WORKLOAD)
    except TimeLimit as error:
        raise NoAnswer(str(error)) from None


def _summary(times: list[float]) -> tuple[float, float, float]:
    """The fastest, the median and the 99th percentile."""
    ordered = sorted(times)
    return ordered[0], statistics.median(ordered), ordered[max(0, -(-99 * len(ordered) // 100) - 1)]


def _json(address: Address, version: str, times: list[float]) -> str:
    low, middle, high = (round(1000 * seconds, 3) for seconds in _summary(times))
    facts = {"server": str(address), "version": version, "round_trips": len(times)}
    return json.dumps({**facts, "min_ms": low, "median_ms": middle, "p99_ms": high}) + "\n"

"""`gear ping`: whether a server answers, and how fast."""

from __future__ import annotations

import json
import statistics
import time
from typing import Annotated

import typer

from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Servers, parsed, reach
from gearcli.cli.output import write_text
from gearcli.client.admin import Admin
from gearcli.client.client import Client
from gearcli.protocol.address import Address
from gearcli.units import duration

_WORKLOAD = b"gear ping"


def ping(
    server: Servers = None,
    context: Context = None,
    count: Annotated[int, typer.Option("-c", "--count", min=1, metavar="N", help="Round trips.")] = 5,
    interval: Annotated[
        float,
        typer.Option(
            "-i", "--interval", metavar="DURATION", parser=parsed(duration), help="Pause between them."
        ),
    ] = "100ms",  # type: ignore[assignment]  # typer parses it
    json: Json = False,
    quiet: Quiet = False,
    connect_timeout: ConnectTimeout = None,
) -> None:
    """Measure round trips to a server; exit status 69 when none answers.

    With several servers each has to answer.
    """
    servers, seconds = reach(server, context, connect_timeout)
    for address in servers:
        version = _version(address, seconds)
        times = _round_trips(address, count, interval, seconds)
        if json:
            write_text(_json(address, version, times))
        elif not quiet:
            low, middle, high = (f"{1000 * seconds:.2f}" for seconds in _summary(times))
            write_text(
                f"{address} ({version}): {count} round trips, min {low} median {middle} p99 {high} ms\n"
            )


def _version(address: Address, connect_timeout: float) -> str:
    with Admin(address, connect_timeout=connect_timeout) as admin:
        return admin.version()


def _round_trips(address: Address, count: int, interval: float, connect_timeout: float) -> list[float]:
    """Seconds of each round trip."""
    times = []
    with Client([address], connect_timeout=connect_timeout) as client:
        for number in range(count):
            if number:
                time.sleep(interval)
            times.append(client.echo(_WORKLOAD))
    return times


def _summary(times: list[float]) -> tuple[float, float, float]:
    """The fastest, the median and the 99th percentile."""
    ordered = sorted(times)
    return ordered[0], statistics.median(ordered), ordered[max(0, -(-99 * len(ordered) // 100) - 1)]


def _json(address: Address, version: str, times: list[float]) -> str:
    low, middle, high = (round(1000 * seconds, 3) for seconds in _summary(times))
    facts = {"server": str(address), "version": version, "round_trips": len(times)}
    return json.dumps({**facts, "min_ms": low, "median_ms": middle, "p99_ms": high}) + "\n"

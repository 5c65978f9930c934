"""Measure this server beside others: `python -m tests.bench servers`, and its sisters.

Every command needs a C compiler and Linux.  Rivals that are not installed are left out.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tests.bench import growth as growing
from tests.bench import tools as comparing
from tests.bench.hostile import SCENARIOS, Scenario
from tests.bench.servers import BARE, KNOWN, installed, running
from tests.bench.table import draw, markdown
from tests.bench.workloads import BY_NAME, STORED, WORKLOADS, Workload, compiled, value

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Rounds = Annotated[int, typer.Option("--rounds", min=1, help="Runs of each; the median counts.")]
Against = Annotated[
    list[str] | None,
    typer.Option("--against", metavar="NAME[=COMMAND]", help="A rival; {port} and {folder} are filled in."),
]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Draw the curves (SVG).")]
_BARE_FOR = ("cycle", "sync")  # the conversations that it can hold


@app.command()
def servers(
    names: Annotated[list[str] | None, typer.Argument(metavar="[WORKLOAD]...")] = None,
    rounds: Rounds = 5,
    against: Against = None,
    ours: Annotated[str, typer.Option(help="The server to compare.")] = KNOWN["gear"],
) -> None:
    """Jobs per second and memory, in turn with each rival, so that a machine that drifts drifts for both."""
    rivals = _rivals(against or [name for name in ("gearmand", "bare") if installed(name)])
    rows = []
    with compiled() as load:
        for workload in [BY_NAME[name] for name in names] if names else WORKLOADS:
            row = _row(load, workload, ours, rivals, rounds)
            typer.echo(f"{workload.name}: {row}", err=True)
            rows.append([workload.name, workload.about, *row])
    head = ["workload", "", "gear", *(word for name in rivals for word in (name, "ratio"))]
    typer.echo(markdown(head, rows, words=2))


def _rivals(words: list[str]) -> dict[str, str]:
    """Commands by name, as --against names them."""
    pairs = (word.partition("=")[::2] for word in words)
    return {name: command or KNOWN[name] for name, command in pairs}


def _row(load: Path, workload: Workload, ours: str, rivals: dict[str, str], rounds: int) -> list[str]:
    """Our median, and for each rival its median and the median of the ratios of each round."""
    commands = {"": ours, **{name: each for name, each in rivals.items() if _can(each, workload)}}
    runs: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(_value(load, workload, command, must=not name))
    cells = [f"{statistics.median(runs['']):,.0f}"]
    for name in rivals:
        cells += _compared(runs[""], runs.get(name, []))
    return cells


def _compared(ours: list[float], theirs: list[float]) -> list[str]:
    """A rival's median, and the median of the ratios of each round."""
    if not theirs:
        return ["", ""]
    if any(map(math.isnan, theirs)):
        return ["fails", ""]
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return [f"{statistics.median(theirs):,.0f}", f"{ratio:.2f}"]


def _value(load: Path, workload: Workload, command: str, must: bool) -> float:
    """What a run on a fresh server gives; not a number where a rival does not get through it."""
    try:
        with running(command) as server:
            return value(load, server, workload)
    except RuntimeError as error:
        if must:
            raise
        typer.echo(f"{workload.name}: {error}", err=True)
        return math.nan


def _can(command: str, workload: Workload) -> bool:
    return command != BARE or workload.name in _BARE_FOR


@app.command()
def stored(
    rounds: Rounds = 3,
    jobs: Annotated[int, typer.Option(help="Jobs for our server.")] = 100_000,
    their_jobs: Annotated[
        int, typer.Option(help="Jobs for gearmand, which syncs four times for each.")
    ] = 2000,
) -> None:
    """Jobs per second that survive a power loss: `--store` beside gearmand's libsqlite3, on the same disk."""
    counts = {"gear, stored": jobs, "gearmand, stored": their_jobs}
    rows = []
    with compiled() as load:
        for workload in STORED:
            runs: dict[str, list[float]] = {name: [] for name in counts}
            for _ in range(rounds):
                for name, count in counts.items():
                    steps = tuple(step.format(jobs=count) for step in workload.steps)
                    runs[name].append(_value(load, replace(workload, steps=steps), KNOWN[name], must=True))
            mine, theirs = runs.values()
            rows.append(
                [workload.name, workload.about, f"{statistics.median(mine):,.0f}", *_compared(mine, theirs)]
            )
    typer.echo(markdown(["workload", "", "gear", "gearmand", "ratio"], rows, words=2))


@app.command()
def growth(rounds: Rounds = 3, against: Against = None, plot: Plot = None) -> None:
    """Jobs per second beside 1 to a million queued jobs and functions, and up to 10,000 sleepers."""
    contenders = {"gear": KNOWN["gear"], **_rivals(against or [])}
    curves: dict[str, dict[str, dict[int, float]]] = {}
    with compiled() as load:
        for name, command in contenders.items():
            for title, sizes in growing.CURVES.items():
                points = growing.curve(load, command, sizes, rounds)
                curves.setdefault(title, {})[name] = points
                typer.echo(f"{name}, {title}: {points}", err=True)
    for title, lines in curves.items():
        rows = [[name, *map(_shown, line.values())] for name, line in lines.items()]
        typer.echo(markdown([title, *(f"{size:,}" for size in lines["gear"])], rows) + "\n")
    if plot:
        draw(curves, plot)


def _shown(rate: float) -> str:
    return "fails" if math.isnan(rate) else f"{rate:,.0f}"


@app.command()
def tools(rounds: Rounds = 3) -> None:
    """`gear submit` and `gear worker` beside the C tool `gearman`, and how long a command takes to start."""
    head = ["what", "gear", "rival", "ratio"]
    typer.echo(markdown(head, comparing.rows(rounds)))


@app.command()
def hostile(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SCENARIO]...")] = None,
    against: Against = None,
) -> None:
    """What hostile peers cost: ours, rivals, and our targets.  Only on loopback; it ends by itself."""
    rivals = _rivals(against or [name for name in ("gearmand",) if installed(name)])
    rows = []
    for scenario in SCENARIOS:
        if names and not any(name in scenario.name for name in names):
            continue
        ours = _played(scenario, KNOWN["gear"] + scenario.options)
        theirs = [
            _played(scenario, command + scenario.theirs * (command == KNOWN["gearmand"]))
            for command in rivals.values()
        ]
        for figure, most in scenario.targets.items():
            cells = [_shown_figure(each.get(figure, math.nan)) for each in (ours, *theirs)]
            rows.append([scenario.name, figure, *cells, f"≤ {most:g}"])
            typer.echo(" | ".join(rows[-1]), err=True)
    typer.echo(markdown(["scenario", "figure", "gear", *rivals, "target"], rows, words=2))


def _played(scenario: Scenario, command: str) -> dict[str, float]:
    """The figures of a scenario on a fresh server; none where the server does not get through it."""
    try:
        with running(scenario.prefix + command) as server:
            return scenario.play(server)
    except (RuntimeError, OSError) as error:
        typer.echo(f"{scenario.name}: {error}", err=True)
        return {}


def _shown_figure(value: float) -> str:
    return "fails" if math.isnan(value) else f"{value:,.1f}"


if __name__ == "__main__":
    app()

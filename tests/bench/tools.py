"""The command line beside the C tool `gearman`, each pair on a fresh gearmand and in turn."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench.servers import KNOWN, running
from tests.bench.workloads import compiled, loaded

_GEAR = [sys.executable, "-m", "gearcli"]
_EMPTY = (
    "import typer; app = typer.Typer(add_completion=False); "
    "app.command('a')(lambda: None); app.command('b')(lambda: None); app(['a'])"
)
"""A program of two commands on Typer that does nothing."""

Timed = Callable[[], float]


def rows(rounds: int) -> list[list[str]]:
    """For each comparison: what, our seconds or jobs per second, the rival's, and the median ratio."""
    return [
        _row("`submit -b -n`, 100,000 lines (s)", rounds, _background(_ours), _background(_theirs)),
        _row("`submit -n`, 10,000 lines, 2 × `cat` (s)", rounds, _foreground(_ours), _foreground(_theirs)),
        _row("2 × `cat`, 3,000 jobs from a fast client (s)", rounds, _working(_ours), _working(_theirs)),
        _row("`submit -b` of one job; an empty Typer program (s)", 5 * rounds, _one_job, _empty),
        _row("`report`; `python -c pass` (s)", 5 * rounds, _report, _nothing),
    ]  # fmt: skip


def _row(what: str, rounds: int, ours: Timed, theirs: Timed) -> list[str]:
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    mine, others = (statistics.median(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(other / mine for mine, other in pairs)
    return [what, f"{mine:.3f}", f"{others:.3f}", f"{ratio:.2f}"]


class _Tool:
    """How a tool is called: as a client of lines, and as so many workers."""

    def __init__(
        self, background: Sequence[str], foreground: Sequence[str], workers: Sequence[Sequence[str]]
    ) -> None:
        self.background = background
        self.foreground = foreground
        self.workers = workers


def _ours(port: int) -> _Tool:
    submit = [*_GEAR, "submit", "-s", f"127.0.0.1:{port}", "-n"]
    worker = [*_GEAR, "worker", "-s", f"127.0.0.1:{port}", "-q", "-j", "2", "-f", "bench", "--", "cat"]
    return _Tool([*submit, "-b", "bench"], [*submit, "-j", "64", "bench"], [worker])


def _theirs(port: int) -> _Tool:
    client = ["gearman", "-h", "127.0.0.1", "-p", str(port), "-f", "bench"]
    worker = [*client, "-w", "--", "cat"]
    return _Tool([*client, "-b", "-n"], [*client, "-n"], [worker, worker])


def _background(tool: Callable[[int], _Tool]) -> Timed:
    def timed() -> float:
        with running(KNOWN["gearmand"]) as server, _lines(100_000) as lines:
            return _seconds(tool(server.port).background, lines)

    return timed


def _foreground(tool: Callable[[int], _Tool]) -> Timed:
    def timed() -> float:
        with running(KNOWN["gearmand"]) as server, _lines(10_000) as lines, _at_work(tool(server.port)):
            return _seconds(tool(server.port).foreground, lines)

    return timed


def _working(tool: Callable[[int], _Tool]) -> Timed:
    jobs = 3000

    def timed() -> float:
        with compiled() as load, running(KNOWN["gearmand"]) as server, _at_work(tool(server.port)):
            return jobs / loaded(load, server, f"cycle clients=1 workers=0 jobs={jobs}")

    return timed


def _one_job() -> float:
    with running(KNOWN["gearmand"]) as server, _lines(1) as lines:
        return _seconds([*_GEAR, "submit", "-s", f"127.0.0.1:{server.port}", "-b", "bench", "x"], lines)


def _empty() -> float:
    with _lines(1) as lines:
        return _seconds([sys.executable, "-c", _EMPTY], lines)


def _report() -> float:
    with _lines(1) as lines:
        return _seconds([*_GEAR, "report", "1", "2"], lines, GEARMAN_STATUS_FD="1")


def _nothing() -> float:
    with _lines(1) as lines:
        return _seconds([sys.executable, "-c", "pass"], lines)


@contextlib.contextmanager
def _lines(count: int) -> Iterator[Path]:
    """A file of so many lines."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines(f"line {number}\n" for number in range(count))
        file.flush()
        yield Path(file.name)


@contextlib.contextmanager
def _at_work(tool: _Tool) -> Iterator[None]:
    """The workers of a tool, once the first of them has done a job."""
    processes = [
        subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for words in tool.workers
    ]
    try:
        with _lines(len(processes)) as lines:
            _seconds(tool.foreground, lines)
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _seconds(words: Sequence[str], lines: Path, **environ: str) -> float:
    """How long a command takes from its start to its end."""
    silent, env = subprocess.DEVNULL, {**os.environ, **environ}
    with lines.open("rb") as file:
        begin = time.perf_counter()
        subprocess.run(words, stdin=file, stdout=silent, stderr=silent, env=env, check=True)
        return time.perf_counter() - begin

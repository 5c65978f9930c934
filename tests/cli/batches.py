"""Runs batches of `gear submit` and `gear run`, and reads what they leave: objects, job logs, folders."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.cli.driving import Result, at, gear_worker, run_gear
from tests.support import ServerProcess

HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand"


def submit(server: ServerProcess, *arguments: str, stdin: bytes = b"") -> Result:
    """Run `gear submit` to its end."""
    return run_gear("submit", *at(server.port), *arguments, stdin=stdin)


def run(*arguments: str, stdin: bytes = b"") -> Result:
    """Run `gear run` to its end."""
    return run_gear("run", *arguments, stdin=stdin)


def objects(text: bytes | str) -> list[dict[str, Any]]:
    """The objects of a stream of JSON, by the number of their record."""
    return sorted((json.loads(line) for line in text.splitlines()), key=lambda each: each["number"])


class Row(NamedTuple):
    """A line of a job log, column by column."""

    seq: str
    host: str
    starttime: str
    runtime: str
    send: str
    receive: str
    exitval: str
    signal: str
    command: str


def rows(log: Path) -> list[Row]:
    """The lines of a job log, in the order of their records."""
    header, *lines = log.read_text().splitlines()
    assert HEADER == header
    return sorted((Row(*line.split("\t")) for line in lines), key=lambda row: int(row.seq))


def ends(log: Path) -> list[tuple[int, int]]:
    """The number and the exit status of each line of a job log."""
    return [(int(row.seq), int(row.exitval)) for row in rows(log)]


def files(folder: Path) -> dict[str, bytes]:
    """What a folder holds.  A draft is none: a killed run leaves the one it was writing."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}


def numbers(first: int, last: int) -> bytes:
    """Lines with numbers."""
    return b"".join(b"%d\n" % number for number in range(first, last + 1))


def until(path: Path) -> str:
    """The words of a shell that wait for a file."""
    return f"until [ -e {path} ]; do sleep 0.01; done"


@contextlib.contextmanager
def reluctant(server: ServerProcess, function: str, folder: Path, failures: int) -> Iterator[None]:
    """A function that fails so often, and then answers with its workload."""
    script = f"echo x >>{folder}/count; [ $(wc -l <{folder}/count) -gt {failures} ] && cat"
    with gear_worker(server.port, function, ["sh", "-c", script]):
        yield

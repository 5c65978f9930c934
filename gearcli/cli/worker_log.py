"""The log of a worker on standard error: words for people, or a JSON object a line for programs."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time

from gearcli.cli.output import message
from gearcli.worker.worker import Job

FORMATS = ("text", "json")


class TextLog:
    """Says in words what is at most as detailed as `level`."""

    def __init__(self, level: int) -> None:
        self.level = level

    def __call__(self, importance: int, words: str, /, event: str, **facts: object) -> None:
        """Something happened."""
        if importance <= self.level:
            message(words)


class JsonLog:
    """Writes what is at most as detailed as `level`, a JSON object a line.

    Each has `time` (UTC, ISO 8601), `event` and `message`, and the facts of the
    event: of a job `function`, `handle`, `unique` and `server`, at its end
    `seconds` and, if it failed, `reason`.
    """

    def __init__(self, level: int) -> None:
        self.level = level

    def __call__(self, importance: int, words: str, /, event: str, **facts: object) -> None:
        """Something happened."""
        if importance <= self.level:
            _write(event, words, facts)


def json_errors(job: Job | None, said: bytes) -> None:
    """What a command says on standard error, as objects of the log."""
    about: dict[str, object] = {}
    if job is not None:
        about = {"function": _text(job.function), "handle": _text(job.handle)}
    for line in said.splitlines():
        _write("stderr", _text(line), about)


def _write(event: str, words: str, facts: dict[str, object]) -> None:
    now = time.time()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"
    line = json.dumps({"time": moment, "event": event, "message": words, **facts}) + "\n"
    with contextlib.suppress(OSError, ValueError):  # nobody can be told that nobody can be told
        os.write(sys.stderr.fileno(), line.encode())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")

"""The log of a worker on standard error: words for people, or a JSON object a line for programs."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time

from gearcli.cli.output import message
from gearcli.worker.notes import Say
from gearcli.worker.worker import Job

FORMATS = ("text", "json")


def text_log(level: int) -> Say:
    """Says in words what is at most as detailed as `level`."""

    def say(importance: int, words: str, /, event: str, **facts: object) -> None:
        if importance <= level:
            message(words)

    return say


def json_log(level: int) -> Say:
    """Writes a JSON object a line.

    Each has `time` (UTC, ISO 8601), `event` and `message`, and the facts of the
    event: of a job `function`, `handle`, `unique` and `server`, at its end
    `seconds` and, if it failed, `reason`.
    """

    def say(importance: int, words: str, /, event: str, **facts: object) -> None:
        if importance <= level:
            _write(event, words, facts)

    return say


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

"""Plain command lines of `gear serve`: a server that runs for months does without the parser's memory."""

from __future__ import annotations

import os
from collections.abc import Sequence

from gearcli.cli.plain import Grammar, count, duration
from gearcli.cli.process import carry_out
from gearcli.cli.serving import Asked, served
from gearcli.errors import UsageError


def _port(text: str) -> int:
    number = count(text)
    if number > 65535:
        raise UsageError(f"{number} is not a port")
    return number


_GRAMMAR = Grammar(
    flags={"-q": "quiet", "--quiet": "quiet", "-d": "daemon", "--daemon": "daemon"},
    values={
        "-L": "listen",
        "--listen": "listen",
        "-p": "port",
        "--port": "port",
        "--store": "store",
        "-j": "job_retries",
        "--job-retries": "job_retries",
        "--lease": "lease",
        "--keep-results": "keep_results",
        "--grace": "grace",
        "-P": "pid_file",
        "--pid-file": "pid_file",
        "-l": "log_file",
        "--log-file": "log_file",
    },
    parsers={
        "port": _port,
        "job_retries": count,
        "lease": duration,
        "keep_results": duration,
        "grace": duration,
    },
    repeatable=("listen",),
)


def serve_if_plain(arguments: Sequence[str]) -> None:
    """Serve as a plain command line says, and end the process; return if it is not plain."""
    asked = understood(arguments)
    if asked is not None:
        carry_out(lambda: served(asked))


def understood(arguments: Sequence[str]) -> Asked | None:
    """What the arguments after `serve` ask for; None if that is for the parser to say."""
    if any(name.startswith("GEARMAND_") for name in os.environ):  # they stand for options
        return None
    found = _GRAMMAR.understood(arguments)
    if found is None or found[0]:
        return None
    return Asked(**found[1])

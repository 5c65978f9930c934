"""`gear serve`: a Gearman job server."""

from __future__ import annotations

import os
import resource
import socket
import time
from typing import Annotated

import typer

from gearcli import __version__
from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import Grace, Quiet, parsed
from gearcli.errors import UsageError
from gearcli.protocol.address import DEFAULT_PORT, Address, parse

LEVELS = {"FATAL": 0, "ALERT": 0, "CRITICAL": 0, "ERROR": 0, "WARNING": 0, "NOTICE": 0, "INFO": 1, "DEBUG": 3}
"""gearmand's names of log levels, as numbers of -v."""


def level(text: str) -> int:
    """The number of -v that a level's name stands for.  Raises UsageError."""
    if text.upper() not in LEVELS:
        raise UsageError(f"{text!r} is not a level; levels are {', '.join(LEVELS)}")
    return LEVELS[text.upper()]


def serve(
    listen: Annotated[
        list[str] | None,
        typer.Option(
            "-L",
            "--listen",
            metavar="ADDR",
            help="Where to listen: host, host:port, [::1]:port, unix:/path; repeatable. Default: 127.0.0.1.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "-p",
            "--port",
            min=0,
            max=65535,
            help="Port of addresses that name none; 0 picks a free one.",
            envvar="GEARMAND_PORT",
            show_default=str(DEFAULT_PORT),
        ),
    ] = None,
    insecure_listen: Annotated[
        bool, typer.Option("--insecure-listen", help="Allow addresses that other machines can reach.")
    ] = False,
    grace: Grace = "5s",  # type: ignore[assignment]  # typer parses it
    verbosity: Annotated[
        int,
        typer.Option(
            "-v",
            count=True,
            show_default=False,
            help="Say more: -v connections, -vv jobs, -vvv every packet in words.",
        ),
    ] = 0,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            metavar="LEVEL",
            parser=parsed(level),
            help="The same by gearmand's names, FATAL to DEBUG.",
        ),
    ] = "NOTICE",  # type: ignore[assignment]  # typer parses it
    quiet: Quiet = False,
) -> int:
    """Run a Gearman job server.

    It listens on 127.0.0.1, port 4730, unless told otherwise, and keeps its
    queue in memory.  TERM and INT let running jobs finish; a second one ends
    at once.
    """
    from gearcli.server.engine import Engine
    from gearcli.server.listener import listen as open_listeners
    from gearcli.server.listener import name_of, require_loopback
    from gearcli.server.log import Log
    from gearcli.server.loop import Server
    from gearcli.server.operator import Operator

    wanted = _wanted(listen or ["127.0.0.1"], DEFAULT_PORT if port is None else port)
    if not insecure_listen:
        for address in wanted:
            require_loopback(address)
    _raise_file_limit()
    log = Log(max(verbosity, verbose))
    listeners = [listener for address in wanted for listener in open_listeners(address)]
    engine = Engine(handle_prefix())
    operator = Operator(engine, version=__version__, pid=os.getpid())
    server = Server(engine, operator, listeners, log=log, grace=grace)
    if not quiet:
        log.notice("jobs are kept in memory only: waiting background jobs do not survive a restart")
    for listener in listeners:
        log.notice(f"listening on {name_of(listener)}")
    cut_short = server.run()
    return ExitStatus.DONE if cut_short is None else 128 + cut_short


def handle_prefix() -> bytes:
    """What job handles begin with: the machine, as in gearmand, and this start of the server.

    gearmand's handles begin anew at 1 with every start, so that who polls one
    may see a stranger's job.  The time of the start, in base 36, prevents that.
    """
    node = socket.gethostname().encode("ascii", "replace")[:24]
    return b"H:%b:%b-" % (node, _base36(time.time_ns() // 1_000_000).encode())


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def _wanted(texts: list[str], port: int) -> list[Address]:
    """The addresses to listen on, each once."""
    parts = (part for text in texts for part in text.split(","))
    return list(dict.fromkeys(parse(part, default_host="127.0.0.1", default_port=port) for part in parts))


def _raise_file_limit() -> None:
    """Every connection is a descriptor: take as many as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

"""`gear admin`: every text command of gearmand, by its name."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gearcli.cli.admin_answers import Sent, connection_keys, connection_line, to_servers
from gearcli.cli.asking import confirmed
from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import Yes
from gearcli.cli.output import message, with_tabs
from gearcli.client.admin import Admin
from gearcli.client.answers import check_handle
from gearcli.errors import UsageError
from gearcli.escape import shown

HELP = """Send a server one of gearmand's text commands.

With several servers each is sent it, and its address stands before its
answer. With --json an object for each server.
"""

_DESTRUCTIVE = frozenset({"cancel", "drop", "purge", "shutdown"})
"""Commands that ask before they are sent raw."""

_Function = Annotated[str, typer.Argument(metavar="FUNCTION", help="The function.")]


@to_servers
def version(sent: Sent) -> int:
    """Show the server's version."""
    return sent.line("version", Admin.version)


@to_servers
def getpid(sent: Sent) -> int:
    """Show the server's process id."""
    return sent.line("pid", Admin.getpid)


@to_servers
def verbose(
    sent: Sent,
    level: Annotated[
        str | None, typer.Argument(metavar="[LEVEL]", help="Log at it from now on (gear server).")
    ] = None,
) -> int:
    """Show the level at which the server logs: FATAL ALERT CRITICAL ERROR WARNING NOTICE INFO DEBUG."""
    return sent.line("verbosity", lambda admin: admin.verbose(level))


@to_servers
def maxqueue(
    sent: Sent,
    function: _Function,
    limit: Annotated[
        list[int],
        typer.Argument(
            metavar="LIMIT | HIGH NORMAL LOW", min=0, help="For all priorities, or for each; 0 is no limit."
        ),
    ],
) -> int:
    """Limit the jobs that a function may have."""
    if len(limit) not in (1, 3):
        raise UsageError("say one limit, or three: for high, normal and low priority; 0 is no limit")
    return sent.done(lambda admin: admin.maxqueue(os.fsencode(function), *limit))


@to_servers
def create(sent: Sent, function: _Function) -> int:
    """Let the server know a function before anybody uses it."""
    return sent.done(lambda admin: admin.create(os.fsencode(function)))


@to_servers
def drop(sent: Sent, function: _Function, yes: Yes = False) -> int:
    """Let the server forget a function.

    It must have no worker. gearmand loses the jobs that wait for it, and
    takes any function of this name in upper or lower case.
    """
    if not confirmed(f"Drop {shown(function)}?", "dropping a function may destroy jobs", yes=yes):
        return _nothing_done()
    return sent.done(lambda admin: admin.drop(os.fsencode(function)))


@to_servers
def cancel(
    sent: Sent, handle: Annotated[str, typer.Argument(metavar="HANDLE", help="The job.")], yes: Yes = False
) -> int:
    """Cancel a job; `gear cancel` takes several, and finds the server that knows each."""
    check_handle(os.fsencode(handle))
    if not confirmed(f"Cancel {shown(handle)}?", "cancelling destroys jobs", yes=yes):
        return _nothing_done()
    return sent.done(lambda admin: admin.cancel(os.fsencode(handle)))


@to_servers
def show(
    sent: Sent, what: Annotated[list[str], typer.Argument(metavar="jobs | unique jobs", help="What to show.")]
) -> int:
    """Show all jobs, or the unique of each.

    Of a job: its handle, how often it lost its worker, whether nobody wants
    it, whether it is a background job; 1 is yes. `gear jobs` shows more.
    """
    if what == ["jobs"]:
        keys = ("handle", "losses", "unwanted", "background")
        return sent.rows("jobs", Admin.show_jobs, keys)
    if what == ["unique", "jobs"]:
        return sent.rows("uniques", lambda admin: [(each,) for each in admin.show_unique_jobs()], ("unique",))
    raise UsageError(f"'{shown(' '.join(what))}' cannot be shown; say: jobs, or: unique jobs")


@to_servers
def status(sent: Sent) -> int:
    """Show functions: jobs, running jobs, workers. `gear status` shows more."""
    keys = ("function", "total", "running", "workers")
    return sent.rows("functions", Admin.status, keys)


@to_servers
def prioritystatus(sent: Sent) -> int:
    """Show functions: jobs without a worker of high, normal and low priority, workers."""
    keys = ("function", "high", "normal", "low", "workers")
    return sent.rows("functions", Admin.priority_status, keys)


@to_servers
def workers(sent: Sent) -> int:
    """Show connections: descriptor, host, client id, functions. `gear workers` shows more."""
    return sent.tell(
        Admin.workers,
        lambda rows: list(map(connection_line, rows)),
        lambda rows: {"connections": list(map(connection_keys, rows))},
    )


@to_servers
def shutdown(
    sent: Sent,
    graceful: Annotated[bool, typer.Option("--graceful", help="Wait until no job is left.")] = False,
    yes: Yes = False,
) -> int:
    """Stop the server (gear server): as TERM does, or once no job is left."""
    if not confirmed(f"Stop {sent.servers}?", "this stops the server", yes=yes):
        return _nothing_done()
    return sent.done(lambda admin: admin.shutdown(graceful=graceful))


@to_servers
def raw(
    sent: Sent,
    word: Annotated[list[str], typer.Argument(metavar="WORD...", help="The command line.")],
    yes: Yes = False,
) -> int:
    """Send any command line, and show what is answered."""
    line = " ".join(word)
    destroys = not _DESTRUCTIVE.isdisjoint(line.lower().split()[:1])
    if destroys and not confirmed(f"Send {shown(line)}?", "this may destroy jobs", yes=yes):
        return _nothing_done()
    return sent.tell(
        lambda admin: admin.raw(os.fsencode(line)),
        lambda lines: list(map(with_tabs, lines)),
        lambda lines: {"lines": list(map(shown, lines))},
    )


_COMMANDS = (
    version, getpid, verbose, maxqueue, create, drop, cancel, show, status, prioritystatus, workers,
    shutdown, raw,
)  # fmt: skip
GROUP = {command.__name__: command for command in _COMMANDS}
"""The commands by their names."""


def _nothing_done() -> ExitStatus:
    message("nothing was done")
    return ExitStatus.FAILED

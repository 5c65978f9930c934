"""`gear admin`: every text command of gearmand, by its name."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gearcli.cli.admin_answers import Sent, connection_keys, connection_line
from gearcli.cli.asking import confirmed
from gearcli.cli.exits import ExitStatus
from gearcli.cli.function_formats import with_tabs
from gearcli.cli.options import ConnectTimeout, Context, Json, Servers, Yes
from gearcli.cli.output import message
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


def version(
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show the server's version."""
    return Sent(server, context, connect_timeout, json).line("version", Admin.version)


def getpid(
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show the server's process id."""
    return Sent(server, context, connect_timeout, json).line("pid", Admin.getpid)


def verbose(
    level: Annotated[
        str | None, typer.Argument(metavar="[LEVEL]", help="Log at it from now on (gear server).")
    ] = None,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show the level at which the server logs: FATAL ALERT CRITICAL ERROR WARNING NOTICE INFO DEBUG."""
    sent = Sent(server, context, connect_timeout, json)
    return sent.line("verbosity", lambda admin: admin.verbose(level))


def maxqueue(
    function: _Function,
    limit: Annotated[
        list[int],
        typer.Argument(
            metavar="LIMIT | HIGH NORMAL LOW", min=0, help="For all priorities, or for each; 0 is no limit."
        ),
    ],
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Limit the jobs that a function may have."""
    if len(limit) not in (1, 3):
        raise UsageError("say one limit, or three: for high, normal and low priority; 0 is no limit")
    sent = Sent(server, context, connect_timeout, json)
    return sent.done(lambda admin: admin.maxqueue(os.fsencode(function), *limit))


def create(
    function: _Function,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Let the server know a function before anybody uses it."""
    sent = Sent(server, context, connect_timeout, json)
    return sent.done(lambda admin: admin.create(os.fsencode(function)))


def drop(
    function: _Function,
    yes: Yes = False,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Let the server forget a function.

    It must have no worker. gearmand loses the jobs that wait for it, and
    takes any function of this name in upper or lower case.
    """
    sent = Sent(server, context, connect_timeout, json)
    if not confirmed(f"Drop {shown(function)}?", "dropping a function may destroy jobs", yes=yes):
        return _nothing_done()
    return sent.done(lambda admin: admin.drop(os.fsencode(function)))


def cancel(
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="The job.")],
    yes: Yes = False,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Cancel a job; `gear cancel` takes several, and finds the server that knows each."""
    check_handle(os.fsencode(handle))
    sent = Sent(server, context, connect_timeout, json)
    if not confirmed(f"Cancel {shown(handle)}?", "cancelling destroys jobs", yes=yes):
        return _nothing_done()
    return sent.done(lambda admin: admin.cancel(os.fsencode(handle)))


def show(
    what: Annotated[list[str], typer.Argument(metavar="jobs | unique jobs", help="What to show.")],
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show all jobs, or the unique of each.

    Of a job: its handle, how often it lost its worker, whether nobody wants
    it, whether it is a background job; 1 is yes. `gear jobs` shows more.
    """
    sent = Sent(server, context, connect_timeout, json)
    if what == ["jobs"]:
        keys = ("handle", "losses", "unwanted", "background")
        return sent.rows("jobs", Admin.show_jobs, keys)
    if what == ["unique", "jobs"]:
        return sent.rows("uniques", lambda admin: [(each,) for each in admin.show_unique_jobs()], ("unique",))
    raise UsageError(f"'{shown(' '.join(what))}' cannot be shown; say: jobs, or: unique jobs")


def status(
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show functions: jobs, running jobs, workers. `gear status` shows more."""
    keys = ("function", "total", "running", "workers")
    return Sent(server, context, connect_timeout, json).rows("functions", Admin.status, keys)


def prioritystatus(
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show functions: jobs without a worker of high, normal and low priority, workers."""
    keys = ("function", "high", "normal", "low", "workers")
    return Sent(server, context, connect_timeout, json).rows("functions", Admin.priority_status, keys)


def workers(
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show connections: descriptor, host, client id, functions. `gear workers` shows more."""
    sent = Sent(server, context, connect_timeout, json)
    return sent.tell(
        Admin.workers,
        lambda rows: list(map(connection_line, rows)),
        lambda rows: {"connections": list(map(connection_keys, rows))},
    )


def shutdown(
    graceful: Annotated[bool, typer.Option("--graceful", help="Wait until no job is left.")] = False,
    yes: Yes = False,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Stop the server (gear server): as TERM does, or once no job is left."""
    sent = Sent(server, context, connect_timeout, json)
    if not confirmed(f"Stop {sent.servers}?", "this stops the server", yes=yes):
        return _nothing_done()
    return sent.done(lambda admin: admin.shutdown(graceful=graceful))


def raw(
    word: Annotated[list[str], typer.Argument(metavar="WORD...", help="The command line.")],
    yes: Yes = False,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Send any command line, and show what is answered."""
    line = " ".join(word)
    sent = Sent(server, context, connect_timeout, json)
    destroys = any(line.lower().split()[:1] == [each] for each in _DESTRUCTIVE)
    if destroys and not confirmed(f"Send {shown(line)}?", "this may destroy jobs", yes=yes):
        return _nothing_done()
    return sent.tell(
        lambda admin: admin.raw(os.fsencode(line)),
        lambda lines: list(map(with_tabs, lines)),
        lambda lines: {"lines": list(map(shown, lines))},
    )


GROUP = {
    "version": version,
    "getpid": getpid,
    "verbose": verbose,
    "maxqueue": maxqueue,
    "create": create,
    "drop": drop,
    "cancel": cancel,
    "show": show,
    "status": status,
    "prioritystatus": prioritystatus,
    "workers": workers,
    "shutdown": shutdown,
    "raw": raw,
}
"""The commands by their names."""


def _nothing_done() -> ExitStatus:
    message("nothing was done")
    return ExitStatus.FAILED

"""The options of `gear serve`: gearmand's names where gearmand has such an option, and what may be said."""

from __future__ import annotations

import os
import re
from typing import Annotated, Any

import typer

from gearcli.cli.options import lasting, page_address, parsed
from gearcli.cli.reach import CA
from gearcli.errors import UsageError
from gearcli.protocol.address import DEFAULT_PORT
from gearcli.protocol.packets import HANDLE_LIMIT
from gearcli.server.log import LEVELS, level_named
from gearcli.server.results import RESULTS_LIMIT

PREFIX_LIMIT = 40
"""Bytes of a handle prefix: ``:``, the start (8), ``-`` and ten years of jobs at full speed (13) fit too."""


def mode(text: str) -> int:
    """The permissions of a socket, in octal.  Raises UsageError."""
    if not re.fullmatch("0?[0-7]{3}", text):
        raise UsageError(f"{text!r} is not a file mode; write it in octal, as in 0660")
    return int(text, 8)


def prefix(text: str) -> bytes:
    """What job handles begin with.  Raises UsageError."""
    wanted = os.fsencode(text)
    if len(wanted) > PREFIX_LIMIT:
        raise UsageError(
            f"a handle prefix has at most {PREFIX_LIMIT} bytes, so that handles have at most {HANDLE_LIMIT}; "
            f"this one has {len(wanted)}"
        )
    if not wanted or b"\0" in wanted or wanted.split() != [wanted]:
        raise UsageError(f"{text!r} is not a handle prefix; it must not be empty and has no space and no NUL")
    return wanted


# -- where it listens ----------------------------------------------------------------

Listen = Annotated[
    list[str] | None,
    typer.Option(
        "-L",
        "--listen",
        metavar="ADDR",
        help="Where to listen: host, host:port, [::1]:port, unix:/path; repeatable. Default: 127.0.0.1.",
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        "-p",
        "--port",
        min=0,
        max=65535,
        metavar="PORT",
        help="Port of addresses that name none; 0 picks a free one.",
        envvar="GEARMAND_PORT",
        show_default=str(DEFAULT_PORT),
    ),
]
InsecureListen = Annotated[
    bool, typer.Option("--insecure-listen", help="Allow addresses that other machines can reach.")
]


def _tls(context: typer.Context, wanted: bool) -> bool:
    """Whether TLS is asked for: by the option, or by an option that names one of its files.

    A variable only names a file, as for clients.
    """
    sources = map(context.get_parameter_source, ("ca", "cert", "key"))
    return wanted or any(source is not None and source.name == "COMMANDLINE" for source in sources)


UseTls = Annotated[
    bool,
    typer.Option(
        "--tls",
        callback=_tls,
        help="Speak TLS on TCP; to name one of its files says so too. Unix sockets stay as they are.",
    ),
]
Ca = Annotated[
    str | None,
    typer.Option(
        "--ca", metavar="FILE", envvar=CA, help="Let in only clients with a certificate of these authorities."
    ),
]
Certificate = Annotated[
    str | None,
    typer.Option(
        "--cert",
        metavar="FILE",
        envvar="GEARMAND_SERVER_PEM",
        help="The server's certificate, in PEM; HUP reads it again.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="FILE",
        envvar="GEARMAND_SERVER_KEY",
        help="The key of the certificate, if it is not in the same file.",
    ),
]
GivenRoles = Annotated[
    list[str] | None,
    typer.Option(
        "--role",
        metavar="NAME=ROLE[:GLOB]",
        help="What who has a certificate of this name may do (user:NAME on a Unix socket): "
        "submit or work, for functions that match, or admin; repeatable. Without any: everything.",
    ),
]
SocketMode = Annotated[
    int,
    typer.Option(
        "--socket-mode", metavar="MODE", parser=parsed(mode), help="Who may use Unix sockets, in octal."
    ),
]
Backlog = Annotated[
    int,
    typer.Option(
        "-b", "--backlog", min=1, max=65535, metavar="N", help="Connections that may wait to be accepted."
    ),
]
KeepaliveWanted = Annotated[
    bool, typer.Option("--keepalive/--no-keepalive", help="Notice TCP peers that went away without a word.")
]


def _keepalive(name: str, most: int, help: str) -> Any:
    """An option of keepalive; gearmand's -1, and 0, mean what the system does."""
    return typer.Option(
        f"--keepalive-{name}", min=-1, max=most, metavar="N", help=f"{help}; -1: as the system does."
    )


KeepaliveIdle = Annotated[int, _keepalive("idle", 32767, "Seconds of silence before a peer is asked")]
KeepaliveInterval = Annotated[int, _keepalive("interval", 32767, "Seconds between questions")]
KeepaliveCount = Annotated[int, _keepalive("count", 127, "Questions without an answer")]

# -- the store -----------------------------------------------------------------------------

StorePath = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="FILE|none",
        help="Keep background jobs in this SQLite file: once acknowledged they survive crashes and restarts.",
    ),
]

# -- jobs --------------------------------------------------------------------------------

JobRetries = Annotated[
    int,
    typer.Option(
        "-j",
        "--job-retries",
        min=-1,
        metavar="N",
        help="How often a job is offered again after its worker was lost, before it fails; -1: always.",
    ),
]
WorkerWakeup = Annotated[
    int,
    typer.Option(
        "-w", "--worker-wakeup", min=0, metavar="N", help="Workers woken for a new job; 0: as few as will do."
    ),
]
RoundRobin = Annotated[
    bool, typer.Option("-R", "--round-robin", help="Changes nothing: functions always take turns.")
]
Exceptions = Annotated[
    bool, typer.Option("--exceptions", help="Every client hears the words of exceptions, asked for or not.")
]
JobHandlePrefix = Annotated[
    bytes | None,
    typer.Option(
        "--job-handle-prefix",
        metavar="TEXT",
        parser=parsed(prefix),
        help="What job handles begin with. Default: H:HOSTNAME.",
    ),
]
Lease = Annotated[
    float, lasting("--lease", help="A job whose worker is silent that long is offered again; 0: never.")
]
KeepResults = Annotated[
    float,
    lasting(
        "--keep-results",
        help="How long `gear result` can show what became of background jobs; 0: not at all. "
        f"The newest {RESULTS_LIMIT >> 20} MiB are kept.",
    ),
]

# -- the process ---------------------------------------------------------------------------

Daemon = Annotated[
    bool, typer.Option("-d", "--daemon", help="Go into the background once connections are accepted.")
]
PidPath = Annotated[
    str | None,
    typer.Option(
        "-P",
        "--pid-file",
        metavar="FILE",
        help="Holds the process id, from when connections are accepted to the end.",
    ),
]
User = Annotated[
    str | None,
    typer.Option("-u", "--user", metavar="NAME", help="Become this user once the addresses are bound."),
]
Threads = Annotated[
    int | None,
    typer.Option("-t", "--threads", min=0, metavar="N", help="Changes nothing: one thread serves all."),
]
FileDescriptors = Annotated[
    int | None,
    typer.Option(
        "-f",
        "--file-descriptors",
        min=16,
        max=1 << 30,
        metavar="N",
        help="How many files and connections may be open. Default: what the system allows.",
    ),
]
Metrics = Annotated[
    Any,
    typer.Option(
        "--metrics",
        metavar="[HOST:]PORT",
        parser=parsed(page_address),
        help="Serve Prometheus metrics there, at /metrics, /healthz, and a page for people at /.",
    ),
]

# -- what it says ------------------------------------------------------------------------------

LogPath = Annotated[
    str | None,
    typer.Option(
        "-l",
        "--log-file",
        metavar="FILE|stderr|none",
        help="Where the log goes; HUP opens the file again. Default: stderr.",
    ),
]
ToSyslog = Annotated[bool, typer.Option("--syslog", help="Log to the system's log.")]
Verbosity = Annotated[
    int,
    typer.Option(
        "-v",
        count=True,
        show_default=False,
        help="Say more: -v connections, -vv jobs, -vvv every packet in words.",
    ),
]


def _level_name(text: str) -> str:
    """A level of gearmand's.  Raises UsageError."""
    level_named(text)
    return text.upper()


Quiet = Annotated[
    bool,
    typer.Option(
        "-q",
        "--quiet",
        help="Do not say how jobs are kept; where the log goes elsewhere, standard error stays empty.",
    ),
]
VerboseLevel = Annotated[
    str,
    typer.Option(
        "--verbose",
        metavar="LEVEL",
        parser=parsed(_level_name),
        help=f"The same by gearmand's names, {next(iter(LEVELS))} to DEBUG.",
    ),
]

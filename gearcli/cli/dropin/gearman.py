"""`gearman`: jobs and workers from the shell, by the options of gearmand 1.1.20's tool."""

from __future__ import annotations

import os
from collections.abc import Sequence

from gearcli.cli.dropin.addresses import secured, servers_of
from gearcli.cli.dropin.gearman_options import Asked, asked_of
from gearcli.cli.dropin.saying import complain
from gearcli.cli.dropin.short_options import scan
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import write_text
from gearcli.protocol.address import Address

_FLAGS, _VALUED = "bdHILnNPsSvw", "cfhiptu"


def run(arguments: Sequence[str]) -> int:
    """Be `gearman`; the exit status."""
    options, words, wrong = scan(arguments, _FLAGS, _VALUED, permute="POSIXLY_CORRECT" not in os.environ)
    letters, values = {letter for letter, _ in options}, dict(options)
    error = "No Functions were provided" if "f" not in letters else "-?" if wrong else ""
    if error or "H" in letters:
        show = complain if error else write_text
        show(_usage(error or "(null)", letters))
        return ExitStatus.DONE if "H" in letters else ExitStatus.FAILED
    asked = asked_of(options, words)
    servers = servers_of(values.get("h"), values.get("p"), os.environ)
    if "S" in letters:
        servers = [secured(each, os.environ) for each in servers]
    if "d" in letters and os.fork():
        return ExitStatus.DONE
    if "d" in letters:
        _detach()
    return _run(asked, servers, values.get("i"), worker="w" in letters)


def _run(asked: Asked, servers: Sequence[Address], pid_file: str | None, *, worker: bool) -> int:
    """Work or submit, with a pid file for as long as that takes."""
    from gearcli.pidfile import PidFile

    file = None if pid_file is None else PidFile(pid_file, "-i")
    try:
        if worker:
            from gearcli.cli.dropin.gearman_worker import work

            return work(asked, servers)
        from gearcli.cli.dropin.gearman_client import submit

        return submit(asked, servers)
    finally:
        if file is not None:
            file.remove()


def _detach() -> None:
    """Leave the session and its terminal; the folder stays, since paths may be relative to it."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def _usage(error: str, letters: set[str]) -> str:
    def said(*these: str) -> str:
        return "true" if letters & {*these} else "false"

    return f"""
gearman\tError in usage({error}).

Client mode: gearman [options] [<data>]
Worker mode: gearman -w [options] [<command> [<args> ...]]

Common options to both client and worker modes.
\t-f <function> - Function name to use for jobs (can give many)
\t-h <host>     - Job server host
\t-H            - Print this help menu
\t-v            - Print diagnostic information to stdout({said("v")})
\t-p <port>     - Job server port
\t-t <timeout>  - Timeout in milliseconds
\t-i <pidfile>  - Create a pidfile for the process
\t-S            - Enable SSL connections

Client options:
\t-b            - Run jobs in the background({said("b")})
\t-I            - Run jobs as high priority
\t-L            - Run jobs as low priority
\t-n            - Run one job per line({said("n", "N")})
\t-N            - Same as -n, but strip off the newline({said("N")})
\t-P            - Prefix all output lines with functions names
\t-s            - Send job without reading from standard input
\t-u <unique>   - Unique key to use for job

Worker options:
\t-c <count>    - Number of jobs for worker to run before exiting
\t-n            - Send data packet for each line({said("n", "N")})
\t-N            - Same as -n, but strip off the newline({said("N")})
\t-w            - Run in worker mode({said("w")})
"""

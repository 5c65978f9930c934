"""`gearman`: jobs and workers from the shell, by the options of gearmand 1.1.20's tool."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from gearcli.cli.dropin.addresses import secured, servers_of
from gearcli.cli.dropin.saying import complain
from gearcli.cli.dropin.short_options import scan
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import write_text
from gearcli.errors import UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Priority

_FLAGS, _VALUED = "bdHILnNPsSvw", "cfhiptu"


class Wanted(NamedTuple):
    """What a command line asks for.  `timeout` is in seconds, None for none; 0 `jobs` are no limit."""

    functions: Sequence[bytes]
    words: Sequence[bytes]
    """The workloads of a client, or the command of a worker."""
    background: bool
    priority: Priority
    unique: bytes
    lines: bool
    """Whether a job, or a piece of a result, is a line."""
    strip: bool
    """Whether that is without its line end."""
    prefix: bool
    empty: bool
    """Whether the job is an empty one, and nothing is read."""
    verbose: bool
    timeout: float | None
    jobs: int


def run(arguments: Sequence[str]) -> int:
    """Be `gearman`; the exit status."""
    options, words, wrong = scan(arguments, _FLAGS, _VALUED, permute="POSIXLY_CORRECT" not in os.environ)
    letters, values = {letter for letter, _ in options}, dict(options)
    error = "No Functions were provided" if "f" not in letters else "-?" if wrong else ""
    if error or "H" in letters:
        show = complain if error else write_text
        show(_usage(error or "(null)", letters))
        return ExitStatus.DONE if "H" in letters else ExitStatus.FAILED
    wanted = _wanted(options, words)
    servers = servers_of(values.get("h"), values.get("p"), os.environ)
    if "S" in letters:
        servers = [secured(each, os.environ) for each in servers]
    if "d" in letters and os.fork():
        return ExitStatus.DONE
    if "d" in letters:
        _detach()
    return _run(wanted, servers, values.get("i"), worker="w" in letters)


def _wanted(options: Sequence[tuple[str, str]], words: Sequence[str]) -> Wanted:
    """What options and words ask for.  Raises UsageError."""
    letters, values = {letter for letter, _ in options}, dict(options)
    return Wanted(
        functions=[os.fsencode(value) for letter, value in options if letter == "f"],
        words=[os.fsencode(word) for word in words],
        background="b" in letters,
        priority=_priority([letter for letter, _ in options]),
        unique=os.fsencode(values.get("u", "")),
        lines=bool({"n", "N"} & letters),
        strip="N" in letters,
        prefix="P" in letters,
        empty="s" in letters,
        verbose="v" in letters,
        timeout=_milliseconds(values.get("t")),
        jobs=max(0, _number("c", values.get("c", "0"))),
    )


def _run(wanted: Wanted, servers: Sequence[Address], pid_file: str | None, *, worker: bool) -> int:
    """Work or submit, with a pid file for as long as that takes."""
    from gearcli.pidfile import PidFile

    file = None if pid_file is None else PidFile(pid_file, "-i")
    try:
        if worker:
            from gearcli.cli.dropin.gearman_worker import work

            return work(wanted, servers)
        from gearcli.cli.dropin.gearman_client import submit

        return submit(wanted, servers)
    finally:
        if file is not None:
            file.remove()


def _priority(letters: Sequence[str]) -> Priority:
    """The priority of the letter that was said last."""
    known = {"I": Priority.HIGH, "L": Priority.LOW}
    return next((known[letter] for letter in reversed(letters) if letter in known), Priority.NORMAL)


def _milliseconds(text: str | None) -> float | None:
    """Seconds; a negative time is none, as in the original.  Raises UsageError."""
    milliseconds = -1 if text is None else _number("t", text)
    return None if milliseconds < 0 else milliseconds / 1000


def _number(letter: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"-{letter} {text}: that is no number") from None


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

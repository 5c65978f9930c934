"""Exit statuses: what a script may rely on.  This is the only place that knows them."""

from __future__ import annotations

from enum import IntEnum

from gearcli import errors


class ExitStatus(IntEnum):
    """Numbers with precedents: sysexits.h, timeout(1), env(1), the shell's 128 + signal."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    INPUT = 66
    UNREACHABLE = 69
    OUTPUT = 74
    TRY_LATER = 75
    PROTOCOL = 76
    FORBIDDEN = 77
    CONFIG = 78
    TIMEOUT = 124
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127
    HUNG_UP = 129
    INTERRUPTED = 130
    PIPE = 141
    TERMINATED = 143


MEANINGS = {
    ExitStatus.DONE: "done",
    ExitStatus.FAILED: "the job, or a job of the batch, failed, or is not known, nor is the function; "
    "`gear doctor` or `gear store` has found a fault; a question was answered with no",
    ExitStatus.USAGE: "wrong usage",
    ExitStatus.INPUT: "an input file cannot be read, or a store is damaged or is none",
    ExitStatus.UNREACHABLE: "no server can be reached, or it went away before it had answered; "
    "`gear serve` cannot listen",
    ExitStatus.OUTPUT: "the output, a log, the pid file or the store cannot be written",
    ExitStatus.TRY_LATER: "try later: the queue is full, the server is stopping, "
    "nobody serves the function (`--require-worker`), the job is not done yet (`gear result`), "
    "a server uses the store",
    ExitStatus.PROTOCOL: "the peer broke the protocol, answered ERROR, or was silent for too long",
    ExitStatus.FORBIDDEN: "the system or the server does not permit it, or a certificate is not trusted",
    ExitStatus.CONFIG: "a configuration file or a certificate is wrong or missing",
    ExitStatus.TIMEOUT: "out of time (`--timeout`)",
    ExitStatus.NOT_EXECUTABLE: "the command of `worker` or `run` cannot be executed",
    ExitStatus.NOT_FOUND: "the command of `worker` or `run` cannot be found",
    ExitStatus.HUNG_UP: "the terminal was closed before the work was done",
    ExitStatus.INTERRUPTED: "interrupted before the work was done",
    ExitStatus.PIPE: "the reader of the output went away",
    ExitStatus.TERMINATED: "terminated before the work was done",
}
"""What each says to people; where it is documented, it is in these words."""

_BY_ERROR: tuple[tuple[type[errors.GearError], ExitStatus], ...] = (
    (errors.UsageError, ExitStatus.USAGE),
    (errors.InputError, ExitStatus.INPUT),
    (errors.OutputError, ExitStatus.OUTPUT),
    (errors.StoreDamaged, ExitStatus.INPUT),
    (errors.StoreInUse, ExitStatus.TRY_LATER),
    (errors.ConfigError, ExitStatus.CONFIG),
    (errors.BindError, ExitStatus.UNREACHABLE),
    (errors.NotPermitted, ExitStatus.FORBIDDEN),
    (errors.Untrusted, ExitStatus.FORBIDDEN),
    (errors.TurnedAway, ExitStatus.FORBIDDEN),
    (errors.NoRoom, ExitStatus.TRY_LATER),
    (errors.ServerGone, ExitStatus.UNREACHABLE),
    (errors.QueueFull, ExitStatus.TRY_LATER),
    (errors.NoWorker, ExitStatus.TRY_LATER),
    (errors.Forbidden, ExitStatus.FORBIDDEN),
    (errors.ServerError, ExitStatus.PROTOCOL),
    (errors.ProtocolError, ExitStatus.PROTOCOL),
    (errors.TimeLimit, ExitStatus.TIMEOUT),
)

_WORST_FIRST = (ExitStatus.FAILED, ExitStatus.UNREACHABLE, ExitStatus.TIMEOUT)


def exit_status(error: errors.GearError) -> ExitStatus:
    """The exit status for an error."""
    if isinstance(error, errors.CommandError):
        return ExitStatus.NOT_EXECUTABLE if error.found else ExitStatus.NOT_FOUND
    if isinstance(error, errors.WorkersEnded) and error.status > ExitStatus.FAILED:
        return ExitStatus(error.status)  # which their process has from here
    return next((status for kind, status in _BY_ERROR if isinstance(error, kind)), ExitStatus.FAILED)


def worst(statuses: set[ExitStatus]) -> ExitStatus:
    """The one status of a batch whose jobs ended with these."""
    for status in (*_WORST_FIRST, *sorted(statuses, reverse=True)):
        if status in statuses:
            return status
    return ExitStatus.DONE

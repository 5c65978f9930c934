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
    INTERRUPTED = 130
    PIPE = 141
    TERMINATED = 143


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
    return next((status for kind, status in _BY_ERROR if isinstance(error, kind)), ExitStatus.FAILED)


def worst(statuses: set[ExitStatus]) -> ExitStatus:
    """The one status of a batch whose jobs ended with these."""
    for status in (*_WORST_FIRST, *sorted(statuses, reverse=True)):
        if status in statuses:
            return status
    return ExitStatus.DONE

"""Every error of the program, as one tree.

::

    GearError                 something a user or a peer did; never a fault of this program
    ├── UsageError            what was asked for makes no sense
    │   └── AddressError      not an address of a server
    ├── InputError            an input file cannot be read
    ├── OutputError           the output cannot be written
    │   └── StoreError        what was to be stored was not
    │       └── StoreBroken   … or perhaps was: the store must not be used any longer
    ├── StoreDamaged          what was stored cannot be read, or not all of it
    ├── StoreInUse            another process uses the store
    ├── CommandError          the command of a worker cannot run (attribute `found`)
    ├── ConfigError           a configuration file is wrong
    ├── BindError             an address cannot be listened on
    ├── NotPermitted          the system does not permit it to this user
    ├── ServerGone            no server, or no longer a server
    │   ├── ConnectFailed     it could not be reached
    │   │   └── Untrusted     … with TLS: one of both does not trust the other
    │   └── ConnectionLost    it went away before it had answered
    │       ├── TurnedAway    … with TLS, when it had seen our certificate
    │       ├── NoRoom        … because it has no room for us: try later
    │       └── WorkersEnded  … or the workers of our own did (attribute `status`)
    ├── ProtocolError         the peer broke the rules of the protocol
    │   └── NoAnswer          … by not answering, or not wholly, in the time that is enough for it
    ├── ServerError           the server answered ERROR (attributes `code` and `text`)
    │   ├── QueueFull         … because its queue is full: try later
    │   └── Forbidden         … because we may not do that
    ├── JobFailed             the job failed or threw an exception
    ├── NoWorker              nobody serves a function, and waiting is not wanted
    ├── JobUnknown            the server knows no such job
    ├── FunctionUnknown       the server knows no such function
    └── TimeLimit             a time limit passed

A message says what happened, to what, and what to do.  Which exit status an
error becomes is said in `gearcli.cli.exits`, and only there.
"""

from __future__ import annotations


class GearError(Exception):
    """Base of all errors that are answered with a message instead of a traceback."""


class UsageError(GearError):
    """What was asked for makes no sense; nothing was done."""


class AddressError(UsageError):
    """A text is not the address of a server."""


class InputError(GearError):
    """An input file cannot be read."""


class OutputError(GearError):
    """Output cannot be written, for example because the disk is full."""


class StoreError(OutputError):
    """Nothing of a transaction was stored; another try may succeed."""


class StoreBroken(StoreError):
    """It is not known what was stored, for example after a failed fsync: the store must be opened anew."""


class StoreDamaged(GearError):
    """A store cannot be read, or not everything that was put into it is there unchanged."""


class StoreInUse(GearError):
    """Another process uses a store."""


class CommandError(GearError):
    """The command of a worker cannot be executed; `found` tells whether it exists at all."""

    def __init__(self, message: str, *, found: bool) -> None:
        super().__init__(message)
        self.found = found


class ConfigError(GearError):
    """A configuration file is wrong or cannot be read, or has not what was asked for."""


class BindError(GearError):
    """An address cannot be listened on: in use, not of this machine, not permitted."""


class NotPermitted(GearError):
    """The system does not permit it to the user who runs this."""


class ServerGone(GearError):
    """No server answers, or none does any longer."""


class ConnectFailed(ServerGone):
    """No connection to a server could be made."""


class Untrusted(ConnectFailed):
    """There is no connection with TLS: a certificate is not trusted, or ours cannot be read any more."""


class ConnectionLost(ServerGone):
    """The connection ended before the answer."""


class TurnedAway(ConnectionLost):
    """The server ended the connection because of our certificate, or because we have none."""


class NoRoom(ConnectionLost):
    """The connection came to nothing because the server has no room for it at present."""


class WorkersEnded(ConnectionLost):
    """The process of our own workers ended too early; `status` is its exit status, 0 if it was killed."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class ProtocolError(GearError):
    """The peer sent bytes that are not Gearman's protocol; the connection cannot go on.

    `code` is what a server answers in an ERROR packet before it closes.
    """

    def __init__(self, message: str, *, code: str = "INVALID_PACKET") -> None:
        super().__init__(message)
        self.code = code


class NoAnswer(ProtocolError):
    """The server did not answer, or not wholly, in a time that is more than enough for it."""


class ServerError(GearError):
    """The server answered an ERROR packet.

    `code` is its machine-readable first field, for example ``QUEUE_ERROR``,
    `text` the words that came with it.
    """

    def __init__(self, message: str, *, code: str, text: str) -> None:
        super().__init__(message)
        self.code = code
        self.text = text


class QueueFull(ServerError):
    """The server takes no more jobs for this function at present."""


class Forbidden(ServerError):
    """The server does not permit it to us."""


class JobFailed(GearError):
    """A job ended without a result; the message carries the worker's words."""


class NoWorker(GearError):
    """Nobody serves a function at present, and the caller does not want to wait: try later."""


class JobUnknown(GearError):
    """The server does not know the job that was asked about."""


class FunctionUnknown(GearError):
    """The server does not know the function that was asked about."""


class TimeLimit(GearError):
    """A time limit of the caller passed before the answer came."""


def reason_of(error: OSError) -> str:
    """Why the system did not do something, in small letters, for the middle of a message."""
    return (error.strerror or str(error)).lower()

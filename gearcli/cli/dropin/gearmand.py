"""`gearmand`: the server by the options of gearmand 1.1.20.

They are translated into those of `gear serve`, which is then run: one server,
one meaning of each option.  Where gearmand would listen everywhere, so does
this, and says so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from gearcli import __version__
from gearcli.cli.dropin.addresses import port_of
from gearcli.cli.dropin.gearmand_options import (
    CONFIG_FILE,
    GROUPS,
    LOG_FILE,
    OPTIONS,
    PID_FILE,
    QUEUES,
    TABLE,
)
from gearcli.cli.dropin.help_text import help_of
from gearcli.cli.dropin.long_options import Parsed, parse
from gearcli.cli.dropin.saying import say
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import write_text
from gearcli.errors import GearError, UsageError
from gearcli.protocol.address import DEFAULT_PORT
from gearcli.server.log import LEVELS

ANYWHERE = ("0.0.0.0", "[::]")
"""Where gearmand listens unless it is told otherwise."""
_STOPPED = (ExitStatus.DONE, ExitStatus.INTERRUPTED, ExitStatus.TERMINATED)


def run(arguments: Sequence[str]) -> int:
    """Be `gearmand`; the exit status, which is 1 for whatever is wrong at the start."""
    try:
        wanted = _configured(_parsed(arguments))
        _check(wanted)
        if "check-args" in wanted.values:
            return ExitStatus.DONE
        if "help" in wanted.values:
            write_text(f"Allowed options:\n\nAllowed options:\n\n{help_of(GROUPS)}\n")
            return ExitStatus.DONE
        if "version" in wanted.values:
            write_text(f"\ngearmand {__version__} - gear, a Gearman server for the terminal\n")
            return ExitStatus.DONE
        return _serve(wanted)
    except GearError as error:
        say("gearmand", str(error))
        return ExitStatus.FAILED


def _parsed(arguments: Sequence[str], *, guess: bool = False) -> Parsed:
    """What a command line says.  Raises UsageError, also for words: there are none."""
    parsed = parse(OPTIONS, arguments, guess=guess)
    if parsed.words:
        raise UsageError(f"unrecognised option '{parsed.words[0]}'")
    return parsed


def _configured(wanted: Parsed) -> Parsed:
    """What the command line says, and beside it what the configuration file does.  Raises UsageError."""
    path = wanted.text("config-file") or CONFIG_FILE
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            words = file.read().split()
    except OSError:
        if path != CONFIG_FILE:
            raise UsageError("Could not open configuration file.") from None
        return wanted
    return wanted._replace(values={**_parsed(words, guess=True).values, **wanted.values})


def _check(wanted: Parsed) -> None:
    """Raise UsageError for values that gearmand would refuse."""
    if (wanted.text("verbose") or "ERROR") not in LEVELS:
        raise UsageError("Invalid value for --verbose supplied")
    if int(wanted.text("hashtable-buckets") or "1") <= 0:
        raise UsageError("hashtable-buckets has to be greater than 0")


def _serve(wanted: Parsed) -> int:
    """Run `gear serve` with the same meaning; a signal that stopped it is no fault, as for gearmand."""
    from gearcli.cli.app import run as run_gear

    arguments = translated(wanted)
    if "listen" not in wanted.values:
        where = ", ".join(f"{address}:{_port(wanted)}" for address in ANYWHERE)
        say(
            "gearmand", f"listens on all interfaces ({where}), for everybody who can reach them; see --listen"
        )
    try:
        run_gear(["serve", *arguments])
    except SystemExit as ended:
        return ExitStatus.DONE if (ended.code or 0) in _STOPPED else ExitStatus.FAILED
    return ExitStatus.DONE


# -- the options of `gear serve` -----------------------------------------------------------------


def translated(wanted: Parsed) -> list[str]:
    """The arguments of `gear serve` that mean the same.  Raises UsageError for what it cannot do."""
    _refuse(wanted)
    arguments = ["--insecure-listen", "--quiet", f"--port={_port(wanted)}"]
    arguments += [f"--listen={address}" for address in _addresses(wanted)]
    arguments += [f"--{name}" for name in _FLAGS if name in wanted.values]
    arguments += [f"--{name}={wanted.values[name]}" for name in _SAME if name in wanted.values]
    if "keepalive" not in wanted.values:
        arguments.append("--no-keepalive")
    arguments += [f"--{name}={wanted.values.get(name, '-1')}" for name in _KEEPALIVE]
    arguments.append(f"--job-retries={_retries(wanted)}")
    arguments.append(f"--verbose={wanted.values.get('verbose', 'ERROR')}")
    return [*arguments, *_log(wanted), *_pid_file(wanted), *_store(wanted), *_tls(wanted)]


_FLAGS = ("daemon", "exceptions", "round-robin", "syslog", "keepalive")
_SAME = (
    "backlog",
    "file-descriptors",
    "job-handle-prefix",
    "threads",
    "user",
    "worker-wakeup",
)
"""The options that have the same name and meaning."""
_KEEPALIVE = ("keepalive-idle", "keepalive-interval", "keepalive-count")
"""Numbers that are the system's unless told otherwise."""


def _refuse(wanted: Parsed) -> None:
    """Raise UsageError for what this server does not have."""
    protocol, queue = wanted.text("protocol"), wanted.text("queue-type") or "builtin"
    if protocol == "http":
        raise UsageError("--protocol http: this server takes no jobs over HTTP; use a Gearman client")
    if protocol:
        raise UsageError(f"Unknown protocol module : {protocol}")
    if queue in QUEUES:
        raise UsageError(f"--queue-type {queue}: this server keeps no queue there; use libsqlite3 or builtin")
    if queue not in ("builtin", "libsqlite3"):
        raise UsageError(f"Error while initializing the queue : {queue}")


def _port(wanted: Parsed) -> int:
    """The port; the environment's where the option does not say another than the usual one."""
    text = wanted.text("port") or str(DEFAULT_PORT)
    if text == str(DEFAULT_PORT):
        text = os.environ.get("GEARMAND_PORT") or text
    return port_of(text)


def _addresses(wanted: Parsed) -> Sequence[str]:
    listen = wanted.text("listen")
    if listen is None:
        return ANYWHERE
    return [f"[{listen}]" if ":" in listen and not listen.startswith(("[", "unix:")) else listen]


def _retries(wanted: Parsed) -> int:
    """How often a job is offered again: gearmand counts the first offer, and takes 0 for no limit."""
    attempts = int(wanted.text("job-retries") or "0")
    return attempts - 1 if attempts > 0 else -1


def _log(wanted: Parsed) -> list[str]:
    """Where the log goes; to standard error where the file cannot be written, as in gearmand."""
    path = wanted.text("log-file") or LOG_FILE
    if path not in ("stderr", "none"):
        from gearcli.errors import OutputError
        from gearcli.server.log import LogFile

        try:
            LogFile(path).close()
        except OutputError as error:
            say("gearmand", f"{error} It goes to standard error.")
            path = "stderr"
    return [f"--log-file={path}"]


def _pid_file(wanted: Parsed) -> list[str]:
    """The pid file; the usual one only where it can be written."""
    path = wanted.text("pid-file") or PID_FILE
    usable = path != PID_FILE or os.access(os.path.dirname(path), os.W_OK)
    return [f"--pid-file={path}"] if usable else []


def _store(wanted: Parsed) -> list[str]:
    """Where background jobs are kept.  Raises UsageError."""
    if wanted.text("queue-type") != "libsqlite3":
        return []
    path = wanted.text("libsqlite3-db")
    if path is None:
        raise UsageError("missing required --libsqlite3-db=<dbfile> argument")
    if (wanted.text("libsqlite3-table") or TABLE) != TABLE:
        raise UsageError("--libsqlite3-table: this server chooses the names of its tables itself")
    return [f"--store={path}"]


def _tls(wanted: Parsed) -> list[str]:
    """With which certificates TLS is spoken; `gear serve` knows gearmand's variables for them too.

    Raises UsageError without one of the server, as `gear serve` would, but in options of gearmand.
    """
    if "ssl" not in wanted.values:
        return []
    found = {ours: wanted.text(option) for ours, option in _CERTIFICATES.items()}
    if not (found["cert"] or os.environ.get("GEARMAND_SERVER_PEM")):
        raise UsageError("--ssl needs the server's certificate: --ssl-certificate FILE")
    return ["--tls", *(f"--{name}={path}" for name, path in found.items() if path)]


_CERTIFICATES = {"ca": "ssl-ca-file", "cert": "ssl-certificate", "key": "ssl-key"}
"""The options of `gear serve`, and those of gearmand that mean the same."""

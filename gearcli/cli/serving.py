"""What `gear serve` does once its command line is understood."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple

from gearcli import __version__, systemd
from gearcli.cli import serve_pages
from gearcli.cli import serve_sockets as sockets
from gearcli.cli.exits import ExitStatus
from gearcli.cli.handles import handle_prefix
from gearcli.cli.page_sockets import listening_at, require_loopback
from gearcli.errors import OutputError, UsageError
from gearcli.escape import shown
from gearcli.keepalive import KEEPALIVE_COUNT, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL
from gearcli.pidfile import PidFile
from gearcli.protocol.address import DEFAULT_PORT, Address
from gearcli.protocol.packets import PACKET_LIMIT
from gearcli.server import listener as listening
from gearcli.server import privileges
from gearcli.server.access import Access, Files, require_bearers
from gearcli.server.bounds import IDLE, MEMORY, Bounds
from gearcli.server.daemon import in_background
from gearcli.server.documents import Document
from gearcli.server.engine import Engine
from gearcli.server.log import Log, LogFile, Outlet, level_named
from gearcli.server.loop import Server
from gearcli.server.operator import Operator
from gearcli.server.privileges import Account
from gearcli.server.registry import UNLIMITED
from gearcli.server.roles import parse as parse_role
from gearcli.server.syslog import Syslog


class Asked(NamedTuple):
    """What a command line asks for: the parameters of `gearcli.cli.serve.serve`, which explains each."""

    listen: list[str] | None = None
    port: int | None = None
    insecure_listen: bool = False
    tls: bool = False
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    role: list[str] | None = None
    socket_mode: int = 0o600
    backlog: int = listening.BACKLOG
    keepalive: bool = True
    keepalive_idle: int = KEEPALIVE_IDLE
    keepalive_interval: int = KEEPALIVE_INTERVAL
    keepalive_count: int = KEEPALIVE_COUNT
    store: str = "none"
    job_retries: int = UNLIMITED
    worker_wakeup: int = 0
    round_robin: bool = False
    exceptions: bool = False
    job_handle_prefix: bytes | None = None
    lease: float = 0.0
    keep_results: float = 0.0
    max_packet: int = PACKET_LIMIT
    max_connections: int | None = None
    max_queue: int = 0
    max_memory: int = MEMORY
    idle_timeout: float = IDLE
    grace: float = 5.0
    daemon: bool = False
    pid_file: str | None = None
    user: str | None = None
    threads: int | None = None
    file_descriptors: int | None = None
    metrics: Address | None = None
    log_file: str | None = None
    syslog: bool = False
    verbosity: int = 0
    verbose: str = "NOTICE"
    quiet: bool = False


def served(asked: Asked) -> int:
    """Serve until the end; returns the exit status.  Raises GearError."""
    account = None if asked.user is None else _account(asked.user)
    given = systemd.inherited(os.environ)
    texts = asked.listen or ([] if given else ["127.0.0.1"])
    wanted = sockets.addresses(texts, DEFAULT_PORT if asked.port is None else asked.port)
    metrics = asked.metrics
    if asked.daemon:
        wanted, metrics = [sockets.whole(address) for address in wanted], metrics and sockets.whole(metrics)
    unix = [bool(address.path) for address in wanted] + [each.family == socket.AF_UNIX for each in given]
    access = _access(asked, unix)
    require_loopback(metrics, insecure=asked.insecure_listen)
    certain = asked.tls and asked.ca  # who connects has to show a certificate
    if not asked.insecure_listen and not certain:
        sockets.require_loopback(wanted, given)
    log = _log(asked)
    numbers = asked.keepalive_idle, asked.keepalive_interval, asked.keepalive_count
    alive = sockets.keepalive(*numbers) if asked.keepalive else None
    prefix = handle_prefix(asked.job_handle_prefix)
    plan = _Plan(
        listeners=lambda: sockets.opened(wanted, given, asked.backlog, asked.socket_mode, alive),
        watched=lambda: listening_at(metrics, "--metrics", mode=asked.socket_mode),
        engine=lambda: Engine(
            prefix,
            retries=asked.job_retries,
            worker_wakeup=asked.worker_wakeup,
            exceptions=asked.exceptions,
            lease=asked.lease,
            keep_results=asked.keep_results,
            max_queue=asked.max_queue,
        ),
        store=None if asked.store == "none" else os.path.abspath(asked.store),
        handle_prefix=prefix,
        bounds=Bounds(packet=asked.max_packet, memory=asked.max_memory, idle=asked.idle_timeout),
        connections=asked.max_connections,
        access=access,
        log=log,
        leaves_console=_elsewhere(asked) and not asked.quiet,
        grace=asked.grace,
        account=account,
        pid_file=asked.pid_file and os.path.abspath(asked.pid_file),
        files=asked.file_descriptors,
        quiet=asked.quiet,
        settings={
            "worker_wakeup": asked.worker_wakeup,
            "grace": asked.grace,
            "store": shown(asked.store),
        },
    )
    return in_background(partial(_serve, plan)) if asked.daemon else _serve(plan, lambda: None)


class _Plan(NamedTuple):
    """What is to be done once the process is the one that will serve."""

    listeners: Callable[[], list[socket.socket]]
    watched: Callable[[], AbstractContextManager[list[socket.socket]]]
    """Makes the sockets at which figures can be read."""
    engine: Callable[[], Engine]
    store: str | None
    """The file in which background jobs are kept."""
    handle_prefix: bytes
    bounds: Bounds
    connections: int | None
    """How many there may be, if that was said."""
    access: Access
    log: Log
    leaves_console: bool
    """Whether standard error hears of the start, and of no more."""
    grace: float
    account: Account | None
    pid_file: str | None
    files: int | None
    quiet: bool
    settings: Document
    """What an operator is told about how the server was started."""


def _serve(plan: _Plan, ready: Callable[[], None]) -> int:
    """Serve until the end; `ready` is called once connections are accepted.  Returns the exit status."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a log to open again
    privileges.allow_files(plan.files)
    bounds = plan.bounds._replace(
        connections=privileges.connections(plan.connections, as_files_allow=plan.files is not None)
    )
    keep_jobs = None if plan.store is None else _keeper(plan, plan.store)
    pid_files = list[PidFile]()
    with plan.watched() as watched:
        listeners, engine = plan.listeners(), plan.engine()
        where = [shown(listening.name_of(listener)) for listener in listeners]
        settings: Document = {**plan.settings, **_told(bounds), "listen": where}
        operator = Operator(engine, version=__version__, pid=os.getpid(), settings=settings)
        server = Server(
            engine, operator, listeners, log=plan.log, grace=plan.grace, access=plan.access, bounds=bounds
        )

        def started() -> None:
            if keep_jobs is not None:
                with privileges.acting_as(plan.account):
                    keep_jobs(engine, server)
            if plan.pid_file:  # after all that may fail: the user may not be able to remove it
                pid_files.append(PidFile(plan.pid_file, "--pid-file"))
            if plan.account is not None:
                _become(plan.account, [*listeners, *watched], plan.log)
            _say_where(plan, listeners, watched)
            systemd.notify(os.environ, "READY=1")
            systemd.feed_watchdog(os.environ, engine.registry.timers)
            ready()

        try:
            with serve_pages.pages(server, engine, watched, where, plan.log):
                cut_short = server.run(started, partial(systemd.notify, os.environ, "STOPPING=1"), last=True)
        finally:
            for file in pid_files:
                file.remove()
    return ExitStatus.DONE if cut_short is None else 128 + cut_short


def _keeper(plan: _Plan, path: str) -> Callable[[Engine, Server], None]:
    """What will queue what is stored, and store what will be queued.

    All that it needs is loaded now: another user may not be able to read Python's files.
    """
    from gearcli.server.commits import Commits
    from gearcli.server.sqlite import SqliteStore

    def keep_jobs(engine: Engine, server: Server) -> None:
        commits = Commits(engine, SqliteStore(path), plan.handle_prefix, plan.log)
        server.keep(commits)
        if not plan.quiet:
            dead = len(engine.registry.dead)
            also = f"; dead ones besides, which 'gear jobs --dead' shows: {dead}" if dead else ""
            restored = f"{commits.restored} of them from before{also}"
            plan.log.notice(f"background jobs are kept in {shown(path)}, {restored}")
        kept, wanted = engine.registry.jobs.prefix, plan.handle_prefix
        if kept.rpartition(b":")[0] != wanted.rpartition(b":")[0]:
            plan.log.notice(f"handles begin with {shown(kept)}, as they always have in this store")

    return keep_jobs


def _told(bounds: Bounds) -> Document:
    """What an operator is told of the limits."""
    return {
        "max_packet": bounds.packet,
        "max_connections": bounds.connections,
        "max_memory": bounds.memory,
        "idle_timeout": bounds.idle,
    }


def _say_where(plan: _Plan, listeners: list[socket.socket], watched: list[socket.socket]) -> None:
    """The first lines of the log; standard error has them too, unless it is an outlet no more."""
    if plan.store is None and not plan.quiet:
        plan.log.notice("jobs are kept in memory only: waiting background jobs do not survive a restart")
    serve_pages.announce(watched, plan.log)
    for listener in listeners:
        plan.log.notice(f"listening on {listening.name_of(listener)}")
    if plan.leaves_console:
        del plan.log.outlets[0]


def _account(user: str) -> Account:
    """The account of a user, whom we may become.  Raises UsageError and NotPermitted."""
    account = privileges.account(user)
    privileges.require_may_become(account)
    return account


def _become(account: Account, listeners: list[socket.socket], log: Log) -> None:
    """Be another user from now on, who owns what it has to use later."""
    for listener in listeners:
        listening.give(listener, account.uid, account.gid)
    for outlet in log.outlets:
        if isinstance(outlet, LogFile):
            outlet.give(account.uid, account.gid)
    privileges.become(account)


def _log(asked: Asked) -> Log:
    """The log at the higher one of two levels.  Raises OutputError for a file."""
    log = Log(asked.verbosity)
    if level_named(asked.verbose) >= asked.verbosity:
        log.level_name = asked.verbose
    log.outlets += _outlets(log, asked.log_file, asked.syslog)
    if asked.quiet and _elsewhere(asked):
        del log.outlets[0]
    return log


def _elsewhere(asked: Asked) -> bool:
    """Whether the log goes to another place than standard error, or to none."""
    return asked.syslog if asked.log_file is None else asked.log_file != "stderr"


def _outlets(log: Log, log_file: str | None, syslog: bool) -> list[Outlet]:
    """Where a log goes besides standard error.  Raises OutputError for a file.

    The system's log may come later than we do: that it is missing is said, and no more.
    """
    outlets: list[Outlet] = []
    if log_file not in (None, "stderr", "none"):
        outlets.append(LogFile(log_file))
    if syslog:
        outlets.append(system := Syslog())
        try:
            system.reopen()
        except OutputError as error:
            log.notice(str(error))
    return outlets


def _access(asked: Asked, unix: list[bool]) -> Access:
    """Who may come in, and what they may do; `unix` says of each address whether it is a Unix socket.

    Raises UsageError, and ConfigError for files.
    """
    grants = [parse_role(text) for text in asked.role or []]
    certificates = bool(asked.tls and asked.ca) and not all(unix)
    require_bearers(grants, certificates=certificates, users=any(unix))
    if not asked.tls:
        return Access(grants=grants)
    if asked.cert is None:
        raise UsageError("TLS needs the server's certificate: --cert FILE; 'gear certs' makes one for a try")
    whole = os.path.abspath  # a daemon leaves its folder
    key, ca = asked.key and whole(asked.key), asked.ca and whole(asked.ca)
    return Access(Files(whole(asked.cert), key, ca), grants)

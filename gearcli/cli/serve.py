"""`gear serve`: a Gearman job server."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple

from gearcli import __version__, systemd
from gearcli.cli import limit_options as limits
from gearcli.cli import serve_options as options
from gearcli.cli import serve_pages
from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import Grace, Quiet
from gearcli.cli.page_sockets import listening_at, require_loopback
from gearcli.errors import OutputError, UsageError
from gearcli.escape import shown
from gearcli.pidfile import PidFile
from gearcli.protocol.address import DEFAULT_PORT, Address, parse
from gearcli.server import listener as listening
from gearcli.server import privileges
from gearcli.server.access import Access, Files
from gearcli.server.bounds import Bounds
from gearcli.server.daemon import in_background
from gearcli.server.documents import Document
from gearcli.server.engine import Engine
from gearcli.server.log import Log, LogFile, Outlet, level_named
from gearcli.server.loop import Server
from gearcli.server.operator import Operator
from gearcli.server.privileges import Account
from gearcli.server.roles import parse as parse_role
from gearcli.server.syslog import Syslog


def serve(
    listen: options.Listen = None,
    port: options.Port = None,
    insecure_listen: options.InsecureListen = False,
    tls: options.UseTls = False,
    ca: options.Ca = None,
    cert: options.Certificate = None,
    key: options.Key = None,
    role: options.GivenRoles = None,
    socket_mode: options.SocketMode = "0600",  # type: ignore[assignment]  # typer parses it
    backlog: options.Backlog = options.DEFAULT_BACKLOG,
    keepalive: options.KeepaliveWanted = True,
    keepalive_idle: options.KeepaliveIdle = options.KEEPALIVE_IDLE,
    keepalive_interval: options.KeepaliveInterval = options.KEEPALIVE_INTERVAL,
    keepalive_count: options.KeepaliveCount = options.KEEPALIVE_COUNT,
    store: options.StorePath = "none",
    job_retries: options.JobRetries = -1,
    worker_wakeup: options.WorkerWakeup = 0,
    round_robin: options.RoundRobin = False,
    exceptions: options.Exceptions = False,
    job_handle_prefix: options.JobHandlePrefix = None,
    lease: options.Lease = "0",  # type: ignore[assignment]  # typer parses it
    keep_results: options.KeepResults = "0",  # type: ignore[assignment]  # typer parses it
    max_packet: limits.MaxPacket = "256M",  # type: ignore[assignment]  # typer parses it
    max_connections: limits.MaxConnections = None,
    max_queue: limits.MaxQueue = 0,
    max_memory: limits.MaxMemory = "1G",  # type: ignore[assignment]  # typer parses it
    idle_timeout: limits.IdleTimeout = "30s",  # type: ignore[assignment]  # typer parses it
    grace: Grace = "5s",  # type: ignore[assignment]  # typer parses it
    daemon: options.Daemon = False,
    pid_file: options.PidPath = None,
    user: options.User = None,
    threads: options.Threads = None,
    file_descriptors: options.FileDescriptors = None,
    metrics: options.Metrics = None,
    log_file: options.LogPath = None,
    syslog: options.ToSyslog = False,
    verbosity: options.Verbosity = 0,
    verbose: options.VerboseLevel = "NOTICE",
    quiet: Quiet = False,
) -> int:
    """Run a Gearman job server.

    It listens on 127.0.0.1, port 4730, unless told otherwise, and keeps its
    queue in memory unless there is a --store.  TERM and INT let running jobs finish; a second one ends
    at once.  USR1 ends it when no job is left, HUP opens the log file again.
    """
    account = None if user is None else _account(user)
    given = systemd.inherited(os.environ)
    texts = listen or ([] if given else ["127.0.0.1"])
    wanted = _wanted(texts, DEFAULT_PORT if port is None else port)
    if daemon:
        wanted, metrics = [_whole(address) for address in wanted], metrics and _whole(metrics)
    access = _access(tls, ca, cert, key, role)
    require_loopback(metrics, insecure=insecure_listen)
    if not insecure_listen and not (tls and ca):  # else who connects has to show a certificate
        _require_loopback(wanted, given)
    log = _log(verbosity, verbose, log_file, syslog=syslog)
    alive = _keepalive(keepalive_idle, keepalive_interval, keepalive_count) if keepalive else None
    handle_prefix = options.handle_prefix(job_handle_prefix)
    plan = _Plan(
        listeners=lambda: _listeners(wanted, given, backlog, socket_mode, alive),
        watched=lambda: listening_at(metrics, "--metrics", mode=socket_mode),
        engine=lambda: Engine(
            handle_prefix,
            retries=job_retries,
            worker_wakeup=worker_wakeup,
            exceptions=exceptions,
            lease=lease,
            keep_results=keep_results,
            max_queue=max_queue,
        ),
        store=None if store == "none" else os.path.abspath(store),
        handle_prefix=handle_prefix,
        bounds=Bounds(packet=max_packet, memory=max_memory, idle=idle_timeout),
        connections=max_connections,
        access=access,
        log=log,
        on_console=log_file == "stderr" or (log_file is None and not syslog),
        grace=grace,
        account=account,
        pid_file=pid_file and os.path.abspath(pid_file),
        files=file_descriptors,
        quiet=quiet,
        settings={"worker_wakeup": worker_wakeup, "grace": grace, "store": shown(store)},
    )
    return in_background(partial(_serve, plan)) if daemon else _serve(plan, lambda: None)


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
    on_console: bool
    """Whether standard error hears more than the start."""
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
            if plan.pid_file:
                pid_files.append(PidFile(plan.pid_file, "--pid-file"))
            if plan.account is not None:
                _become(plan.account, [*listeners, *watched], plan.log)
            if plan.store is not None:
                _keep_jobs(plan, plan.store, engine, server)
            _say_where(plan, listeners, watched)
            systemd.notify(os.environ, "READY=1")
            systemd.feed_watchdog(os.environ, engine.registry.timers)
            ready()

        try:
            with serve_pages.pages(server, engine, watched, where):
                cut_short = server.run(started, partial(systemd.notify, os.environ, "STOPPING=1"), last=True)
        finally:
            for file in pid_files:
                file.remove()
    return ExitStatus.DONE if cut_short is None else 128 + cut_short


def _keep_jobs(plan: _Plan, path: str, engine: Engine, server: Server) -> None:
    """Queue what is stored, and store what will be queued."""
    from gearcli.server.commits import Commits
    from gearcli.server.sqlite import SqliteStore

    commits = Commits(engine, SqliteStore(path), plan.handle_prefix, plan.log)
    server.keep(commits)
    if not plan.quiet:
        dead = len(engine.registry.dead)
        also = f"; dead ones besides, which 'gear jobs --dead' shows: {dead}" if dead else ""
        plan.log.notice(
            f"background jobs are kept in {shown(path)}, {commits.restored} of them from before{also}"
        )
    kept, wanted = engine.registry.jobs.prefix, plan.handle_prefix
    if kept.rpartition(b":")[0] != wanted.rpartition(b":")[0]:
        plan.log.notice(f"handles begin with {shown(kept)}, as they always have in this store")


def _told(bounds: Bounds) -> Document:
    """What an operator is told of the limits."""
    return {
        "max_packet": bounds.packet,
        "max_connections": bounds.connections,
        "max_memory": bounds.memory,
        "idle_timeout": bounds.idle,
    }


def _say_where(plan: _Plan, listeners: list[socket.socket], watched: list[socket.socket]) -> None:
    """The first lines of the log; standard error has them too, wherever the log goes."""
    if plan.store is None and not plan.quiet:
        plan.log.notice("jobs are kept in memory only: waiting background jobs do not survive a restart")
    serve_pages.announce(watched, plan.log)
    for listener in listeners:
        plan.log.notice(f"listening on {listening.name_of(listener)}")
    if not plan.on_console:
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


def _log(verbosity: int, level: str, path: str | None, *, syslog: bool) -> Log:
    """The log at the higher one of two levels.  Raises OutputError for a file."""
    log = Log(verbosity)
    if level_named(level) >= verbosity:
        log.level_name = level
    log.outlets += _outlets(log, path, syslog)
    return log


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


def _access(tls: bool, ca: str | None, cert: str | None, key: str | None, role: list[str] | None) -> Access:
    """Who may come in, and what they may do.  Raises UsageError, and ConfigError for files."""
    grants = [parse_role(text) for text in role or []]
    if not tls:
        return Access(grants=grants)
    if cert is None:
        raise UsageError(
            "--tls needs the server's certificate: --cert FILE; 'gear certs' makes one for a try"
        )
    whole = os.path.abspath  # a daemon leaves its folder
    return Access(Files(whole(cert), key and whole(key), ca and whole(ca)), grants)


# -- addresses ---------------------------------------------------------------------------


def _wanted(texts: list[str], port: int) -> list[Address]:
    """The addresses to listen on, each once."""
    parts = (part for text in texts for part in text.split(","))
    return list(dict.fromkeys(parse(part, default_host="127.0.0.1", default_port=port) for part in parts))


def _whole(address: Address) -> Address:
    """The address with its whole path: a daemon leaves its folder, and has to find its socket at the end."""
    return address._replace(path=os.path.abspath(address.path)) if address.path else address


def _require_loopback(wanted: list[Address], given: list[socket.socket]) -> None:
    """Raise UsageError where other machines could reach the server."""
    for address in wanted:
        listening.require_loopback(address)
    for listener in given:
        listening.require_inherited_loopback(listener)


def _listeners(
    wanted: list[Address],
    given: list[socket.socket],
    backlog: int,
    mode: int,
    keepalive: listening.Keepalive | None,
) -> list[socket.socket]:
    """Listen on all addresses.  Raises BindError."""
    listeners = list(given)
    try:
        for address in wanted:
            taken = [listening.name_of(listener) for listener in listeners]
            listeners += listening.listen(address, backlog=backlog, mode=mode, taken=taken)
    except Exception:
        for listener in listeners:
            listening.close(listener)  # with the files of Unix sockets, which would remain
        raise
    for listener in listeners:
        listening.keep_alive(listener, keepalive)
    return listeners


def _keepalive(*numbers: int) -> listening.Keepalive:
    return listening.Keepalive(*(number if number > 0 else None for number in numbers))

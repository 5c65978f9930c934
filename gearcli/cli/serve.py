"""`gear serve`: a Gearman job server."""

from __future__ import annotations

from gearcli.cli import limit_options as limits
from gearcli.cli import serve_options as options
from gearcli.cli.options import Grace
from gearcli.cli.serving import Asked, served
from gearcli.keepalive import KEEPALIVE_COUNT, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL
from gearcli.server import listener as listening


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
    backlog: options.Backlog = listening.BACKLOG,
    keepalive: options.KeepaliveWanted = True,
    keepalive_idle: options.KeepaliveIdle = KEEPALIVE_IDLE,
    keepalive_interval: options.KeepaliveInterval = KEEPALIVE_INTERVAL,
    keepalive_count: options.KeepaliveCount = KEEPALIVE_COUNT,
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
    quiet: options.Quiet = False,
) -> int:
    """Run a Gearman job server.

    It listens on 127.0.0.1, port 4730, unless told otherwise, and keeps its
    queue in memory unless there is a --store.  TERM and INT let running jobs finish; a second one ends
    at once.  USR1 ends it when no job is left, HUP opens the log file and reads certificates again.
    """
    return served(Asked(**locals()))  # the parameters are its fields

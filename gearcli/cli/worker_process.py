"""A worker as a process: its log, its metrics and its pid file around the pool."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from gearcli.cli import worker_log
from gearcli.pidfile import PidFile
from gearcli.worker.child import pass_on
from gearcli.worker.pool import Pool, Settings
from gearcli.worker.service import Service


def run(
    settings: Settings, level: int, *, log_format: str, metrics: str | None, pidfile: str | None
) -> int | None:
    """Work until told to stop, and log what is at most as detailed as `level`.

    Returns the number of the signal that cut a job short, else None.  Raises
    GearError where the worker cannot begin.
    """
    as_json = log_format == "json"
    say = worker_log.JsonLog(level) if as_json else worker_log.TextLog(level)
    errors = worker_log.json_errors if as_json else pass_on
    pool = Pool(settings, say, service=Service(os.environ), errors=errors)
    with _pid_file(pidfile), _metrics(pool, metrics):
        return pool.run()


@contextlib.contextmanager
def _pid_file(path: str | None) -> Iterator[None]:
    """A file with the process id for as long as the worker works."""
    if path is None:
        yield
        return
    file = PidFile(path, "--pidfile")
    try:
        yield
    finally:
        file.remove()


@contextlib.contextmanager
def _metrics(pool: Pool, address: str | None) -> Iterator[None]:
    """Pages for whoever watches the worker."""
    yield

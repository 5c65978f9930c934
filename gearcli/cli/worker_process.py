"""A worker as a process: its log, its metrics and its pid file around the pool."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gearcli.cli import worker_log
from gearcli.cli.page_sockets import listening_at, place_of
from gearcli.pidfile import PidFile
from gearcli.worker.child import pass_on
from gearcli.worker.notes import ALWAYS, Say
from gearcli.worker.plan import Settings
from gearcli.worker.pool import Pool
from gearcli.worker.service import Service

if TYPE_CHECKING:
    from gearcli.protocol.address import Address
    from gearcli.worker.metrics import Metrics


def run(
    settings: Settings, level: int, *, log_format: str, metrics: Address | None, pidfile: str | None
) -> int | None:
    """Work until told to stop, and log what is at most as detailed as `level`.

    `metrics` is where figures can be read.  Returns the number of the signal
    that cut a job short, else None.  Raises GearError where the worker cannot
    begin.
    """
    as_json = log_format == "json"
    say = worker_log.JsonLog(level) if as_json else worker_log.TextLog(level)
    errors = worker_log.json_errors if as_json else pass_on
    service = Service(os.environ)
    with _pid_file(pidfile), listening_at(metrics, "--metrics") as listeners:
        if not listeners:
            return Pool(settings, say, service=service, errors=errors).run()
        from gearcli.worker.metrics import Metrics

        counts = Metrics()
        pool = Pool(settings, say, observer=counts, service=service, errors=errors)
        with _pages(pool, counts, listeners):
            for each in listeners:
                _announce(each, say)
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
def _pages(pool: Pool, counts: Metrics, listeners: list[socket.socket]) -> Iterator[None]:
    """Pages for whoever watches the worker, as long as it works."""
    from http import HTTPStatus

    from gearcli.exposition import CONTENT_TYPE
    from gearcli.pages import PLAIN, Page, Pages

    def figures() -> tuple[HTTPStatus, str]:
        return HTTPStatus.OK, counts.page(pool.slots(), pool.servers())

    def health() -> tuple[HTTPStatus, str]:
        if any(up for _, up in pool.servers()):
            return HTTPStatus.OK, "ok\n"
        return HTTPStatus.SERVICE_UNAVAILABLE, "no server is connected\n"

    pages = {"/metrics": Page(CONTENT_TYPE, figures), "/healthz": Page(PLAIN, health)}
    with contextlib.closing(Pages(listeners, pages, pool.selector, pool.timers)):
        yield


def _announce(listener: socket.socket, say: Say) -> None:
    """Say where the figures can be read."""
    from gearcli.server.listener import name_of

    say(ALWAYS, f"metrics at {place_of(listener)}/metrics", "metrics", address=name_of(listener))

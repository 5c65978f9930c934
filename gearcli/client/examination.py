"""What a doctor sees of one server, looking at it for some time; `gearcli.client.diagnosis` judges it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from gearcli.client.admin import Admin
from gearcli.client.documents import ClientState, FunctionState, JobState
from gearcli.client.snapshot import Snapshot, snapshot
from gearcli.errors import ConnectionLost, NoAnswer, ProtocolError, ServerError

T = TypeVar("T")

_MOST = 100_000
"""Jobs up to which each is looked at: a server answers nobody else while it lists them."""
_LOOKS = 4
"""How often workers are looked at: a busy one is seen between two jobs once, but not each time."""


class Examination(NamedTuple):
    """A server, as it was seen; None stands for what this kind of server does not tell."""

    version: str
    product: str
    before: list[FunctionState]
    now: list[FunctionState]
    interval: float
    """Seconds between the two."""
    round_trip: float
    """Seconds that an answer to a small question took."""
    seconds: float
    """How long all took, without connecting."""
    clients: list[ClientState] | None = None
    idle: frozenset[int] = frozenset()
    """Numbers of the connections that had no job and did not sleep each time."""
    jobs: list[JobState] | None = None
    """The first of its jobs."""
    uniques: list[bytes] | None = None

    @property
    def ours(self) -> bool:
        """Whether it is a gear server."""
        return self.clients is not None


def examine(admin: Admin, pause: float) -> Examination:
    """Look at a server for `pause` seconds.  Raises as `Admin` does."""
    began = time.monotonic()
    first = snapshot(admin)
    seen = time.monotonic()
    clients, idle = _watched(admin, pause) if first.version else (None, frozenset[int]())
    time.sleep(max(0.0, seen + pause - time.monotonic()))
    interval = time.monotonic() - seen
    round_trip = _round_trip(admin, first)
    second = snapshot(admin)
    few = sum(each.total for each in second.functions) <= _MOST
    return Examination(
        second.version,
        second.product,
        first.functions,
        second.functions,
        interval,
        round_trip,
        time.monotonic() - began,
        clients,
        idle,
        jobs=_if_told(lambda: admin.jobs().jobs) if few and clients is not None else None,
        uniques=_if_told(admin.show_unique_jobs) if few and clients is None and second.version else None,
    )


def _watched(admin: Admin, pause: float) -> tuple[list[ClientState] | None, frozenset[int]]:
    """The connections, and which of them are idle and awake at every look in `pause` seconds."""
    clients = _if_told(admin.clients)
    if clients is None:
        return None, frozenset()
    idle = _idle(clients)
    for _ in range(_LOOKS - 1):
        time.sleep(pause / _LOOKS)
        clients = admin.clients()
        idle &= _idle(clients)
    return clients, idle


def _idle(clients: list[ClientState]) -> frozenset[int]:
    return frozenset(each.number for each in clients if not each.asleep and not each.running)


def _round_trip(admin: Admin, told: Snapshot) -> float:
    began = time.perf_counter()
    if told.version:
        admin.version()
    else:
        admin.status()
    return time.perf_counter() - began


def _if_told(ask: Callable[[], T]) -> T | None:
    """The answer of a server that has the command."""
    try:
        return ask()
    except (NoAnswer, ConnectionLost):
        raise
    except (ServerError, ProtocolError):
        return None

"""What a gear server tells in JSON, typed: functions, jobs, results, connections.

Names travel percent-encoded and are bytes here.  Each `parse` raises
KeyError, TypeError or ValueError for a document that is none of its kind;
keys that it does not know are left alone, so that a newer server may tell more.
"""

from __future__ import annotations

import base64
import math
from typing import Any, NamedTuple

from gearcli.escape import percent_decoded, shown

NAMES = ("handle", "function", "unique", "reducer", "client_id")
"""Keys of a document whose values are percent-encoded."""


class FunctionState(NamedTuple):
    """A function of a server.  None stands for what this kind of server does not tell.

    `queued` are all jobs that no worker has: those of each priority, and those that are `delayed`
    (which gearmand counts among the normal ones).
    """

    function: bytes
    queued: int
    running: int
    workers: int
    high: int | None = None
    normal: int | None = None
    low: int | None = None
    delayed: int | None = None
    """Jobs that are not due yet."""
    paused: bool | None = None
    """Whether its jobs are not given out."""
    oldest: float | None = None
    """Seconds since the submission of the oldest job among those that are next; None also without one."""
    maxqueue: tuple[int, int, int] | None = None
    """Jobs that it may have for another one of high, normal and low priority; None also without limits."""
    submitted: int | None = None
    """Jobs that came since the server started."""
    finished: int | None = None
    """Jobs that left it since then, however they ended."""
    dead: int | None = None
    """Jobs that have lost their worker too often and are kept; they are none of the others."""

    @property
    def total(self) -> int:
        """All jobs, as gearmand's ``status`` counts them."""
        return self.queued + self.running

    @property
    def empty(self) -> bool:
        """Whether it has no jobs, dead ones included: nobody has to look at it."""
        return not (self.total or self.dead)

    @property
    def stuck(self) -> bool:
        """Whether jobs wait that nobody works on."""
        return self.queued > (self.delayed or 0) and self.workers == 0


class Holder(NamedTuple):
    """The worker that has a job."""

    number: int
    address: str
    client_id: bytes


class JobState(NamedTuple):
    """A job that waits or runs."""

    handle: bytes
    function: bytes
    unique: bytes
    state: str
    """``waiting``, ``running``, ``delayed``, ``paused``, or ``unwanted``: it runs and nobody awaits it."""
    priority: str
    background: bool
    age: float
    """Seconds since its submission."""
    size: int
    """Bytes of the workload."""
    attempt: int
    """How often it was handed to a worker."""
    listeners: int
    worker: Holder | None
    numerator: int
    denominator: int
    due: float | None
    """When it is due, in seconds since 1970; None for one that is due."""
    reducer: bytes | None


class JobList(NamedTuple):
    """Jobs in the order of their submission, and how many more there are."""

    jobs: list[JobState]
    left_out: int


class DeadJob(NamedTuple):
    """A background job that has lost its worker too often."""

    handle: bytes
    """The handle that it had, and has again once it is queued again."""
    function: bytes
    unique: bytes
    priority: str
    age: float
    """Seconds since its submission."""
    size: int
    """Bytes of the workload."""
    attempt: int
    """How often it was handed to a worker."""
    reducer: bytes | None
    died: float
    """When it was given up, in seconds since 1970."""
    reason: str


class DeadList(NamedTuple):
    """Dead jobs, those that died first at the front, and how many more there are."""

    jobs: list[DeadJob]
    left_out: int


class ClientState(NamedTuple):
    """A connection to a server."""

    number: int
    address: str
    client_id: bytes
    functions: tuple[bytes, ...]
    """What it can do, if it is a worker."""
    asleep: bool
    """Whether it waits to be woken for a job."""
    running: tuple[bytes, ...]
    """Handles of the jobs that it has."""
    listening: int
    """Jobs whose results it awaits."""
    exceptions: bool
    """Whether it wants to hear of exceptions."""


class KeptResult(NamedTuple):
    """How a job ended, as a gear server remembers it, or that it has not ended yet."""

    handle: bytes
    function: bytes
    unique: bytes
    state: str
    """``done``, ``failed`` or ``dead``; what it does if it has not ended, such as ``running``."""
    attempt: int
    """How often it was handed to a worker."""
    ended: float | None
    """When it ended, in seconds since 1970; None while it has not."""
    size: int | None
    """Bytes of the result, whether or not they are kept."""
    dropped: bool
    """Whether the result was not kept."""
    result: bytes | None
    """What the worker said, in one; of a failed job what it had said before."""
    exception: bytes | None
    """The words of an exception, if there was one."""
    warnings: bytes | None
    """The last warnings, a line for each."""
    reason: str | None
    """Why it failed if no worker said so, or why its result was not kept."""


def parse_function(document: dict[str, Any]) -> FunctionState:
    """The function of a document of ``functions``, ``pause`` or ``resume``."""
    waiting, limits = _priorities(document["waiting"]), document["maxqueue"]
    delayed, oldest = int(document["delayed"]), document.get("oldest")
    return FunctionState(
        _name(document["function"]),
        sum(waiting) + delayed,
        int(document["running"]),
        int(document["workers"]),
        *waiting,
        delayed=delayed,
        paused=bool(document["paused"]),
        oldest=None if oldest is None else _seconds(oldest),
        maxqueue=None if limits is None else _priorities(limits),
        submitted=_counter(document.get("submitted")),
        finished=_counter(document.get("finished")),
        dead=_counter(document.get("dead")),
    )


def parse_job(document: dict[str, Any]) -> JobState:
    """The job of a document of ``jobs`` or ``job``."""
    worker, due, reducer = document["worker"], document["due"], document["reducer"]
    return JobState(
        _name(document["handle"]),
        _name(document["function"]),
        _name(document["unique"]),
        shown(str(document["state"])),
        shown(str(document["priority"])),
        bool(document["background"]),
        _seconds(document["age"]),
        int(document["size"]),
        int(document["attempt"]),
        int(document["listeners"]),
        None if worker is None else _holder(worker),
        int(document["numerator"]),
        int(document["denominator"]),
        None if due is None else _seconds(due),
        None if reducer is None else _name(reducer),
    )


def parse_dead(document: dict[str, Any]) -> DeadJob:
    """The job of a document of ``dead``."""
    reducer = document["reducer"]
    return DeadJob(
        _name(document["handle"]),
        _name(document["function"]),
        _name(document["unique"]),
        shown(str(document["priority"])),
        _seconds(document["age"]),
        int(document["size"]),
        int(document["attempt"]),
        None if reducer is None else _name(reducer),
        _seconds(document["died"]),
        shown(str(document["reason"])),
    )


def parse_client(document: dict[str, Any]) -> ClientState:
    """The connection of a document of ``clients``."""
    return ClientState(
        *_holder(document),
        tuple(map(_name, document["functions"])),
        bool(document["asleep"]),
        tuple(map(_name, document["running"])),
        int(document["listening"]),
        bool(document["exceptions"]),
    )


def parse_result(document: dict[str, Any]) -> KeptResult:
    """The result of a document of ``result``."""
    plain: dict[str, Any] = {
        key: document[key] for key in ("state", "attempt", "ended", "size", "dropped", "reason")
    }
    for key in ("handle", "function", "unique"):
        plain[key] = _name(document[key])
    for key in ("result", "exception", "warnings"):
        encoded = document[f"{key}_base64"]
        plain[key] = None if encoded is None else base64.b64decode(encoded, validate=True)
    return KeptResult(**plain)


def parse_workload(document: dict[str, Any]) -> bytes:
    """The workload of a document of ``peek``."""
    return base64.b64decode(document["workload_base64"], validate=True)


def readable(document: dict[str, Any]) -> dict[str, Any]:
    """A document whose names, also those of the worker in it, are written as they are shown."""
    worker = document.get("worker")
    parts = {**document, "worker": readable(worker)} if isinstance(worker, dict) else dict(document)
    for key in NAMES:
        if isinstance(parts.get(key), str):
            parts[key] = shown(_name(parts[key]))
    return parts


def _name(encoded: object) -> bytes:
    name = str(encoded).encode("utf-8", "replace")
    return percent_decoded(name) if b"%" in name else name


def _seconds(number: object) -> float:
    """A number of seconds; JSON in Python knows infinity, and nothing can be done with that."""
    seconds = float(number)  # type: ignore[arg-type]  # TypeError is what is wanted
    if not math.isfinite(seconds):
        raise ValueError(number)
    return seconds


def _holder(document: dict[str, Any]) -> Holder:
    return Holder(int(document["number"]), shown(str(document["address"])), _name(document["client_id"]))


def _counter(count: Any) -> int | None:
    return None if count is None else int(count)


def _priorities(numbers: dict[str, Any]) -> tuple[int, int, int]:
    return int(numbers["high"]), int(numbers["normal"]), int(numbers["low"])

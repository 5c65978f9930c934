"""What the server tells an operator in JSON: functions, jobs, results, connections.

Each is one document on a line of its own.  Names come from peers and may be
any bytes, so they are percent-encoded; that is also how the commands take
them.  Ages are seconds; due times are seconds since 1970, UTC.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TypeAlias

from gearcli.escape import percent_encoded
from gearcli.protocol.packets import Priority
from gearcli.protocol.text import END
from gearcli.server.engine import Engine
from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue, Limits
from gearcli.server.registry import Registry
from gearcli.server.results import Kept
from gearcli.server.store import StoredJob

Document: TypeAlias = dict[str, object]

DEAD = "dead"
"""The state of a job that has lost its worker too often."""
_PRIORITIES = [priority.name.lower() for priority in Priority]


def reply(documents: Iterable[Document]) -> bytes:
    """The documents, a line each, and the line that ends them."""
    lines = [json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n" for document in documents]
    return b"".join([*lines, END])


def function_document(queue: FunctionQueue, registry: Registry) -> Document:
    """A function: its jobs by what they wait for, its workers, what is set."""
    oldest = queue.oldest()
    return {
        "function": percent_encoded(queue.name),
        "waiting": dict(zip(_PRIORITIES, queue.counts, strict=True)),
        "delayed": queue.delayed,
        "running": queue.running,
        "workers": queue.workers,
        "oldest": None if oldest is None else round(registry.now - oldest.submitted, 3),
        "paused": queue.paused,
        "maxqueue": queue.limits and limits_document(queue.limits),
        "dead": registry.dead.count(queue.name),
    }


def limits_document(limits: Limits) -> Document:
    """Limits of a function, by priority; 0 is no limit."""
    return dict(zip(_PRIORITIES, limits, strict=True))


def job_document(job: Job, registry: Registry) -> Document:
    """Everything that is known of a job but its workload."""
    extras = job.known
    numerator, denominator = extras.progress
    return {
        "handle": percent_encoded(job.handle),
        "function": percent_encoded(job.queue.name),
        "unique": percent_encoded(job.unique),
        "state": _state(job),
        "priority": _PRIORITIES[job.priority],
        "background": job.background,
        "age": round(registry.now - job.submitted, 3),
        "size": len(job.workload),
        "attempt": job.attempt,
        "listeners": len(job.listeners),
        "worker": job.worker and _short(job.worker),
        "numerator": numerator,
        "denominator": denominator,
        "due": extras.due,
        "reducer": percent_encoded(extras.reducer) if extras.reducer else None,
    }


def workload_document(handle: bytes, workload: bytes) -> Document:
    """The workload of a job."""
    return {"handle": percent_encoded(handle), "workload_base64": _base64(workload)}


def dead_document(letter: StoredJob, registry: Registry) -> Document:
    """Everything that is known of a dead job but its workload, under the keys of a job and two more."""
    return {
        "handle": percent_encoded(registry.dead.handle(letter)),
        "function": percent_encoded(letter.function),
        "unique": percent_encoded(letter.unique),
        "state": DEAD,
        "priority": _PRIORITIES[letter.priority],
        "background": True,
        "age": round(registry.wall - letter.submitted, 3),
        "size": len(letter.workload),
        "attempt": letter.losses,
        "listeners": 0,
        "worker": None,
        "numerator": 0,
        "denominator": 0,
        "due": None,
        "reducer": percent_encoded(letter.reducer) if letter.reducer else None,
        "died": letter.died,
        "reason": letter.reason,
    }


def dead_result_document(letter: StoredJob, registry: Registry) -> Document:
    """What a dead job has instead of a result."""
    return {
        "handle": percent_encoded(registry.dead.handle(letter)),
        "function": percent_encoded(letter.function),
        "unique": percent_encoded(letter.unique),
        "state": DEAD,
        "attempt": letter.losses,
        "ended": letter.died,
        "size": 0,
        "dropped": False,
        **dict.fromkeys(("result_base64", "exception_base64", "warnings_base64")),
        "reason": letter.reason,
    }


def result_document(kept: Kept) -> Document:
    """How a job ended, and what was said of it."""
    return {
        "handle": percent_encoded(kept.handle),
        "function": percent_encoded(kept.function),
        "unique": percent_encoded(kept.unique),
        "state": kept.state,
        "attempt": kept.attempt,
        "ended": round(kept.ended, 3),
        "size": kept.size,
        "dropped": kept.result is None,
        "result_base64": _base64(kept.result),
        "exception_base64": _base64(kept.exception),
        "warnings_base64": _base64(kept.warnings),
        "reason": kept.reason,
    }


def no_result_document(job: Job) -> Document:
    """The same of a job that has not ended."""
    return {
        "handle": percent_encoded(job.handle),
        "function": percent_encoded(job.queue.name),
        "unique": percent_encoded(job.unique),
        "state": _state(job),
        "attempt": job.attempt,
        "ended": None,
        "size": None,
        "dropped": False,
        **dict.fromkeys(("result_base64", "exception_base64", "warnings_base64", "reason")),
    }


def _base64(said: bytes | None) -> str | None:
    """What a worker said, which may be any bytes; nothing for nothing."""
    return None if said is None else base64.b64encode(said).decode("ascii")


def _state(job: Job) -> str:
    if job.worker is not None:
        return "running" if job.wanted else "unwanted"
    if job.known.due is not None:
        return "delayed"
    return "paused" if job.queue.paused else "waiting"


def _short(peer: Peer) -> Document:
    return {"number": peer.number, "address": peer.address, "client_id": percent_encoded(peer.client_id)}


def client_document(peer: Peer) -> Document:
    """A connection: who it is, what it can do, what it does and what it waits for."""
    return {
        **_short(peer),
        "functions": [percent_encoded(function) for function in peer.abilities],
        "asleep": peer.asleep,
        "running": [percent_encoded(handle) for handle in peer.running],
        "listening": len(peer.listening),
        "exceptions": peer.wants_exceptions,
    }


def settings_document(engine: Engine) -> Document:
    """What an engine was told at its start, and the limits that were set since."""
    registry = engine.registry
    return {
        "job_retries": registry.retries,
        "lease": registry.lease,
        "exceptions": engine.exceptions,
        "keep_results": engine.keep_results,
        "maxqueue": {percent_encoded(name): limits_document(each) for name, each in registry.limits.items()},
    }

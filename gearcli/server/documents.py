"""What the server tells an operator in JSON: functions, jobs, connections.

Each is one document on a line of its own.  Names come from peers and may be
any bytes, so they are percent-encoded; that is also how the commands take
them.  Ages are seconds; due times are seconds since 1970, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypeAlias

from gearcli.escape import percent_encoded
from gearcli.protocol.packets import Priority
from gearcli.protocol.text import END
from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue, Limits
from gearcli.server.registry import Registry

Document: TypeAlias = dict[str, object]

_PRIORITIES = [priority.name.lower() for priority in Priority]


def reply(documents: Iterable[Document]) -> bytes:
    """The documents, a line each, and the line that ends them."""
    lines = [json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n" for document in documents]
    return b"".join([*lines, END])


def function_document(queue: FunctionQueue) -> Document:
    """A function: its jobs by what they wait for, its workers, what is set."""
    return {
        "function": percent_encoded(queue.name),
        "waiting": dict(zip(_PRIORITIES, queue.counts, strict=True)),
        "delayed": queue.delayed,
        "running": queue.running,
        "workers": queue.workers,
        "paused": queue.paused,
        "maxqueue": queue.limits and limits_document(queue.limits),
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
        "running": [percent_encoded(job.handle) for job in peer.running],
        "listening": len(peer.listening),
        "exceptions": peer.wants_exceptions,
    }

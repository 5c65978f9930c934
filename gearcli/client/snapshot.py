"""What one server tells of its functions, whatever kind of server it is.

What a server can tell is found out from its answers: a gear server tells all
in ``functions``; gearmand says that it does not know that, and is asked for
``status`` and ``prioritystatus``; some servers know only ``status``, and some
say nothing to what they do not know.
"""

from __future__ import annotations

from typing import NamedTuple

from gearcli.client.admin import Admin
from gearcli.client.answers import product
from gearcli.client.documents import FunctionState
from gearcli.errors import NoAnswer, ProtocolError, ServerError
from gearcli.protocol.text import FunctionRow, PriorityRow

_PATIENCE = 2.0
"""Seconds in which a server has to tell its version, or it is taken to have none."""
_NAMELESS = "a server that does not tell its version"


class Snapshot(NamedTuple):
    """The functions of a server at one time, by name, and what server it is."""

    version: str
    """As the server words it; empty if it does not."""
    product: str
    """What it is, for people: ``gear 0.1.0``, ``gearmand 1.1.20``."""
    functions: list[FunctionState]


def snapshot(admin: Admin) -> Snapshot:
    """Ask a server of any kind.  Raises as `Admin` does."""
    try:
        version = admin.version(_PATIENCE)
    except ServerError:
        version = ""
    except NoAnswer:  # OpenStack's server says nothing to all that it does not know
        return Snapshot("", _NAMELESS, list(map(_counted, admin.status())))
    try:
        return Snapshot(version, version, admin.functions())
    except NoAnswer:
        raise
    except ServerError as error:
        refusal = error.code
    except ProtocolError:  # it has a command of this name that is not ours
        refusal = ""
    functions = _of_any_server(admin)
    return Snapshot(version, product(version, refusal) or _NAMELESS, functions)


def _of_any_server(admin: Admin) -> list[FunctionState]:
    """The functions of a server that is not ours."""
    rows = admin.status()
    try:
        priorities = {row.function: row for row in admin.priority_status()}
    except (ServerError, ProtocolError):
        priorities = {}
    return [_counted(row, priorities.get(row.function)) for row in rows]


def _counted(row: FunctionRow, by_priority: PriorityRow | None = None) -> FunctionState:
    """A function as gearmand's commands tell it."""
    state = FunctionState(row.function, row.queued, row.running, row.workers)
    if by_priority is None:
        return state
    return state._replace(high=by_priority.high, normal=by_priority.normal, low=by_priority.low)

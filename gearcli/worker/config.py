"""`workers.toml`: many functions in one file, each with its own command, slots and limits.

::

    servers = ["localhost:4730"]

    [defaults]                       # for all workers
    timeout = "5m"

    [worker.resize]                  # the function, unless `functions` names others
    command = ["convert", "-", "-resize", "50%", "png:-"]
    slots = 4

Keys are called as the options of `gear worker` are.  A command is looked up
as a shell would, so a relative one is relative to where the worker is started.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from gearcli import toml
from gearcli.errors import ConfigError, UsageError
from gearcli.escape import shown
from gearcli.protocol.address import Address
from gearcli.worker import written
from gearcli.worker.plan import FRESH_FOLDER, ON_FAILURE, STDERR, Plan, Recipe
from gearcli.worker.sense import nonsense
from gearcli.worker.written import Reader

_MOST_SLOTS = 10_000
_LARGEST = 2**63 - 1  # https://toml.io/en/v1.0.0#integer; Python's parser knows no end


class Workers(NamedTuple):
    """What a file says; None, or nothing, where it says nothing.  Times are in seconds."""

    plans: tuple[Plan, ...]
    servers: tuple[Address, ...] = ()
    name: str | None = None
    grace: float | None = None
    connect_timeout: float | None = None


# -- keys, and what reads their values ------------------------------------------------------

RECIPE: Mapping[str, Reader] = {
    "stream": written.flag,
    "timeout": written.seconds,
    "kill-after": written.seconds,
    "stderr": written.one_of(*STDERR),
    "on-failure": written.one_of(*ON_FAILURE),
    "retries": written.number(0, 1_000_000),
    "retry-delay": written.seconds,
    "retry-exit": lambda value: frozenset(written.list_of(written.number(1, 255), "numbers")(value)),
    "persistent": written.delimiter,
    "replace": written.text,
    "max-output": written.byte_count,
    "workdir": written.folder_name,
    "env": written.variables,
    "clean-env": written.flag,
    "limit": written.limit_table,
    "backoff": written.seconds,
}
"""What may stand in [defaults] and in each worker."""
_MERGED = {"env": "environment", "limit": "limits"}
"""Tables of which a worker's and the defaults' are put together, and their fields of a recipe."""
SLOTS: Mapping[str, Reader] = {key: written.number(1, _MOST_SLOTS) for key in ("slots", "min", "max")}
WORKER: Mapping[str, Reader] = {
    "command": written.command,
    "functions": written.functions,
    **SLOTS,
    **RECIPE,
}
DEFAULTS: Mapping[str, Reader] = {**SLOTS, **RECIPE}
TOP: Mapping[str, Reader] = {
    "servers": written.servers,
    "name": written.text,
    "grace": written.seconds,
    "connect-timeout": written.seconds,
}

# -- the file -----------------------------------------------------------------------------


def read(path: str) -> Workers:
    """What a file says.  Raises ConfigError, which names the file, the line and the key."""
    document = toml.read(path)
    _check_numbers(document)
    top = dict(document.values)
    defaults, workers = top.pop("defaults", {}), top.pop("worker", {})
    said = _section(document, (), top, TOP, "[defaults], [worker.NAME]")
    common = _section(document, ("defaults",), defaults, DEFAULTS)
    if not isinstance(workers, dict) or not workers:
        raise document.error("there is no [worker.NAME], so there is nothing to do", "worker")
    plans = tuple(_plan(document, name, values, common) for name, values in workers.items())
    return Workers(plans, **{key.replace("-", "_"): value for key, value in said.items()})


def _check_numbers(document: toml.Document) -> None:
    """See to it that no number, wherever it is, is beyond what TOML knows: it could not even be shown."""
    rest: list[tuple[Any, tuple[str, ...]]] = [(document.values, ())]
    while rest:  # and no recursion: a dotted key may be as long as it likes
        value, keys = rest.pop()
        if isinstance(value, dict):
            rest.extend((each, (*keys, key)) for key, each in value.items())
        elif isinstance(value, list):
            rest.extend((each, keys) for each in value)
        elif isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
            raise _error(document, f"{'.'.join(keys)}: the number does not fit into 64 bits", *keys)


def _error(document: toml.Document, words: str, *keys: str) -> ConfigError:
    """What is wrong at a key, in one line whatever the key is."""
    return document.error(shown(words), *keys)


def _section(
    document: toml.Document,
    table: tuple[str, ...],
    values: Any,
    readers: Mapping[str, Reader],
    more: str = "",
) -> dict[str, Any]:
    """The values of a table, read; none of its keys is unknown."""
    if not isinstance(values, dict):
        raise _error(document, f"{'.'.join(table)} has to be a table: [{'.'.join(table)}]", *table)
    found = {}
    for key, value in values.items():
        if key not in readers:
            raise _unknown(document, table, key, [*readers, *filter(None, [more])])
        try:
            found[key] = readers[key](value)
        except UsageError as error:
            raise _error(document, f"{'.'.join((*table, key))}: {error}", *table, key) from None
    return found


def _unknown(document: toml.Document, table: tuple[str, ...], key: str, known: list[str]) -> ConfigError:
    near = [] if key in WORKER else difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"it may have {', '.join(known)}"
    return _error(document, f"{'.'.join(table) or 'the file'} has no key {key!r}; {hint}", *table, key)


def _plan(document: toml.Document, name: str, values: Any, common: Mapping[str, Any]) -> Plan:
    table = ("worker", name)
    own = _section(document, table, values, WORKER)
    if "command" not in own:
        raise _error(
            document, f"{'.'.join(table)} has no command; write command = [PROGRAM, ARGUMENT, ...]", *table
        )
    both = {**common, **own}
    for key in _MERGED:
        both[key] = {**common.get(key, {}), **own.get(key, {})}
    slots = _slots(document, table, own) or _slots(document, ("defaults",), common) or (1, 1)
    fields = {_MERGED.get(key, key.replace("-", "_")): both[key] for key in RECIPE if key in both}
    folder = _folder(document, _place(own, table, "workdir"), both.get("workdir"))
    recipe = Recipe(own["command"], **fields)._replace(workdir=folder)
    if wrong := nonsense(recipe):
        key, words = wrong[0].replace("_", "-"), wrong[1]
        raise _error(document, f"{'.'.join(table)}.{key}: {words}", *_place(own, table, key))
    return Plan(name, own.get("functions") or _function(document, table), recipe, *slots)


def _function(document: toml.Document, table: tuple[str, ...]) -> tuple[bytes, ...]:
    """The function that a worker's own name is."""
    try:
        return written.functions([table[-1]])
    except UsageError as error:
        raise _error(document, f"{'.'.join(table)}: {error}", *table) from None


def _place(own: Mapping[str, Any], table: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Where a key was set."""
    return (*table, key) if key in own else ("defaults", key)


def _slots(
    document: toml.Document, table: tuple[str, ...], said: Mapping[str, Any]
) -> tuple[int, int] | None:
    """The least and the most slots; None where nothing is said of them."""
    if "slots" in said:
        if "min" in said or "max" in said:
            raise _error(
                document, f"{'.'.join(table)}: slots excludes min and max; choose one", *table, "slots"
            )
        return said["slots"], said["slots"]
    if "min" not in said and "max" not in said:
        return None
    least = said.get("min", 1)
    most = said.get("max", least)
    if least > most:
        raise _error(document, f"{'.'.join(table)}: min is larger than max", *table, "min")
    return least, most


def _folder(document: toml.Document, place: tuple[str, ...], folder: str | None) -> str | None:
    """The folder of a command; a relative one is relative to the file's."""
    if folder is None or folder == FRESH_FOLDER:
        return folder
    path = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(document.path)), folder))
    if not os.path.isdir(path):
        raise _error(document, f"{'.'.join(place)}: there is no folder {path}", *place)
    return path

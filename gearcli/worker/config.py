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
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gearcli import toml
from gearcli.errors import CommandError, ConfigError, UsageError
from gearcli.escape import shown
from gearcli.protocol.address import Address, parse_list
from gearcli.units import duration, size
from gearcli.worker import environment, limits
from gearcli.worker.command import program_of
from gearcli.worker.plan import FRESH_FOLDER, ON_FAILURE, STDERR, Plan, Recipe
from gearcli.worker.sense import nonsense

_MOST_SLOTS = 10_000
_LARGEST = 2**63 - 1  # https://toml.io/en/v1.0.0#integer; Python's parser knows no end


class Workers(NamedTuple):
    """What a file says; None, or nothing, where it says nothing.  Times are in seconds."""

    plans: tuple[Plan, ...]
    servers: tuple[Address, ...] = ()
    name: str | None = None
    grace: float | None = None
    connect_timeout: float | None = None


# -- values: each reader raises UsageError ------------------------------------------------

Reader = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError("it has to be text in quotes")
    if "\0" in value:
        raise UsageError("it holds a NUL, which nothing can")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError("it has to be true or false")
    return value


def _number(least: int, most: int) -> Reader:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise UsageError(f"it has to be a number from {least} to {most}")
        return value

    return read


def _duration(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError("it has to be a duration such as '5s', or a number of seconds")
    return duration(str(value))


def _size(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError("it has to be a size such as '16M', or a number of bytes")
    return size(str(value))


def _one_of(*choices: str) -> Reader:
    def read(value: Any) -> str:
        if value not in choices:
            raise UsageError(f"it has to be one of {', '.join(choices)}")
        return str(value)

    return read


def _list_of(read: Reader, what: str) -> Reader:
    def read_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise UsageError(f"it has to be a list of {what}: [...]")
        return [read(each) for each in value]

    return read_all


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError("it has to be a table: { NAME = VALUE, ... }")
    return value


def _command(value: Any) -> tuple[str, ...]:
    argv = tuple(_list_of(_text, "texts, the program and its arguments; there is no shell")(value))
    if not argv or not argv[0]:
        raise UsageError("it has to begin with a program")
    try:
        program_of(argv)
    except CommandError as error:
        raise UsageError(str(error)) from None
    return argv


def _functions(value: Any) -> tuple[bytes, ...]:
    names = [name.encode() for name in _list_of(_text, "names")(value)]  # TOML is UTF-8 in every locale
    if not names or not all(names):
        raise UsageError("a function needs a name")
    if len(set(names)) < len(names):
        raise UsageError("it names the same function twice")
    return tuple(names)


def _servers(value: Any) -> tuple[Address, ...]:
    found = parse_list([_text(value)] if isinstance(value, str) else _list_of(_text, "addresses")(value))
    if not found:
        raise UsageError("it names no server; write host, host:port or unix:/path")
    return tuple(found)


def _persistent(value: Any) -> bytes | None:
    known = {True: b"\n", False: None, "lines": b"\n", "null": b"\0"}
    if not isinstance(value, bool | str) or value not in known:
        raise UsageError("it has to be true or lines for lines, null for NUL-terminated records, or false")
    return known[value]


def _environment(value: Any) -> dict[str, str | None]:
    """The variables of a table, where true stands for the worker's own value."""
    variables = {name: None if text is True else _text(text) for name, text in _table(value).items()}
    environment.check(variables)
    return variables


def _folder_name(value: Any) -> str:
    if not (name := _text(value)):
        raise UsageError(f"it has to be a folder, or {FRESH_FOLDER} for a fresh one per job")
    return name


def _limits(value: Any) -> dict[str, int]:
    table = _table(value)
    if any(isinstance(each, bool) or not isinstance(each, str | int) for each in table.values()):
        raise UsageError("a limit has to be text such as '10s' or '512M', or a number")
    return limits.from_table(table)


_RECIPE: Mapping[str, Reader] = {
    "stream": _flag,
    "timeout": _duration,
    "kill-after": _duration,
    "stderr": _one_of(*STDERR),
    "on-failure": _one_of(*ON_FAILURE),
    "retries": _number(0, 1_000_000),
    "retry-delay": _duration,
    "retry-exit": lambda value: frozenset(_list_of(_number(1, 255), "numbers")(value)),
    "persistent": _persistent,
    "replace": _text,
    "max-output": _size,
    "workdir": _folder_name,
    "env": _environment,
    "clean-env": _flag,
    "limit": _limits,
    "backoff": _duration,
}
"""What may stand in [defaults] and in each worker."""
_MERGED = {"env": "environment", "limit": "limits"}
"""Tables of which a worker's and the defaults' are put together, and their fields of a recipe."""
_SLOTS: Mapping[str, Reader] = {key: _number(1, _MOST_SLOTS) for key in ("slots", "min", "max")}
_WORKER: Mapping[str, Reader] = {"command": _command, "functions": _functions, **_SLOTS, **_RECIPE}
_DEFAULTS: Mapping[str, Reader] = {**_SLOTS, **_RECIPE}
_TOP: Mapping[str, Reader] = {
    "servers": _servers,
    "name": _text,
    "grace": _duration,
    "connect-timeout": _duration,
}

# -- the file -----------------------------------------------------------------------------


def read(path: str) -> Workers:
    """What a file says.  Raises ConfigError, which names the file, the line and the key."""
    document = toml.read(path)
    _check_numbers(document)
    top = dict(document.values)
    defaults, workers = top.pop("defaults", {}), top.pop("worker", {})
    said = _section(document, (), top, _TOP, "[defaults], [worker.NAME]")
    common = _section(document, ("defaults",), defaults, _DEFAULTS)
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
    near = [] if key in _WORKER else difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"it may have {', '.join(known)}"
    return _error(document, f"{'.'.join(table) or 'the file'} has no key {key!r}; {hint}", *table, key)


def _plan(document: toml.Document, name: str, values: Any, common: Mapping[str, Any]) -> Plan:
    table = ("worker", name)
    own = _section(document, table, values, _WORKER)
    if "command" not in own:
        raise _error(
            document, f"{'.'.join(table)} has no command; write command = [PROGRAM, ARGUMENT, ...]", *table
        )
    both = {**common, **own}
    for key in _MERGED:
        both[key] = {**common.get(key, {}), **own.get(key, {})}
    slots = _slots(document, table, own) or _slots(document, ("defaults",), common) or (1, 1)
    fields = {_MERGED.get(key, key.replace("-", "_")): both[key] for key in _RECIPE if key in both}
    folder = _folder(document, _place(own, table, "workdir"), both.get("workdir"))
    recipe = Recipe(own["command"], **fields)._replace(workdir=folder)
    if wrong := nonsense(recipe):
        key, words = wrong[0].replace("_", "-"), wrong[1]
        raise _error(document, f"{'.'.join(table)}.{key}: {words}", *_place(own, table, key))
    return Plan(name, own.get("functions") or _function(document, table), recipe, *slots)


def _function(document: toml.Document, table: tuple[str, ...]) -> tuple[bytes, ...]:
    """The function that a worker's own name is."""
    try:
        return _functions([table[-1]])
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

"""The records of `gear submit --jsonl`: a job for each line, as a JSON object.  No I/O."""

from __future__ import annotations

from typing import NamedTuple

from gearcli.errors import UsageError
from gearcli.escape import shown
from gearcli.protocol.packets import Priority
from gearcli.units import moment

_PRIORITIES = {"high": Priority.HIGH, "normal": Priority.NORMAL, "low": Priority.LOW}

_TEXT = (str,), "text in quotes"
_KEYS: dict[str, tuple[tuple[type, ...], str]] = {
    "function": _TEXT,
    "workload": _TEXT,
    "workload_base64": _TEXT,
    "unique": _TEXT,
    "priority": ((str,), "high, normal or low, in quotes"),
    "background": ((bool,), "true or false"),
    "at": ((str, int, float), "a time as for --at, in quotes, or epoch seconds"),
}
"""The keys of a record: of which types their values are, and in words."""


class Record(NamedTuple):
    """What a line says of a job; None for what it leaves to the options."""

    function: bytes | None = None
    workload: bytes = b""
    unique: bytes | None = None
    priority: Priority | None = None
    background: bool | None = None
    at: str | None = None
    """A text that `gearcli.units.moment` understands."""


def parse(line: bytes, number: int, name: str) -> Record | None:
    """The record of a line, None for an empty one; `number` and `name` say of which line of which file.

    Raises UsageError.
    """
    try:
        return _record(_fields(line)) if line.strip() else None
    except UsageError as error:
        raise UsageError(f"line {number} of {name}: {error}") from None


def _fields(line: bytes) -> dict[str, object]:
    """The keys and values of an object in JSON, all of which are known and of the right type."""
    value = _json(line)
    if not isinstance(value, dict):
        raise UsageError('not an object; write {"workload": "…"}')
    for key, field in value.items():
        if key not in _KEYS:
            raise UsageError(f"unknown key {_quoted(key)}; there are {', '.join(_KEYS)}")
        types, words = _KEYS[key]
        if type(field) not in types:  # not isinstance: true is a number to Python
            raise UsageError(f"{key} must be {words}")
    return value


def _json(line: bytes) -> object:
    """What a line in JSON stands for."""
    import json  # only who uses --jsonl waits for it

    try:
        text = line.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise UsageError(f"not UTF-8 at byte {error.start + 1}; use workload_base64 for bytes") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"not JSON at column {error.pos + 1}: {error.msg}") from None
    except RecursionError:
        raise UsageError("too many brackets within brackets") from None
    except ValueError:  # Python refuses to convert it
        raise UsageError("a number with too many digits") from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object of these keys and values."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UsageError(f"the key {_quoted(twice)} stands there twice")
    return fields


def _constant(word: str) -> object:
    """Python would take NaN and Infinity."""
    raise UsageError(f"not JSON: {word}")


def _record(fields: dict[str, object]) -> Record:
    """The record of keys and values of the right types."""
    priority, background, at = fields.get("priority"), fields.get("background"), fields.get("at")
    return Record(
        function=_named("function", fields),
        workload=_workload(fields),
        unique=_named("unique", fields),
        priority=None if priority is None else _priority(str(priority)),
        background=None if background is None else bool(background),
        at=None if at is None else _at(at),
    )


def _named(key: str, fields: dict[str, object]) -> bytes | None:
    """A function or a unique: neither empty nor with a NUL, which would end it."""
    if key not in fields:
        return None
    name = _encoded(key, fields)
    if not name:
        raise UsageError(f"{key} must not be empty; leave it out")
    if b"\0" in name:
        raise UsageError(f"{key} cannot contain a NUL")
    return name


def _workload(fields: dict[str, object]) -> bytes:
    if "workload_base64" not in fields:
        return _encoded("workload", fields) if "workload" in fields else b""
    if "workload" in fields:
        raise UsageError("workload and workload_base64 exclude each other")
    from binascii import a2b_base64

    try:
        return a2b_base64(str(fields["workload_base64"]), strict_mode=True)
    except ValueError as error:
        raise UsageError(f"workload_base64 is not base64: {error}") from None


def _encoded(key: str, fields: dict[str, object]) -> bytes:
    """A text as bytes."""
    try:
        return str(fields[key]).encode("utf-8")
    except UnicodeEncodeError as error:
        where = f"character {error.start + 1}"
        raise UsageError(f"{key} has half of a surrogate pair as {where}, which is no character") from None


def _priority(text: str) -> Priority:
    if text not in _PRIORITIES:
        raise UsageError(f"{_quoted(text)} is no priority; write {_KEYS['priority'][1]}")
    return _PRIORITIES[text]


def _at(value: object) -> str:
    """The text for a time, which is tried here because only here its line is known."""
    text = value if isinstance(value, str) else f"@{value}"
    moment(text, 0.0)
    return text


def _quoted(text: str) -> str:
    return f'"{shown(text)}"'

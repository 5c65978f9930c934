"""Configuration files in TOML whose mistakes can be shown: every key has a line.

The standard library's parser gives none.  But the beginning of a TOML file,
cut where a statement ends, is TOML itself: so the line of a key is where the
shortest beginning that has it grew.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import re
from typing import Any, NamedTuple

from gearcli.errors import ConfigError, reason_of

_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)


class Document(NamedTuple):
    """A file that was read: its path, its text and the values in it."""

    path: str
    text: str
    values: dict[str, Any]

    def line(self, *keys: str | int) -> int:
        """The line, from 1, on which a key is set or its table begins; an item of a list has an index.

        Of what is not there it is the line of the innermost table in which it is missing.
        """
        while not _has(self.values, keys):
            keys = keys[:-1]
        lines = self.text.split("\n")
        has = functools.partial(_beginning_has, lines, keys)
        return 1 + bisect.bisect_left(range(1, len(lines)), True, key=has) if keys else 1

    def error(self, words: str, *keys: str | int) -> ConfigError:
        """What is wrong at a key, to be raised."""
        return _error(self.path, self.line(*keys), words)


def read(path: str) -> Document:
    """The document in a file.  Raises ConfigError for what cannot be read and for what is not TOML."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {reason_of(error)}") from error  # the cause tells who asks
    return _parsed(path, _decoded(path, data))


def read_if_there(path: str) -> Document | None:
    """The document in a file, None if there is no such file.  Raises ConfigError as `read` does."""
    try:
        return read(path)
    except ConfigError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return None
        raise


def _decoded(path: str, data: bytes) -> str:
    try:
        return data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise _error(path, line, "this is not UTF-8; a TOML file has to be") from None


def _parsed(path: str, text: str) -> Document:
    import tomllib  # only who has a file pays for its parser

    try:
        return Document(path, text, tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        words, line = str(error), 1 + text.rstrip("\n").count("\n")
        if place := _PLACE.fullmatch(words):
            words, line = place[1], int(place[2] or line)
        raise _error(path, line, f"this is not TOML: {words[:1].lower()}{words[1:]}") from None


def _error(path: str, line: int, words: str) -> ConfigError:
    return ConfigError(f"{path}, line {line}: {words}")


def _beginning_has(lines: list[str], keys: tuple[str | int, ...], count: int) -> bool:
    """Whether a key is in the first `count` lines, or in more up to where the statement there ends."""
    import tomllib

    for end in range(count, len(lines)):
        with contextlib.suppress(ValueError):
            return _has(tomllib.loads("\n".join(lines[:end])), keys)
    return True


def _has(values: Any, keys: tuple[str | int, ...]) -> bool:
    """Whether there is something at a path of keys and indices."""
    for key in keys:
        try:
            values = values[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True

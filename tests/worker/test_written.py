"""Values in a configuration file, read one by one.  Their places and lines are in test_config.py."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest

from gearcli.errors import UsageError
from gearcli.protocol.address import Address
from gearcli.worker import written
from gearcli.worker.written import Reader


@pytest.mark.parametrize(
    ("read", "value", "meaning"),
    [
        (written.text, "a b", "a b"),
        (written.flag, True, True),
        (written.number(1, 3), 3, 3),
        (written.seconds, "5m", 300.0),
        (written.seconds, 0.5, 0.5),
        (written.byte_count, "1K", 1024),
        (written.one_of("a", "b"), "b", "b"),
        (written.list_of(written.flag, "flags"), [True, False], [True, False]),
        (written.table, {"a": 1}, {"a": 1}),
        (written.functions, ["é"], ("é".encode(),)),
        (written.servers, "one,two:1", (Address("one", 4730), Address("two", 1))),
        (written.servers, ["one"], (Address("one", 4730),)),
        (written.delimiter, True, b"\n"),
        (written.delimiter, "null", b"\0"),
        (written.delimiter, False, None),
        (written.variables, {"A": "b", "HOME": True}, {"A": "b", "HOME": None}),
        (written.folder_name, "tmp", "tmp"),
        (written.limit_table, {"files": 64}, {"files": 64}),
    ],
)
def test_what_a_value_means(read: Reader, value: Any, meaning: Any) -> None:
    assert meaning == read(value)


@pytest.mark.parametrize(
    ("read", "value", "words"),
    [
        (written.text, 1, "text in quotes"),
        (written.text, "\0", "a NUL"),
        (written.flag, 1, "true or false"),
        (written.number(1, 3), 4, "from 1 to 3"),
        (written.number(0, 3), True, "from 0 to 3"),
        (written.seconds, True, "a duration"),
        (written.byte_count, 1.5, "a size"),
        (written.one_of("a", "b"), "c", "one of a, b"),
        (written.list_of(written.flag, "flags"), True, "a list of flags"),
        (written.table, [], "a table"),
        (written.command, [], "begin with a program"),
        (written.command, ["/no/such"], "command not found"),
        (written.functions, [""], "needs a name"),
        (written.functions, ["f", "é" * 300], "at most 512 bytes; this one has 600"),
        (written.functions, ["a", "a"], "twice"),
        (written.servers, [], "names no server"),
        (written.delimiter, "comma", "null for NUL-terminated"),
        (written.delimiter, 1, "null for NUL-terminated"),
        (written.variables, {"A": 1}, "text in quotes"),
        (written.folder_name, "", "a folder"),
        (written.limit_table, {"files": 1.5}, "limit files: it has to be text"),
    ],
)
def test_what_a_value_has_to_be(read: Reader, value: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read(value)


def test_a_command_is_looked_for_and_kept_as_it_is() -> None:
    assert shutil.which("cat")
    assert ("cat", os.curdir) == written.command(["cat", os.curdir])

"""What makes no sense in a plan."""

from __future__ import annotations

from typing import Any

import pytest

from gearcli.errors import UsageError
from gearcli.protocol.packets import FUNCTION_LIMIT
from gearcli.worker.plan import Recipe
from gearcli.worker.sense import check_function, nonsense


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"persistent": b"\n", "replace": "{}"}, "replace"),
        ({"persistent": b"\n", "stream": True}, "stream"),
        ({"replace": ""}, "replace"),
        ({"replace": "REPL"}, "replace"),
        ({"replace": "echo"}, "replace"),  # the program is no argument
        ({"retry_exit": frozenset({3})}, "retry_exit"),
    ],
)
def test_what_makes_no_sense_is_named(fields: dict[str, Any], wrong: str) -> None:
    found = nonsense(Recipe(["echo", "{}"], **fields))
    assert found is not None
    assert wrong == found[0]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"persistent": b"\0"},
        {"replace": "{}"},
        {"retries": 1, "retry_exit": frozenset({3})},
        {"stream": True},
    ],
)
def test_what_makes_sense(fields: dict[str, Any]) -> None:
    assert None is nonsense(Recipe(["echo", "{}"], **fields))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (b"", "needs a name"),
        (b"a\0b", "NUL"),
        (b"\x1b" * (FUNCTION_LIMIT + 1), "at most 512 bytes; this one has 513"),
    ],
)
def test_what_no_server_takes_for_a_function(name: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        check_function(name)
    assert str(caught.value).isprintable()


def test_any_other_name_is_one() -> None:
    check_function(b"\xff " * (FUNCTION_LIMIT // 2))

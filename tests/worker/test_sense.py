"""What makes no sense together."""

from __future__ import annotations

from typing import Any

import pytest

from gearcli.worker.plan import Recipe
from gearcli.worker.sense import nonsense


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

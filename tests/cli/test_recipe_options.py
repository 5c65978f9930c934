"""Options that say how a command is treated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gearcli.cli.outline import outline
from gearcli.cli.recipe_options import plan, recipe, treatment
from gearcli.errors import UsageError
from gearcli.units import duration
from gearcli.worker.plan import Plan, Recipe


def test_what_is_not_said_is_left_to_the_recipe() -> None:
    assert {} == treatment(stream=False, timeout=None, retries=None)


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"timeout": 5.0, "retries": 0, "stream": True}, {"timeout": 5.0, "retries": 0, "stream": True}),
        ({"persistent": True}, {"persistent": b"\n"}),
        ({"persistent": True, "null": True}, {"persistent": b"\0"}),
        ({"workdir": "tmp"}, {"workdir": "tmp"}),
        ({"env": ["A=1", "B"]}, {"environment": {"A": "1", "B": None}}),
        ({"limit": [{"cpu": 1}, {"files": 9}]}, {"limits": {"cpu": 1, "files": 9}}),
        ({"retry_exit": [3, 75, 3]}, {"retry_exit": frozenset({3, 75})}),
        ({"backoff": 0.0}, {"backoff": 0.0}),
    ],
)
def test_what_is_said_becomes_fields(said: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields == treatment(**said)
    assert Recipe(["cat"], **fields)


def test_a_folder_is_where_the_worker_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    assert {"workdir": str(tmp_path / "here")} == treatment(workdir="here")


def test_a_plan_of_a_command_line() -> None:
    made = plan(["a", "b"], ["cat"], (1, 4), {"retries": 2})
    assert Plan("a,b", [b"a", b"b"], Recipe(["cat"], retries=2), 1, 4) == made
    assert (1, 1) == plan(["a"], ["cat"], None, {})[-2:]


def test_what_makes_no_sense_is_said_with_the_option() -> None:
    with pytest.raises(UsageError, match=r"^--retry-exit: "):
        recipe(["cat"], {"retry_exit": frozenset({1})})


@pytest.mark.parametrize(
    ("option", "parse"),
    [
        ("kill-after", duration),
        ("stderr", str),
        ("on-failure", str),
        ("retries", int),
        ("retry-delay", duration),
        ("backoff", duration),
    ],
)
def test_the_help_tells_the_defaults_of_a_recipe(option: str, parse: Callable[[str], object]) -> None:
    worker = next(each for each in outline().commands if each.name == "worker")
    told = next(each.help for each in worker.options if f"--{option}" in each.names)
    default = told.rpartition("Default: ")[2].removesuffix(".")
    assert parse(default) == getattr(Recipe(["cat"]), option.replace("-", "_"))

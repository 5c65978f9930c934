"""The keys of `workers.toml`: from what reads them, and from the options of `gear worker` of their names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gearcli.cli.outline import Command, outline
from gearcli.errors import UsageError
from gearcli.worker import config, limits
from gearcli.worker.written import Reader
from tools.manual import mdoc

EXAMPLE = Path(__file__).parent.parent.parent / "contrib" / "workers.toml"

_OWN = {
    "servers": "The servers to take jobs from; `--server` goes before. Default: as without this file, "
    "those of the environment, then of the configuration file.",
    "command": "The program and its arguments. There is no shell between.",
    "functions": "What to take jobs of. Default: the function that is called as the table is.",
    "slots": "Jobs at a time. Default: 1.",
    "min": "Together with `max` instead of `slots`: slots that are always there. Default: 1.",
    "max": "Slots that there may be while jobs wait. Default: as many as `min`.",
    "env": "Variables that are set; true keeps the worker's own value.",
    "limit": f"Limits for each process of a command: {', '.join(limits.LIMITS)}. "
    "That of `processes` counts all of the user's.",
    "persistent": "Keep the command running: a record in and a record out for each job.",
    "workdir": "Folder of the command; `tmp` is a fresh one each time it is started. "
    "A relative one is relative to the folder of this file.",
    "retry-exit": "Try again only after these exit statuses (124: timed out, 128+N: signal N).",
}
"""Keys that have no option of their name, or of which more is to be said."""


def description() -> list[str]:
    """All keys, table by table."""
    worker = next(each for each in outline().commands if each.name == "worker")
    only_workers = {key: config.WORKER[key] for key in config.WORKER if key not in config.DEFAULTS}
    return [
        *_keys("Keys at the top of the file:", config.TOP, worker),
        *_keys("Keys of a `[worker.NAME]` alone:", only_workers, worker),
        *_keys("Keys of `[defaults]` and of each `[worker.NAME]`:", config.DEFAULTS, worker),
    ]


def _keys(heading: str, readers: Mapping[str, Reader], worker: Command) -> list[str]:
    items = (
        (mdoc.term("Ic", key), mdoc.prose(_said(key, worker) + _needed(readers[key]))) for key in readers
    )
    return [".Pp", *mdoc.prose(heading), *mdoc.tagged(items)]


def _said(key: str, worker: Command) -> str:
    if key in _OWN:
        return _OWN[key]
    option = next(each for each in worker.options if f"--{key}" in each.names)
    return option.help


def _needed(reader: Reader) -> str:
    """What a value has to be, as a reader says it of one that is not."""
    try:
        reader(object())
    except UsageError as error:
        words = str(error).replace("it has to be", "Has to be")
        return f" {words}."
    raise AssertionError("a reader takes anything")


def example() -> list[str]:
    """The example that comes with gear."""
    return mdoc.display(EXAMPLE.read_text().rstrip("\n").split("\n"))

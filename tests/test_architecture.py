"""The rooms of the program: who imports whom, what the core must not know, who has tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "gearcli").rglob("*.py"))

ALLOWED = {
    "cli": {"cli", "worker", "client", "server", "protocol", "base"},
    "worker": {"worker", "client", "protocol", "base"},
    "client": {"client", "protocol", "base"},
    "server": {"server", "protocol", "base"},
    "protocol": {"protocol", "base"},
    "base": {"base"},
}
"""Each room and the rooms it may import; `base` is the files beside the rooms."""

CORE = {
    "timers.py",
    *(f"protocol/{path.name}" for path in (ROOT / "gearcli/protocol").glob("*.py")),
    *(
        f"server/{name}.py"
        for name in (
            "admission",
            "assignments",
            "counters",
            "counting",
            "documents",
            "engine",
            "jobs",
            "journal",
            "memory",
            "metrics",
            "operator",
            "overview",
            "peers",
            "queues",
            "registry",
            "reports",
            "results",
            "schedule",
            "store",
            "submissions",
            "wakeups",
        )
    ),
}
"""Files that decide and do nothing: no input, no output, no clock, no chance."""

FORBIDDEN_IN_CORE = {
    "socket", "selectors", "sqlite3", "os", "time", "random", "select", "subprocess", "ssl", "threading",
}  # fmt: skip


def relative(path: Path) -> str:
    return path.relative_to(ROOT / "gearcli").as_posix()


def room_of(module: str) -> str:
    """The room of a dotted name below `gearcli`.

    `__main__` is the door of the command line, `__init__` that of the Python API.
    """
    first = module.split(".")[1] if "." in module else ""
    return "cli" if first in ("__main__", "__init__") else first if first in ALLOWED else "base"


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_files_are_found() -> None:
    assert {"protocol/packets.py", "server/engine.py", "errors.py"} <= {relative(path) for path in SOURCES}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_imports_run_downwards_only(path: Path) -> None:
    room = room_of("gearcli." + relative(path).removesuffix(".py").replace("/", "."))
    ours = [name for name in imports(path) if name.split(".")[0] == "gearcli"]
    assert [] == [name for name in ours if room_of(name) not in ALLOWED[room]]


@pytest.mark.parametrize("name", sorted(CORE))
def test_the_core_knows_no_world(name: str) -> None:
    imported = {module.split(".")[0] for module in imports(ROOT / "gearcli" / name)}
    assert set() == imported & FORBIDDEN_IN_CORE


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_only_the_command_line_prints_and_exits(path: Path) -> None:
    if room_of("gearcli." + relative(path).removesuffix(".py").replace("/", ".")) == "cli":
        return
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    assert set() == {ast.unparse(call) for call in calls} & {"print", "exit", "quit", "sys.exit"}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_source_has_its_test(path: Path) -> None:
    if path.name == "__init__.py":
        return
    test = ROOT / "tests" / path.parent.relative_to(ROOT / "gearcli") / f"test_{path.stem.strip('_')}.py"
    assert test.is_file()

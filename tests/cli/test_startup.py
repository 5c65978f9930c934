"""`gear submit` starts fast: what it does not need is not imported."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from gearcli.cli.commands import COMMANDS
from tests.cli.driving import at
from tests.support import DEADLINE, ServerProcess, clean_environment, wait_until

SLOW = {"rich", "ssl", "sqlite3", "asyncio", "pydantic", "importlib.metadata"}
"""Each costs 5 to 50 ms."""

UNNEEDED = {
    *SLOW, "typer", "dataclasses", "datetime", "difflib", "encodings.idna", "inspect", "json", "logging",
    "pathlib", "platform", "random", "shutil", "subprocess", "tempfile", "threading", "tokenize", "traceback",
    "urllib", "zlib", "gearcli.cli.app", "gearcli.cli.options", "gearcli.cli.submit", "gearcli.cli.halt",
    "gearcli.cli.jsonl", "gearcli.cli.bars", "gearcli.cli.lines", "gearcli.cli.served", "gearcli.units",
}  # fmt: skip
"""What a job of a plain command line has no use for.  Together this takes longer than the job."""

PROGRAM = """
import sys
before = {*sys.modules}
from gearcli.__main__ import main
try:
    main()
finally:
    print(*sorted({*sys.modules} - before), file=sys.stderr)
"""


def modules_of(*arguments: str, **environ: str) -> set[str]:
    """What a command line that succeeds has loaded at its end, beyond what Python itself starts with."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        timeout=DEADLINE,
        check=True,
        env={**clean_environment(), **environ},
    )
    return set(ended.stderr.decode().split())


@pytest.mark.parametrize("more", [["-k"], ["--raw", "-v"], ["--retries", "1"]])
def test_submit_imports_nothing_slow(server: ServerProcess, cat: str, more: list[str]) -> None:
    """What only the parser understands is no reason to load more than the parser."""
    modules = modules_of("submit", *at(server.port), cat, "x", *more)
    assert {"gearcli.client.dispatch", "typer"} <= modules
    assert set() == modules & SLOW


@pytest.mark.parametrize("more", [[], ["-b"], ["-u", "-", "-p", "high"], ["-q", "-j", "3"]])
def test_a_plain_submit_imports_what_it_needs(server: ServerProcess, cat: str, more: list[str]) -> None:
    modules = modules_of("submit", "-s", f"localhost:{server.port}", *more, cat, "x")
    assert "gearcli.client.dispatch" in modules
    assert set() == modules & UNNEEDED
    ours = {name for name in modules if name.startswith("gearcli")}
    assert len(ours) <= 39
    assert len(modules - ours) <= 45


def test_submit_imports_nothing_of_other_commands(server: ServerProcess, cat: str) -> None:
    modules = modules_of("submit", *at(server.port), cat, "x")
    assert set() == {name for name in modules if name.startswith(("gearcli.server", "gearcli.worker"))}


def test_the_version_needs_no_parser() -> None:
    assert set() == modules_of("--version") & UNNEEDED


def test_the_help_of_all_needs_no_parser_and_no_command() -> None:
    modules = modules_of("--help")
    ours = {f"gearcli.cli.{name}" for name in ("commands", "exits", "output", "overview", "process")}
    assert ours == {name for name in modules if name.startswith("gearcli.cli.")}
    assert set() == modules & UNNEEDED


def test_the_help_of_a_command_imports_no_other() -> None:
    """All of them would take half a second."""
    modules = modules_of("ping", "--help")
    assert {"gearcli.cli.ping"} == modules & {f"gearcli.cli.{name}" for name in COMMANDS}
    assert set() == modules & SLOW


@pytest.mark.parametrize("words", [["1", "2"], ["30%"], ["--warn", "x"]])
def test_a_report_needs_next_to_nothing(words: list[str]) -> None:
    """A command may report many times."""
    modules = modules_of("report", *words, GEARMAN_STATUS_FD="1")
    assert "gearcli.worker.report_lines" in modules
    assert set() == modules & {*UNNEEDED, "re", "enum", "typing", "collections", "gearcli.errors"}
    assert len(modules) <= 8


def test_a_server_does_without_openssl() -> None:
    """It is in memory for months, and OpenSSL would take a fifth of what it takes without jobs."""
    modules = modules_of("serve", "--help")
    assert "gearcli.server.loop" in modules
    assert set() == modules & {*SLOW, "hashlib", "_hashlib"}


def test_a_plain_server_does_without_the_parser() -> None:
    """It would take as much again as the server itself."""
    server = ServerProcess([sys.executable, "-c", PROGRAM, "serve", "-p", "0"])
    try:
        wait_until(lambda: "listening on" in server.said())
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
        modules = set(server.said().splitlines()[-1].split())
    finally:
        server.end()
    assert "gearcli.server.loop" in modules
    assert set() == modules & {
        *SLOW,
        "typer",
        "inspect",
        "encodings.idna",
        "subprocess",
        "gearcli.cli.app",
        "gearcli.cli.options",
    }

"""`gear submit` starts fast: what it does not need is not imported."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.driving import at
from tests.support import DEADLINE, ServerProcess, clean_environment

SLOW = {"rich", "ssl", "sqlite3", "asyncio", "pydantic", "importlib.metadata"}
"""Each costs 5 to 50 ms."""

PROGRAM = """
import sys
from gearcli.__main__ import main
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""


def modules_of(*arguments: str, **environ: str) -> set[str]:
    """What is loaded at the end of a command line that succeeds."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        timeout=DEADLINE,
        check=True,
        env={**clean_environment(), **environ},
    )
    return set(ended.stderr.decode().split())


def test_submit_imports_nothing_slow(server: ServerProcess, cat: str) -> None:
    modules = modules_of("submit", *at(server.port), cat, "x")
    assert "gearcli.client.dispatch" in modules
    assert set() == modules & SLOW


def test_submit_imports_nothing_of_other_commands(server: ServerProcess, cat: str) -> None:
    modules = modules_of("submit", *at(server.port), cat, "x")
    assert set() == {name for name in modules if name.startswith(("gearcli.server", "gearcli.worker"))}


def test_the_version_needs_no_parser() -> None:
    assert set() == modules_of("--version") & {*SLOW, "typer", "gearcli.cli.app"}


def test_a_report_needs_no_parser() -> None:
    """A command may report many times."""
    assert set() == modules_of("report", "1", "2", GEARMAN_STATUS_FD="1") & {
        *SLOW,
        "typer",
        "gearcli.cli.app",
    }


def test_a_server_does_without_openssl() -> None:
    """It is in memory for months, and OpenSSL would take a fifth of what it takes without jobs."""
    modules = modules_of("serve", "--help")
    assert "gearcli.server.loop" in modules
    assert set() == modules & {*SLOW, "hashlib", "_hashlib"}

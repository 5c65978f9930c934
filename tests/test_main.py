"""The entry point: what it answers without loading the app."""

from __future__ import annotations

import subprocess

import pytest

from gearcli import __version__
from tests.support import DEADLINE, clean_environment, gear


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        gear(*arguments),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=clean_environment(),
        check=False,
    )


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_says_its_version(option: str) -> None:
    done = run(option)
    assert (0, f"gear {__version__}\n", "") == (done.returncode, done.stdout, done.stderr)


def test_runs_the_app_for_all_else() -> None:
    done = run("serve", "--help")
    assert (0, "") == (done.returncode, done.stderr)
    assert "--listen" in done.stdout

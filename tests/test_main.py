"""The entry point: what it answers without loading the app."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gearcli import __version__
from gearcli.__main__ import TOOLS, main
from gearcli.cli import app
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


@pytest.mark.parametrize("tool", TOOLS)
def test_is_the_tool_by_whose_name_it_is_called(tool: str, tmp_path: Path) -> None:
    (tmp_path / tool).symlink_to(Path(sys.executable).parent / "gear")
    done = subprocess.run(
        [tmp_path / tool, "--bogus"],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=clean_environment(),
        check=False,
    )
    assert 1 == done.returncode
    assert f"{tool}" in done.stdout + done.stderr
    assert "Usage: gear" not in done.stdout + done.stderr


def test_runs_the_app_for_all_else() -> None:
    done = run("serve", "--help")
    assert (0, "") == (done.returncode, done.stderr)
    assert "--listen" in done.stdout


def test_an_interrupt_that_comes_while_it_loads_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def loading(arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "run", loading)
    monkeypatch.setattr(sys, "argv", ["gear", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (130, ("", "gear: interrupted\n")) == (ended.value.code, capsys.readouterr())

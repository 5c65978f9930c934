"""The completions in the tree: made from the app as it is, and right for the shells that read them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from completions.shells import FOLDER, SCRIPTS, start
from tests.support import DEADLINE, needs_shells


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_what_the_generator_makes(name: str) -> None:
    """If it is not: `python -m completions`."""
    assert SCRIPTS[name]() == (FOLDER / name).read_text()


@pytest.mark.parametrize(("name", "shell"), [("gear.bash", "bash"), ("_gear", "zsh"), ("gear.fish", "fish")])
@needs_shells
def test_a_script_is_understood_without_a_word(name: str, shell: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [shell, "-n", FOLDER / name],
        capture_output=True,
        timeout=DEADLINE,
        check=True,
        env={"HOME": str(tmp_path)},
    )
    assert (b"", b"") == (ended.stdout, ended.stderr)


def test_what_the_scripts_start_fits_into_single_quotes() -> None:
    """Fish heeds backslashes there too."""
    assert set() == {*start()} & {*"'\\"}


def test_zsh_finds_what_the_script_is_for() -> None:
    """It looks at the first line only."""
    assert (FOLDER / "_gear").read_text().startswith("#compdef gear\n")

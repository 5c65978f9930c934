"""`gear completion`: the shipped script, printed, and put where the shell looks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gearcli.cli.completion import SCRIPTS, shipped
from tests.cli.driving import Result, run_gear
from tests.support import DEADLINE, needs_shells


def install(shell: str, home: Path, **environ: str) -> Result:
    """Install for a user with an empty home."""
    return run_gear(
        "completion",
        shell,
        "--install",
        environ={"HOME": str(home), "XDG_DATA_HOME": "", "ZDOTDIR": "", **environ},
    )


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_shipped_script_is_printed(shell: str) -> None:
    script = shipped(SCRIPTS[shell]).read_bytes()
    assert (0, script, "") == run_gear("completion", shell)
    assert b"__complete" in script


def test_another_shell_is_wrong_usage() -> None:
    status, out, err = run_gear("completion", "tcsh")
    assert (2, b"") == (status, out)
    assert "'tcsh' is not one of bash, zsh, fish" in err


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/gear"),
        ("fish", ".local/share/fish/vendor_completions.d/gear.fish"),
    ],
)
def test_it_is_put_where_the_shell_looks(shell: str, place: str, tmp_path: Path) -> None:
    status, out, err = install(shell, tmp_path)
    assert (0, b"") == (status, out)
    assert f"gear: wrote {tmp_path}/{place}\n" in err
    assert f"start a new {shell}" in err
    assert shipped(SCRIPTS[shell]).read_bytes() == (tmp_path / place).read_bytes()
    assert [place] == [str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*") if each.is_file()]
    assert f"gear: replaced {tmp_path}/{place}\n" in install(shell, tmp_path).err


def test_folders_that_the_user_chose(tmp_path: Path) -> None:
    assert 0 == install("bash", tmp_path, BASH_COMPLETION_USER_DIR=f"{tmp_path}/own").status
    assert (tmp_path / "own/completions/gear").is_file()
    assert 0 == install("fish", tmp_path, XDG_DATA_HOME=f"{tmp_path}/data").status
    assert (tmp_path / "data/fish/vendor_completions.d/gear.fish").is_file()


@needs_shells
def test_zsh_is_asked_where_it_looks(tmp_path: Path) -> None:
    own = tmp_path / "functions"
    own.mkdir()
    (tmp_path / ".zshrc").write_text(f"echo hello\nfpath=({own} $fpath)\n")
    status, _, err = install("zsh", tmp_path, ZDOTDIR=str(tmp_path))
    assert 0 == status
    assert f"gear: wrote {own}/_gear\ngear: start a new zsh\n" == err
    assert f"echo hello\nfpath=({own} $fpath)\n" == (tmp_path / ".zshrc").read_text()


def test_without_a_folder_of_zsh_it_says_what_to_write(tmp_path: Path) -> None:
    """A zsh that does not say where it looks is like none."""
    (tmp_path / "zsh").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "zsh").chmod(0o755)
    status, _, err = install("zsh", tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")
    place = tmp_path / ".local/share/zsh/site-functions"
    assert 0 == status
    assert (place / "_gear").is_file()
    assert f"write fpath=({place} $fpath) before compinit into ~/.zshrc" in err


def looking(zsh: Path, *folders: Path) -> None:
    """Have a zsh that looks in these folders and in no others."""
    words = " ".join(f"'{folder}'" for folder in folders)
    zsh.write_text(f"#!/bin/sh\nprintf '%s\\0' '' {words}\n")
    zsh.chmod(0o755)


def test_folders_of_all_users_are_left_alone(tmp_path: Path) -> None:
    """Also where they can be written to, as by root."""
    home, everybodys = tmp_path / "home of mine", tmp_path / "everybodys"
    everybodys.mkdir()
    home.mkdir()
    looking(tmp_path / "zsh", everybodys)
    path = f"{tmp_path}:{os.environ['PATH']}"
    status, _, err = install("zsh", home, PATH=path)
    place = home / ".local/share/zsh/site-functions"
    assert (0, []) == (status, [*everybodys.iterdir()])
    assert f"gear: wrote {place}/_gear\n" in err
    assert f"write fpath=('{place}' $fpath) before compinit into ~/.zshrc" in err
    assert f"into {home}/.zshrc" in install("zsh", home, PATH=path, ZDOTDIR=str(home)).err


@pytest.mark.parametrize("variable", ["XDG_DATA_HOME", "ZDOTDIR"])
def test_other_folders_of_the_user_are_preferred(tmp_path: Path, variable: str) -> None:
    everybodys, own = tmp_path / "everybodys", tmp_path / "own/functions"
    everybodys.mkdir()
    own.mkdir(parents=True)
    looking(tmp_path / "zsh", everybodys, own)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", variable: str(tmp_path / "own")}
    status, _, err = install("zsh", tmp_path / "home", **environ)
    assert (0, f"gear: wrote {own}/_gear\ngear: start a new zsh\n") == (status, err)


def test_a_link_is_written_through(tmp_path: Path) -> None:
    place, target = tmp_path / ".local/share/bash-completion/completions/gear", tmp_path / "dotfiles"
    place.parent.mkdir(parents=True)
    target.write_text("old")
    place.symlink_to(target)
    assert f"replaced {place}\n" in install("bash", tmp_path).err
    assert place.is_symlink()
    assert shipped(SCRIPTS["bash"]).read_bytes() == target.read_bytes()
    assert ["gear"] == os.listdir(place.parent)


def test_a_relative_folder_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "a home"
    home.mkdir()
    err = install("bash", home, BASH_COMPLETION_USER_DIR="relative").err
    assert [home] == list(tmp_path.iterdir())
    place = home / ".local/share/bash-completion/completions/gear"
    assert f"or else: source '{place}'\n" in err
    assert place.is_file()
    own = str(tmp_path / "own")
    assert own in install("bash", home, BASH_COMPLETION_USER_DIR=f"relative:{own}").err


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status, out, err = install("bash", tmp_path, BASH_COMPLETION_USER_DIR=f"{tmp_path}/file")
    assert (74, b"") == (status, out)
    assert f"gear: cannot write {tmp_path}/file/completions/gear: not a directory\n" == err


@needs_shells
def test_bash_finds_what_was_installed(tmp_path: Path) -> None:
    install("bash", tmp_path)
    said = subprocess.run(
        [
            "bash",
            "-c",
            "source /usr/share/bash-completion/bash_completion; __load_completion gear; complete -p gear",
        ],
        capture_output=True,
        timeout=DEADLINE,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        check=True,
    ).stdout
    assert b"complete -F _gear gear\n" == said

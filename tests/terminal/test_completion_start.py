"""What Tab starts: the package beside the script gear, without it; in every other case gear itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from completions.shells import FOLDER
from tests.support import DEADLINE, SHELLS, clean_environment, needs_shells

pytestmark = needs_shells

ROOT = Path(__file__).parents[2]
STARTS = {
    "bash": (["bash", "--norc", "--noprofile"], [f"source {SHELLS[1]}", f"source {FOLDER}/gear.bash"]),
    "zsh": (["zsh", "-f", "-i"], [f"fpath=({FOLDER} $fpath)", "autoload -Uz compinit", "compinit -u -D"]),
    "fish": (["fish", "--no-config", "-i"], [f"source {FOLDER}/gear.fish"]),
}
"""How each shell is started, and how it gets to know our script."""

AT_HAND = "far-away:7"
"""The server that the package finds in the environment."""
ITSELF = "from-gear-itself:7"
"""The server that a `gear` names which stands in for the script."""


@pytest.fixture(params=STARTS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[pexpect.spawn]:
    """Each shell in a folder that is the only one with a `gear` on PATH."""
    command, lines = STARTS[request.param]
    (tmp_path / "bin").mkdir()
    child = pexpect.spawn(
        command[0],
        command[1:],
        cwd=str(tmp_path),
        env={
            **clean_environment(),
            "HOME": str(tmp_path),
            "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
            "GEARMAN_SERVERS": AT_HAND,
            "TERM": "dumb",
        },
        timeout=DEADLINE,
        dimensions=(24, 200),
        encoding="utf-8",
    )
    child.delaybeforesend = None
    try:
        for line in lines:
            child.sendline(line)
        yield child
    finally:
        child.close(force=True)


def installed(prefix: Path, *, python: str = sys.executable, beside: bool = True) -> Path:
    """A script `gear`, with the package beside it or not, that names another server than that would."""
    packages = prefix / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    packages.mkdir(parents=True)
    if beside:
        (packages / "gearcli").symlink_to(ROOT / "gearcli")
    (prefix / "bin").mkdir(exist_ok=True)
    return program(prefix / "bin/gear", python, f"print('{ITSELF}', '', sep=chr(0), end=chr(0))")


def program(path: Path, interpreter: str, line: str) -> Path:
    path.write_text(f"#!{interpreter}\n{line}\n")
    path.chmod(0o755)
    return path


def completed(shell: pexpect.spawn, line: str = "gear status -s f") -> str:
    """What a line has become after Tab: all of it but its last word is the same."""
    shell.send(f"{line}\t\x01echo say-\x05 end\r")
    shell.expect(r"\nsay-\S*gear \S.* (\S+)\s+end")
    assert shell.match
    return str(shell.match[1])


def test_the_package_answers_beside_its_script(shell: pexpect.spawn, tmp_path: Path) -> None:
    installed(tmp_path)
    assert AT_HAND == completed(shell)


def test_a_link_leads_to_the_script(shell: pexpect.spawn, tmp_path: Path) -> None:
    """As pipx makes one, and as people make others to that."""
    (tmp_path / "bin/gear").symlink_to("../other/gear")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/gear").symlink_to(installed(tmp_path / "venv"))
    assert AT_HAND == completed(shell)


def test_a_link_in_the_current_folder_counts_where_path_says_so(shell: pexpect.spawn, tmp_path: Path) -> None:
    """There zsh names it without the folder."""
    (tmp_path / "gear").symlink_to("own/bin/gear")
    installed(tmp_path / "own")
    shell.sendline("set -gx PATH . $PATH" if shell.command.endswith("fish") else 'PATH=":$PATH"')
    assert AT_HAND == completed(shell)


@pytest.mark.parametrize("home", ["~", "$HOME"])
def test_a_gear_below_the_home_is_found(shell: pexpect.spawn, tmp_path: Path, home: str) -> None:
    """Its path comes as it was typed."""
    installed(tmp_path / "own")
    assert AT_HAND == completed(shell, f"{home}/own/bin/gear status -s f")


@pytest.mark.parametrize(
    "python", ["/usr/bin/env python3", f"{sys.executable} -q", f"/usr/bin/env {sys.executable}"]
)
def test_a_script_of_another_kind_answers_itself(shell: pexpect.spawn, tmp_path: Path, python: str) -> None:
    """Who knows what its arguments are for."""
    installed(tmp_path, python=python)
    assert ITSELF == completed(shell)


def test_a_shell_script_answers_itself(shell: pexpect.spawn, tmp_path: Path) -> None:
    program(tmp_path / "bin/gear", "/bin/sh", rf"printf '{ITSELF}\0\0'")
    assert ITSELF == completed(shell)


def test_a_script_without_the_package_answers_itself(shell: pexpect.spawn, tmp_path: Path) -> None:
    """Installed for this user only, with --target, or to be edited; and nothing else of that name counts."""
    installed(tmp_path, beside=False)
    program(tmp_path / "gearcli.py", sys.executable, "print('another:7', '', sep=chr(0), end=chr(0))")
    assert ITSELF == completed(shell)


@pytest.mark.parametrize("setting", ["true", "alias gear=true", "set +h"])
def test_nothing_of_the_current_folder_is_started(shell: pexpect.spawn, tmp_path: Path, setting: str) -> None:
    """A name is looked for on PATH, also where it is not there, or an alias, or bash remembers nothing."""
    program(tmp_path / "python", "/bin/sh", f"echo >{tmp_path}/started")
    program(tmp_path / "gear", f"{tmp_path}/python", f"echo >{tmp_path}/started")
    shell.sendline(setting)
    assert "f" == completed(shell)
    assert not (tmp_path / "started").exists()


def test_a_file_that_is_no_script_ends_no_shell(shell: pexpect.spawn, tmp_path: Path) -> None:
    (tmp_path / "bin/gear").touch(0o755)
    shell.sendline("true" if shell.command.endswith("fish") else "set -e")
    assert "f" == completed(shell)


@pytest.mark.parametrize("interpreter", [None, "/nowhere/python", "/nowhere/sh"])
def test_a_gear_that_cannot_run_is_not_complained_of(
    shell: pexpect.spawn, tmp_path: Path, interpreter: str | None
) -> None:
    """Fish would say why, and start what looks for commands that are not installed."""
    if interpreter:
        program(tmp_path / "bin/gear", interpreter, "")
    assert "f" == completed(shell)
    assert not {"Unknown", "Failed", "bad", "not"} & {*str(shell.before).split()}


def test_a_locale_that_is_not_installed_is_not_complained_of(shell: pexpect.spawn, tmp_path: Path) -> None:
    """Not more often than by the shell itself, when it is set."""
    installed(tmp_path)
    shell.sendline("set -gx LC_ALL no_WHERE" if shell.command.endswith("fish") else "export LC_ALL=no_WHERE")
    assert [AT_HAND] * 2 == [completed(shell), completed(shell)]
    assert "warning" not in str(shell.before)


def test_bash_keeps_what_it_remembers(shell: pexpect.spawn, tmp_path: Path) -> None:
    installed(tmp_path)
    program(tmp_path / "another", "/bin/sh", rf"printf '{ITSELF}\0\0'")
    if shell.command.endswith("bash"):
        shell.sendline(f"hash -p {tmp_path}/another gear")
        assert ITSELF == completed(shell)


def test_a_file_that_nobody_may_execute_is_passed_over(shell: pexpect.spawn, tmp_path: Path) -> None:
    """As by the shell itself, which runs the next on PATH."""
    installed(tmp_path, beside=False).chmod(0o644)
    (tmp_path / "more").mkdir()
    program(tmp_path / "more/gear", "/bin/sh", rf"printf '{ITSELF}\0\0'")
    shell.sendline(
        f"set -gx PATH $PATH {tmp_path}/more"
        if shell.command.endswith("fish")
        else f"PATH=$PATH:{tmp_path}/more"
    )
    assert ITSELF == completed(shell)


def test_a_function_of_this_name_answers_itself(shell: pexpect.spawn, tmp_path: Path) -> None:
    """It may call gear on another machine."""
    installed(tmp_path)
    says = rf"printf '{ITSELF}\0\0'"
    shell.sendline(
        f"function gear; {says}; end" if shell.command.endswith("fish") else f"gear() {{ {says}; }}"
    )
    assert ITSELF == completed(shell)

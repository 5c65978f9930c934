"""`gear completion`: the script that completes gear's command lines in a shell, printed or installed."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import one_of, parsed
from gearcli.cli.output import message, unwritable, write
from gearcli.errors import ConfigError
from gearcli.wholefile import write as write_whole

_ASKING = 5.0  # seconds that zsh may take to say where it looks


class Script(NamedTuple):
    """The script for a shell: its name in the sources, and where the wheel puts it below ``share``."""

    name: str
    shared: str


SCRIPTS = {
    "bash": Script("gear.bash", "bash-completion/completions/gear"),
    "zsh": Script("_gear", "zsh/site-functions/_gear"),
    "fish": Script("gear.fish", "fish/vendor_completions.d/gear.fish"),
}


def completion(
    shell: Annotated[
        str,
        typer.Argument(
            metavar="|".join(SCRIPTS), parser=parsed(one_of(*SCRIPTS)), help="The shell.", show_default=False
        ),
    ],
    install: Annotated[
        bool, typer.Option("--install", help="Put it where the shell looks, and say where that is.")
    ] = False,
) -> int:
    """Print the script that completes command lines of gear in a shell.

    With --install it becomes a file of its own, for this user; no file of the
    shell's configuration is changed. Where packages put such scripts, it is
    there already.
    """
    text = shipped(SCRIPTS[shell]).read_bytes()
    if not install:
        write(text)
        return ExitStatus.DONE
    path = _place(shell)
    replaced = _put(path, text)
    message(f"{'replaced' if replaced else 'wrote'} {path}")
    message(_next_step(shell, path))
    return ExitStatus.DONE


def shipped(script: Script) -> Path:
    """The file of a script: beside the sources, else where it was installed.  Raises ConfigError."""
    root = Path(__file__).parent.parent.parent
    beside = root / "completions" / script.name
    if (root / "pyproject.toml").is_file() and beside.is_file():
        return beside
    from importlib.metadata import PackageNotFoundError, files

    try:
        installed = files("gearcli") or []
    except PackageNotFoundError:
        installed = []
    for each in installed:
        if each.as_posix().endswith(f"share/{script.shared}"):
            return Path(str(each.locate()))
    raise ConfigError(f"this installation of gear has no share/{script.shared}; install it again")


def _put(path: Path, text: bytes) -> bool:
    """Write a file, whole at any time, or that to which a link leads; whether there was one.

    Raises OutputError.
    """
    there = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(str(path), text)
    except OSError as error:
        raise unwritable(str(path), error) from None
    return there


# -- where shells look -----------------------------------------------------------------------


def _place(shell: str) -> Path:
    """Where a user's script belongs."""
    if shell == "bash":
        folders = os.environ.get("BASH_COMPLETION_USER_DIR", "").split(":")
        own = next(filter(os.path.isabs, folders), "")
        return (Path(own) if own else _data() / "bash-completion") / "completions" / "gear"
    if shell == "fish":
        return _data() / SCRIPTS["fish"].shared
    return (_own_folder_of_zsh() or _data() / "zsh" / "site-functions") / "_gear"


def _data() -> Path:
    """The folder of the user's data; as elsewhere, a relative one does not count."""
    folder = os.environ.get("XDG_DATA_HOME", "")
    return Path(folder if os.path.isabs(folder) else os.path.expanduser("~/.local/share"))


def _own_folder_of_zsh() -> Path | None:
    """The first folder of the user's `fpath` that is the user's own, if there is one.

    Root may write to those of all users too, but was not asked to.
    """
    roots = [Path.home(), _data(), *map(Path, filter(os.path.isabs, [os.environ.get("ZDOTDIR", "")]))]
    return next((each for each in map(Path, _fpath()) if _is_within(each, roots)), None)


def _is_within(folder: Path, roots: Sequence[Path]) -> bool:
    """Whether a folder is below one of some others, and may be written to."""
    real = folder.resolve()
    below = any(root.resolve() in real.parents for root in roots if root != Path("/"))
    return below and real.is_dir() and os.access(real, os.W_OK)


def _fpath() -> list[str]:
    """Where an interactive zsh of this user looks; nothing if there is no zsh, or it does not say."""
    try:
        said = subprocess.run(
            ["zsh", "-i", "-c", "print -rNC1 -- '' $fpath"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_ASKING,
            start_new_session=True,  # an interactive shell would take the terminal
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    # What the user's files print comes before the empty word.
    folders = [os.fsdecode(each) for each in said.partition(b"\0")[2].split(b"\0")]
    return [each for each in folders if os.path.isabs(each)]


def _next_step(shell: str, path: Path) -> str:
    """What the user has to do."""
    if shell == "bash":
        source = f"source {shlex.quote(str(path))}"
        return f"start a new bash; it needs the package bash-completion, or else: {source}"
    if shell == "zsh" and str(path.parent) not in _fpath():
        line = f"fpath=({shlex.quote(str(path.parent))} $fpath)"
        file = os.path.join(os.environ.get("ZDOTDIR") or "~", ".zshrc")
        return f"zsh does not look there yet: write {line} before compinit into {file}"
    return f"start a new {shell}"

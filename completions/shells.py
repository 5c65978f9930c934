"""The scripts by the names of their files, made anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from completions import in_bash, in_fish, in_zsh
from gearcli.cli.outline import Command, outline

FOLDER = Path(__file__).parent


def _script(name: str, fill: Callable[[Command], str]) -> Callable[[], str]:
    def made() -> str:
        template = (FOLDER / "templates" / name).read_text()
        return template.replace("@OUTLINE@", fill(outline()))

    return made


SCRIPTS = {
    "gear.bash": _script("gear.bash", in_bash.outlined),
    "_gear": _script("_gear", in_zsh.outlined),
    "gear.fish": _script("gear.fish", in_fish.outlined),
}
"""What makes each file."""

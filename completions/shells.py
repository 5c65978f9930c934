"""The scripts by the names of their files, made anew."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

from completions import in_bash, in_fish, in_zsh
from gearcli.cli.outline import Command, outline

FOLDER = Path(__file__).parent


def start() -> str:
    """The program start.py as it stands in single quotes: without such, and what only its readers need."""
    tree = ast.parse(_template("start.py"))
    del tree.body[0]
    return ast.unparse(tree).replace("'", '"')


def _template(name: str) -> str:
    return (FOLDER / "templates" / name).read_text()


def _script(name: str, fill: Callable[[Command], str]) -> Callable[[], str]:
    def made() -> str:
        return _template(name).replace("@START@", start()).replace("@OUTLINE@", fill(outline()))

    return made


SCRIPTS = {
    "gear.bash": _script("gear.bash", in_bash.outlined),
    "_gear": _script("_gear", in_zsh.outlined),
    "gear.fish": _script("gear.fish", in_fish.outlined),
}
"""What makes each file."""

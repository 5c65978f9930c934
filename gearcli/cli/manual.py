"""`gear --man [COMMAND]`: the page that was installed with this gear, whatever man(1) would find."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from gearcli.cli.output import on_terminal, write_text
from gearcli.cli.process import status_of
from gearcli.errors import InputError, UsageError
from gearcli.escape import shown

_READERS = (("man", "-l"), ("mandoc", "-T", "utf8"))
"""Programs that show a page, and what they are told before its path; the first that is there does."""
_PAGERS = ("less", "more")
"""Programs that show a text screen by screen, where PAGER names none."""


def show_manual(words: Sequence[str]) -> int:
    """Show the page of a command, or of `gear`; returns the exit status if no program takes over."""
    return status_of(lambda: _show(page(words, folders())))


def folders() -> Iterator[Path]:
    """Where pages may be: beside the source, else where a wheel puts them."""
    yield Path(__file__).parent.parent.parent / "man"
    for prefix in (sys.prefix, sysconfig.get_path("data"), site.getuserbase()):
        yield Path(prefix) / "share" / "man"


def page(words: Sequence[str], places: Iterator[Path]) -> Path:
    """The page that words name: of a command, `workers.toml`, `protocol`; of `gear` where there are none.

    It may be called as it is, too: `gear-submit`.  Raises UsageError if there is none, InputError if
    there are no pages at all.
    """
    for folder in places:
        found = {path.stem: path for path in sorted(folder.glob("man[157]/gear*.[157]"))}
        if "gear" in found:
            return _named(_without_gear(words), found)
    raise InputError("the manual is not installed with this gear; 'gear COMMAND --help' tells of the options")


def _without_gear(words: Sequence[str]) -> Sequence[str]:
    """Words without the name of the program before them, which those who call a page by its name write."""
    if words[:1] == ["gear"] or not words:
        return words[1:]
    return [words[0].removeprefix("gear-"), *words[1:]]


def _named(words: Sequence[str], found: dict[str, Path]) -> Path:
    """The page of a command, or of the group that it is in."""
    name = "-".join(["gear", *words])
    if name in found:
        return found[name]
    if len(words) > 1:
        return _named(words[:1], found)
    known = ", ".join(each.removeprefix("gear-") for each in sorted(found) if each != "gear")
    raise UsageError(f"there is no page of {shown(words[0])!r}; there are: {known}")


def _show(path: Path) -> None:
    """Become the program that shows a page; without one, print its text, to a terminal screen by screen."""
    pager = _pager() if on_terminal() else None
    for program, *arguments in _READERS:
        if (found := shutil.which(program)) is None:
            continue
        if program == "mandoc" and pager:
            os.environ["PAGER"] = shlex.join(pager)
            arguments.insert(0, "-a")
        os.execv(found, [program, *arguments, str(path)])
    from gearcli.cli.manual_text import plain

    text = plain(path.read_text())
    if pager:
        _become(pager, text)
    write_text(text)


def _pager() -> list[str] | None:
    """The program that shows a text screen by screen, and its arguments: the user's, or a usual one."""
    for text in (os.environ.get("PAGER", ""), *_PAGERS):
        with contextlib.suppress(ValueError):  # a quote that nobody closes
            words = shlex.split(text)
            if words and shutil.which(words[0]) is not None:
                return words
    return None


def _become(pager: list[str], text: str) -> NoReturn:
    """Be a pager that shows a text: of a file, so that nobody has to stay and write it."""
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.flush()
        file.seek(0)
        os.dup2(file.fileno(), 0)
    os.execvp(pager[0], pager)

"""The pages as plain text: what mandoc shows, less bold letters and the width of its lines."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from gearcli.cli.manual_text import plain
from tests.support import DEADLINE, needs_mandoc

PAGES = sorted((Path(__file__).parent.parent.parent / "man").glob("man[157]/*"))


def words_by_mandoc(path: Path) -> list[str]:
    """The words of a page between its head and its foot."""
    command = ["mandoc", "-T", "utf8", "-O", "width=78", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=True).stdout
    return re.sub(".\b", "", said).split("\n", 1)[1].rsplit("\n", 2)[0].split()


@needs_mandoc
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_text_has_the_words_that_mandoc_shows(path: Path) -> None:
    same = {"–": "-", "•": "*"}
    theirs = [same.get(each, each) for each in words_by_mandoc(path)]
    assert theirs == plain(path.read_text()).split()


def test_the_shape_of_a_page() -> None:
    source = r"""
.Dd November 27, 2026
.Dt X 1
.Os
.Sh NAME
.Nm x\-y
.Nd what it is
.Sh SYNOPSIS
.Nm x
.Op Ar OPTIONS
.Op Fl \- Ar COMMAND Op Ar ARG ...
.Sh DESCRIPTION
Text with \fBcode\fR,
\&.dots and \(dqquotes\(dq \[u2192] here.
.Pp
.Bl -tag -width Ds
.It Fl f Ar FILE , Fl Fl file Ar FILE
Of a file.
.El
.Bd -literal -offset indent
\&.a  literal \e line
.Ed
.Sh SEE ALSO
.Xr gear 1 ,
.Xr gear-protocol 7
"""
    assert plain(source.lstrip()) == (
        "NAME\n    x-y - what it is\n\n"
        "SYNOPSIS\n    x [OPTIONS] [-- COMMAND [ARG ...]]\n\n"
        'DESCRIPTION\n    Text with code, .dots and "quotes" → here.\n\n\n'
        "    -f FILE, --file FILE\n        Of a file.\n\n"
        "        .a  literal \\ line\n\n"
        "SEE ALSO\n    gear(1), gear-protocol(7)\n"
    )

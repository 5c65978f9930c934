"""What a person writes of a page, read and rendered."""

from __future__ import annotations

from tools.manual import parts

TEXT = """= FILES
First
line.

Second `code`.

% gear serve
% gear worker
    $ gear status

    shown

%figures
* TERM: What it
  is.
* OTHER: Too.

@ table a b
= SEE ALSO
Words.
"""


def test_every_kind_of_line_has_its_block() -> None:
    files, see = parts.parsed(TEXT)
    assert ("FILES", "SEE ALSO") == (files.heading, see.heading)
    assert [
        ("text", ["First", "line."]),
        ("text", ["Second `code`."]),
        ("setup", ["gear serve", "gear worker"]),
        ("shown", ["$ gear status", "", "shown", ""]),
        ("figures", [""]),
        ("item", ["TERM: What it", "is."]),
        ("item", ["OTHER: Too."]),
        ("table", ["table a b"]),
    ] == [tuple(block) for block in files.blocks]


def test_a_section_is_rendered_without_what_is_not_shown() -> None:
    lines = parts.rendered(parts.parsed(TEXT)[0], {"table": lambda *words: [f"table of {words}"]})
    assert [
        "First line.", ".Pp", r"Second \fBcode\fR.",
        ".Bd -literal -offset 2n", "$ gear status", "", "shown", ".Ed",
        ".Bl -tag -width Ds", ".It Sy TERM", "What it is.", ".It Sy OTHER", "Too.", ".El",
        "table of ('a', 'b')",
    ] == lines  # fmt: skip


def test_nothing_is_written_for_an_unknown_page() -> None:
    assert [] == parts.read("gear-no-such-page")

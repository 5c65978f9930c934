"""How mdoc is written: what anybody says means itself, and mandoc reads it back."""

from __future__ import annotations

import subprocess

import pytest

from tests.support import DEADLINE, needs_mandoc
from tools.manual import mdoc

HOSTILE = [
    "a back\\slash, a dash - two --, a tilde ~, a caret ^, a `` grave and 'quotes' of \"both\" kinds",
    ".Sh is no heading",
    "'br is no break",
    "Pp",
    "\\fBnot bold\\fR and \\n(.x",
    '\\" no comment',
    "Ünicode … → 1 µs",
]


def shown(lines: list[str]) -> str:
    """What mandoc shows of the body of a page."""
    page = "\n".join(
        [".Dd November 27, 2026", ".Dt X 1", ".Os", ".Sh NAME", ".Nm x", ".Nd y", ".Sh X", *lines]
    )
    done = subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=200"], input=page, capture_output=True, text=True,
        timeout=DEADLINE, check=True,
    )  # fmt: skip
    text = "".join(done.stdout[i] for i in range(len(done.stdout)) if done.stdout[i + 1 : i + 2] != "\b")
    return text.replace("\b", "").split("\nX\n")[1]


@needs_mandoc
@pytest.mark.parametrize("text", HOSTILE)
def test_lines_are_shown_as_they_are(text: str) -> None:
    assert f"{text}\n" in shown(mdoc.display([text]))


@needs_mandoc
@pytest.mark.parametrize("text", [each for each in HOSTILE if "`" not in each and "fB" not in each])
def test_prose_means_itself(text: str) -> None:
    assert text.replace("  ", " ") in " ".join(shown(mdoc.prose(text)).split())


def test_sentences_begin_on_lines_of_their_own_and_lines_are_short() -> None:
    lines = mdoc.prose("One. Two! Three? `a. B` stays. " + "long " * 40)
    assert ["One.", "Two!", "Three?", r"\fBa. B\fR stays."] == lines[:4]
    assert [] == [line for line in lines if len(line) > 79]


def test_code_and_options_are_bold() -> None:
    assert [r"Say \fBgear top \-b\fR or \fB\-\-json\fR, well\-known."] == mdoc.prose(
        "Say `gear top -b` or --json, well-known."
    )


def test_code_is_not_cut_between_lines() -> None:
    lines = mdoc.prose("word " * 14 + "`gear submit one two three`.")
    assert r"\fBgear submit one two three\fR." == lines[-1]


def test_a_list_has_its_terms_and_what_is_said_of_them() -> None:
    assert [".Bl -tag -width Ds", ".It Sy a", "What a is.", ".El"] == mdoc.tagged([("Sy a", ["What a is."])])

"""`gear --man`: which page, from where, and through which program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from gearcli.cli.manual import folders, page
from gearcli.cli.manual_text import plain
from gearcli.errors import InputError, UsageError
from tests.support import DEADLINE, clean_environment

MAN = Path(__file__).parent.parent.parent / "man"


def shown(*words: str, path: Path) -> subprocess.CompletedProcess[str]:
    """What `gear --man` says with nothing but the programs of a folder."""
    return subprocess.run(
        [sys.executable, "-m", "gearcli", "--man", *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        env={**clean_environment(), "PATH": str(path)},
    )


def program(path: Path, name: str) -> None:
    """A program that says its name and its arguments."""
    (path / name).write_text('#!/bin/sh\necho "${0##*/}" "$@"\n')
    (path / name).chmod(0o755)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((), "man1/gear.1"),
        (("submit",), "man1/gear-submit.1"),
        (("admin", "drop"), "man1/gear-admin.1"),
        (("workers",), "man1/gear-workers.1"),
        (("gear",), "man1/gear.1"),
        (("gear-submit",), "man1/gear-submit.1"),
        (("gear", "submit"), "man1/gear-submit.1"),
        (("gear-workers.toml",), "man5/gear-workers.toml.5"),
        (("workers.toml",), "man5/gear-workers.toml.5"),
        (("protocol",), "man7/gear-protocol.7"),
    ],
)
def test_the_page_of_some_words(words: tuple[str, ...], name: str) -> None:
    assert MAN / name == page(list(words), iter([MAN]))


@pytest.mark.parametrize("word", ["nothing", "../../etc/passwd", "\x1b[2J", "*"])
def test_no_such_page_is_wrong_usage_and_says_which_there_are(word: str) -> None:
    with pytest.raises(UsageError, match=r"there are: admin, .*worker") as raised:
        page([word], iter([MAN]))
    assert "\x1b" not in str(raised.value)


def test_the_first_folder_that_has_pages_counts(tmp_path: Path) -> None:
    (tmp_path / "man1").mkdir()
    assert MAN / "man1/gear.1" == page([], iter([tmp_path, MAN]))
    (tmp_path / "man1" / "gear.1").touch()
    assert tmp_path / "man1/gear.1" == page([], iter([tmp_path, MAN]))


def test_no_pages_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the manual is not installed"):
        page([], iter([tmp_path]))


def test_pages_are_looked_for_beside_the_source_and_where_a_wheel_puts_them() -> None:
    found = [*folders()]
    assert MAN == found[0]
    assert Path(sys.prefix) / "share" / "man" in found


def test_man_shows_the_page(tmp_path: Path) -> None:
    program(tmp_path, "man")
    program(tmp_path, "mandoc")
    done = shown("submit", path=tmp_path)
    assert (0, f"man -l {MAN}/man1/gear-submit.1\n") == (done.returncode, done.stdout)


def test_mandoc_shows_it_where_man_is_not(tmp_path: Path) -> None:
    program(tmp_path, "mandoc")
    assert f"mandoc -T utf8 {MAN}/man1/gear.1\n" == shown(path=tmp_path).stdout


def test_without_either_it_is_text(tmp_path: Path) -> None:
    done = shown("worker", path=tmp_path)
    assert (0, "") == (done.returncode, done.stderr)
    assert plain((MAN / "man1/gear-worker.1").read_text()) == done.stdout


def test_no_such_page_exits_2(tmp_path: Path) -> None:
    done = shown("nothing", path=tmp_path)
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("gear: there is no page of 'nothing'; there are: admin, ")


def test_the_reader_may_go_away(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "gearcli", "--man"]
    environ = {**clean_environment(), "PATH": str(tmp_path)}
    assert 141 == subprocess.run(command, stdout=write, env=environ, timeout=DEADLINE, check=False).returncode
    os.close(write)


# -- on a terminal ------------------------------------------------------------------


def screen(path: Path, **environ: str) -> str:
    """What `gear --man report` says on a terminal, with nothing but the programs of a folder and cat."""
    for name in ("cat", "sh"):
        (path / name).symlink_to(f"/bin/{name}")
    variables = {**clean_environment(), **environ, "PATH": str(path)}
    variables |= {} if "PAGER" in environ else {"PAGER": ""}
    arguments = ["-m", "gearcli", "--man", "report"]
    child = pexpect.spawn(sys.executable, arguments, env=variables, timeout=DEADLINE, encoding="utf-8")
    try:
        said: str = child.read()
        assert 0 == child.wait()
    finally:
        child.close(force=True)
    return said.replace("\r\n", "\n")


PAGER = '#!/bin/sh\necho "${0##*/}" "$@"\nexec cat\n'
"""A pager that says its name and its arguments, and does not wait for keys."""


@pytest.mark.parametrize(
    ("there", "wanted", "first"),
    [
        (["less", "more"], "", "less\n"),
        (["more"], "", "more\n"),
        (["less", "mine"], "mine -x", "mine -x\n"),
        (["less", "mine"], "mine '-P a prompt'", "mine -P a prompt\n"),
        (["less"], "not-there", "less\n"),
        (["less"], "'mine", "less\n"),
        ([], "", ""),
    ],
)
def test_a_pager_shows_the_text(tmp_path: Path, there: list[str], wanted: str, first: str) -> None:
    for name in there:
        program(tmp_path, name)
        (tmp_path / name).write_text(PAGER)
    text = plain((MAN / "man1/gear-report.1").read_text())
    assert first + text == screen(tmp_path, PAGER=wanted)


def test_mandoc_is_told_to_use_the_pager(tmp_path: Path) -> None:
    program(tmp_path, "mandoc")
    program(tmp_path, "more")
    (tmp_path / "mandoc").write_text('#!/bin/sh\necho "$PAGER:" "$@"\n')
    assert f"more: -a -T utf8 {MAN}/man1/gear-report.1\n" == screen(tmp_path)

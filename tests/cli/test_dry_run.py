"""What `--dry-run` shows."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from gearcli.cli.dry_run import dry_run
from gearcli.cli.makers import Maker, Template, object_maker
from gearcli.client.records import Given, Splitter, Stream
from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority


def shown(capfd: pytest.CaptureFixture[str], make: Maker, *workloads: bytes) -> list[list[str]]:
    """The columns of each line."""
    dry_run(Given(workloads), make, json=False)
    return [line.split("\t") for line in capfd.readouterr().out.splitlines()]


def document(capfd: pytest.CaptureFixture[str], make: Maker, workload: bytes) -> dict[str, Any]:
    """The only object."""
    dry_run(Given([workload]), make, json=True)
    (line,) = capfd.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_for_each_job(capfd: pytest.CaptureFixture[str]) -> None:
    assert [
        ["1", "f", "(random)", "normal", "foreground", "", "3", "one"],
        ["2", "f", "(random)", "normal", "foreground", "", "0", ""],
    ] == shown(capfd, Template(b"f").task, b"one", b"")


def test_what_the_options_say_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    make = Template(b"f", b"key", Priority.HIGH, background=True).task
    assert [["1", "f", "key", "high", "background", "", "1", "x"]] == shown(capfd, make, b"x")
    make = Template(b"f", b"-", at=1767225600.4).task
    assert [["1", "f", "-", "normal", "background", "@1767225600", "1", "x"]] == shown(capfd, make, b"x")


def test_of_a_long_workload_the_beginning(capfd: pytest.CaptureFixture[str]) -> None:
    rows = shown(capfd, Template(b"f").task, b"x" * 60, b"y" * 61)
    assert [["60", "x" * 60], ["61", "y" * 60 + "…"]] == [row[-2:] for row in rows]


def test_a_workload_is_not_cut_within_a_character(capfd: pytest.CaptureFixture[str]) -> None:
    """The sixtieth byte is the first half of a letter."""
    ((*_, workload),) = shown(capfd, Template(b"f").task, b"x" * 59 + "éé".encode())
    assert "x" * 59 == workload.rstrip("é…")


def test_nothing_can_forge_a_column_or_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    ((_, function, unique, *_, workload),) = shown(capfd, Template(b"a\tb", b"k\n").task, b"\0\r\n\x1b\xff")
    assert (r"a\tb", r"k\n", r"\x00\r\n\x1b\xff") == (function, unique, workload)


def test_an_object_for_each_job(capfd: pytest.CaptureFixture[str]) -> None:
    assert {
        "number": 1,
        "function": "f",
        "unique": None,
        "priority": "low",
        "background": False,
        "at": None,
        "size": 2,
        "workload": "x\\n",
    } == document(capfd, Template(b"f", priority=Priority.LOW).task, b"x\n")


def test_an_object_of_a_job_that_is_due_later(capfd: pytest.CaptureFixture[str]) -> None:
    found = document(capfd, Template(b"f", b"key", at=12.5).task, b"")
    assert ("key", True, 12.5) == (found["unique"], found["background"], found["at"])


def test_records_that_are_no_jobs_count_but_are_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    make = object_maker(Template(b"f"), "input")
    assert ["1", "3"] == [row[0] for row in shown(capfd, make, b"{}", b"", b"{}")]


def test_records_are_shown_until_their_stream_ends(capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"one\ntwo")
    os.close(writing)
    try:
        dry_run(Stream([reading], ["pipe"], Splitter(b"\n")), Template(b"f").task, json=False)
    finally:
        os.close(reading)
    assert ["one", "two"] == [line.split("\t")[-1] for line in capfd.readouterr().out.splitlines()]


def test_what_cannot_be_submitted_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="a unique has at most 64 bytes; this one has 65"):
        dry_run(Given([b"x"]), Template(b"f", b"k" * 65).task, json=False)
    assert "" == capfd.readouterr().out

"""Where results go: standard output, JSON, a folder, a log."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from gearcli.cli.exits import ExitStatus
from gearcli.cli.joblog import JobLog
from gearcli.cli.results import Ended
from gearcli.cli.sinks import Folder, Logged, Printed, PrintedJson, PrintedWhole
from gearcli.client.tasks import Task
from gearcli.errors import OutputError
from gearcli.protocol.address import Address


def nothing() -> None:
    """There is no progress to hide."""


def ended(
    result: bytes = b"",
    *,
    workload: bytes = b"record",
    status: ExitStatus = ExitStatus.DONE,
    number: int = 1,
    background: bool = False,
) -> Ended:
    task = Task(b"f", workload, b"key", number=number, background=background)
    task.handle, task.server = b"H:1", Address("server", 4730)
    return Ended(task, status, result, 0.25, 1_900_000_000.125)


def printed(
    capfd: pytest.CaptureFixture[bytes], delimiter: bytes, *results: bytes, tag: bytes | None = None
) -> bytes:
    sink = Printed(delimiter, tag=tag, hide=nothing)
    for result in results:
        sink(ended(result))
    return capfd.readouterr().out


def test_a_result_is_ended_by_the_delimiter_once(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert b"a--b------" == printed(capfdbinary, b"--", b"a", b"b--", b"", b"--")


def test_without_a_delimiter_nothing_is_added(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert b"ab" == printed(capfdbinary, b"", b"a", b"b")


def test_a_tag_stands_before_each_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert b"record\tone\nrecord\ttwo\n" == printed(capfdbinary, b"\n", b"one\ntwo", tag=b"\n")


def test_a_tag_is_a_record_without_its_line_end(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Printed(b"\n", tag=b"\n", hide=nothing)(ended(b"x", workload=b"line\n"))
    assert b"line\tx\n" == capfdbinary.readouterr().out


def test_a_background_job_has_a_handle(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Printed(b"\0", tag=None, hide=nothing)(ended(background=True))
    assert b"H:1\n" == capfdbinary.readouterr().out


def test_a_failure_has_no_result(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Printed(b"\n", tag=None, hide=nothing)(ended(status=ExitStatus.FAILED))
    PrintedWhole(nothing)(ended(status=ExitStatus.FAILED))
    assert b"" == capfdbinary.readouterr().out


def test_the_only_result_is_unchanged(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    PrintedWhole(nothing)(ended(b"a\0b"))
    assert b"a\0b" == capfdbinary.readouterr().out


def test_progress_makes_room(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    hidden: list[None] = []

    def hide() -> None:
        hidden.append(None)

    for sink in (Printed(b"\n", tag=None, hide=hide), PrintedWhole(hide), PrintedJson(hide)):
        sink(ended(b"x"))
    assert 3 == len(hidden)


def objects(capfd: pytest.CaptureFixture[str], *all_ended: Ended) -> list[dict[str, Any]]:
    sink = PrintedJson(nothing)
    for each in all_ended:
        sink(each)
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_an_object_for_each_job(capfd: pytest.CaptureFixture[str]) -> None:
    (one,) = objects(capfd, ended("naïve\n".encode()))
    assert {
        "number": 1,
        "function": "f",
        "unique": "key",
        "handle": "H:1",
        "server": "server:4730",
        "status": "done",
        "exit": 0,
        "attempt": 1,
        "seconds": 0.25,
        "result": "naïve\n",
    } == one


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (ExitStatus.FAILED, "failed"),
        (ExitStatus.TIMEOUT, "timed out"),
        (ExitStatus.UNREACHABLE, "lost"),
        (ExitStatus.TRY_LATER, "refused"),
        (ExitStatus.PROTOCOL, "refused"),
    ],
)
def test_an_object_says_how_it_ended(
    status: ExitStatus, word: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (one,) = objects(capfd, ended(status=status))
    assert (word, int(status), False) == (one["status"], one["exit"], "result" in one)


def test_an_object_of_a_background_job_is_queued(capfd: pytest.CaptureFixture[str]) -> None:
    (one,) = objects(capfd, ended(background=True))
    assert ("queued", False) == (one["status"], "result" in one)


def test_a_result_that_is_no_text(capfd: pytest.CaptureFixture[str]) -> None:
    (one,) = objects(capfd, ended(b"\xff\0"))
    assert ("/wA=", False) == (one["result_base64"], "result" in one)


def test_a_file_for_each_result(tmp_path: Path) -> None:
    sink = Folder(str(tmp_path / "new" / "folder"))
    sink(ended(b"one\0", number=1))
    sink(ended(b"", status=ExitStatus.FAILED, number=2))
    sink(ended(number=12, background=True))
    found = {path.name: path.read_bytes() for path in (tmp_path / "new" / "folder").iterdir()}
    assert {"1": b"one\0", "12": b"H:1\n"} == found


def test_a_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    Folder(str(tmp_path))(ended(b"x"))
    (tmp_path / "other").touch()
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == stat.S_IMODE((tmp_path / "1").stat().st_mode)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=f"cannot write {tmp_path}/file/folder: not a directory"):
        Folder(str(tmp_path / "file" / "folder"))


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    sink = Folder(str(tmp_path))
    (tmp_path / "1").mkdir()
    with pytest.raises(OutputError, match=f"cannot write {tmp_path}/1: is a directory"):
        sink(ended(b"x"))
    assert ["1"] == [path.name for path in tmp_path.iterdir()]


def test_a_line_of_a_log(tmp_path: Path) -> None:
    log = JobLog(str(tmp_path / "log"), append=False)
    Logged(log, lambda each: each.task.workload)(ended(b"result", status=ExitStatus.DONE, number=7))
    log.close()
    columns = (tmp_path / "log").read_text().splitlines()[1].split("\t")
    assert ["7", "server:4730", "1900000000.125", "     0.250", "6", "6", "0", "0", "f record"] == columns

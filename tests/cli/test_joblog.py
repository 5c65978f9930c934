"""GNU parallel's job log: what is written, and what a later run need not do again."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from gearcli.cli.joblog import JobLog, finished
from gearcli.errors import InputError, OutputError

HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"


def line(number: int, status: int = 0, signal: int = 0) -> str:
    """The line of a job as GNU parallel 20221122 writes it."""
    return f"{number}\t:\t1767225600.250\t     0.003\t0\t2\t{status}\t{signal}\techo {number}\n"


def write(
    log: JobLog, number: int = 1, *, host: str = "localhost:4730", command: bytes = b"resize a"
) -> None:
    """Log a job of which only these matter."""
    log.write(number, host, 1767225600.25, 12.0004, 3, 5, 0, command)


def written(path: Path, *numbers: int) -> str:
    """What the log holds after a run that logs these jobs."""
    log = JobLog(str(path), append=True)
    for number in numbers:
        write(log, number)
    log.close()
    return path.read_text()


def done(path: Path, text: str | bytes, *, only_good: bool = False) -> list[int]:
    """Which of the first ten records a log with this text says are finished."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    numbers = finished(str(path), only_good=only_good)
    return [number for number in range(11) if number in numbers]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


# -- writing -------------------------------------------------------------------


def test_a_line_has_parallels_nine_columns(path: Path) -> None:
    log = JobLog(str(path), append=False)
    log.write(7, "[::1]:4730", 1767225600.25, 12.0004, 3, 5, 124, b"resize a")
    expected = "7\t[::1]:4730\t1767225600.250\t    12.000\t3\t5\t124\t0\tresize a\n"
    assert HEADER + expected == path.read_text()
    log.close()


def test_a_new_log_begins_anew(path: Path) -> None:
    path.write_text(HEADER + line(1))
    JobLog(str(path), append=False).close()
    assert HEADER == path.read_text()


def test_appending_goes_on_below_and_says_the_header_once(path: Path) -> None:
    first = written(path, 1)
    assert first.startswith(HEADER)
    assert first + first.removeprefix(HEADER).replace("1", "2", 1) == written(path, 2)


def test_appending_ends_a_line_that_a_crash_cut_short(path: Path) -> None:
    path.write_text(HEADER + "1\tlocal")
    assert written(path, 2).startswith(HEADER + "1\tlocal\n2\tlocalhost:4730\t")
    assert [2] == done(path, path.read_bytes())


@pytest.mark.parametrize("name", [b"a\tb\nc\x1b[m", "→\u202e".encode(), b"\xff"])
def test_no_name_forges_a_column_or_a_line(path: Path, name: bytes) -> None:
    log = JobLog(str(path), append=False)
    write(log, host=os.fsdecode(name), command=name)
    log.close()
    assert [9, 9] == [len(text.split("\t")) for text in path.read_text().splitlines()]
    assert [1] == done(path, path.read_bytes())


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (b"x" * 201, "x" * 200),
        ("→".encode() * 201, "→" * 200),
        ("𝄞".encode() * 1000, "𝄞" * 200),
        (b"\n" * 201, "\\n" * 100),
    ],
)
def test_a_long_command_is_cut(path: Path, command: bytes, expected: str) -> None:
    log = JobLog(str(path), append=False)
    write(log, command=command)
    log.close()
    assert expected + "\n" == path.read_text().split("\t")[-1]


def test_a_line_is_written_at_once_and_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = os.write

    def counted(descriptor: int, data: bytes) -> int:
        sizes.append(len(data))
        return real(descriptor, data)

    log = JobLog(str(path), append=False)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", counted)
        write(log, 1)
        write(log, 2)
    log.close()
    assert [len(text) for text in path.read_text().splitlines(keepends=True)[1:]] == sizes


def test_a_log_can_be_a_device() -> None:
    log = JobLog("/dev/null", append=True)
    write(log)
    log.close()
    assert 1 not in finished("/dev/null", only_good=False)


def test_a_full_disk_is_an_error_that_names_the_log() -> None:
    with pytest.raises(OutputError, match="cannot write the job log /dev/full: no space left on device"):
        JobLog("/dev/full", append=False)


def test_so_is_a_disk_that_becomes_full(path: Path) -> None:
    log = JobLog(str(path), append=False)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log._descriptor)
    os.close(full)
    with pytest.raises(OutputError, match=f"cannot write the job log {path}: no space left on device"):
        write(log)
    log.close()


@pytest.mark.parametrize(
    ("name", "reason"), [("", "is a directory"), ("missing/log", "no such file or directory")]
)
def test_a_log_that_cannot_be_opened(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(OutputError, match=f"cannot write the job log {tmp_path / name}: {reason}"):
        JobLog(str(tmp_path / name), append=True)


def test_what_only_closing_tells_is_an_error(path: Path) -> None:
    log = JobLog(str(path), append=False)
    os.close(log._descriptor)
    with pytest.raises(OutputError, match=f"cannot write the job log {path}: bad file descriptor"):
        log.close()


# -- reading -------------------------------------------------------------------


def test_without_a_log_nothing_is_finished(path: Path) -> None:
    assert 1 not in finished(str(path), only_good=False)
    assert [] == done(path, "")
    assert [] == done(path, HEADER)


def test_every_record_that_is_named_is_finished(path: Path) -> None:
    assert [1, 3, 4] == done(path, HEADER + line(4, status=1) + line(1) + line(3, signal=9))


def test_or_only_those_that_went_well(path: Path) -> None:
    text = HEADER + line(4, status=1) + line(1) + line(3, signal=9) + line(5, status=-1)
    assert [1] == done(path, text, only_good=True)


def test_the_last_line_of_a_record_counts(path: Path) -> None:
    text = HEADER + line(1, status=1) + line(2) + line(1) + line(2, status=1)
    assert [1] == done(path, text, only_good=True)
    assert [1, 2] == done(path, text)


def test_a_line_without_its_end_is_not_there_yet(path: Path) -> None:
    assert [1] == done(path, HEADER + line(1) + line(2).removesuffix("\n"))


@pytest.mark.parametrize("size", range(1, len(line(2)) - len("echo 2\n")))
def test_a_line_that_was_cut_short_may_stand_anywhere(path: Path, size: int) -> None:
    assert [1, 3] == done(path, HEADER + line(1) + line(2)[:size] + "\n" + line(3))


def test_so_may_headers(path: Path) -> None:
    assert [1, 2] == done(path, HEADER[:7] + "\n" + HEADER + line(1) + HEADER + line(2))


def test_a_command_may_hold_anything_but_a_line_end(path: Path) -> None:
    assert [1] == done(path, HEADER.encode() + line(1).encode().removesuffix(b"\n") + b"\t\0\xff\r\n")


@pytest.mark.parametrize(
    "wrong",
    [
        "nonsense",
        line(2).replace("2", "two", 1)[:-1],
        line(2).replace("\t:\t", " : ")[:-1],
        line(2).replace("\t0\t0\t", "\t0\tKILL\t")[:-1],
        "9" * 5000,
        "-1\t:",
        "2\t:\tyesterday\t1",
    ],
)
def test_any_other_line_is_an_error_that_says_where(path: Path, wrong: str) -> None:
    with pytest.raises(InputError, match=f"^line 3 of {path} does not belong in a job log: '.{{0,200}}'; is"):
        done(path, HEADER + line(1) + wrong + "\n" + line(3))


def test_a_log_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"cannot read {tmp_path}: is a directory"):
        finished(str(tmp_path), only_good=False)


def test_records_at_the_borders_of_pages(path: Path) -> None:
    marked = {1, 7, 8, 32767, 32768, 65535, 65536}
    path.write_text("".join(line(number) for number in sorted(marked)))
    numbers = finished(str(path), only_good=True)
    assert marked == {number for number in range(70_000) if number in numbers}


def test_enormous_numbers_cost_little_memory(path: Path) -> None:
    path.write_text(line(10**15) + line(10**18 - 1) + line(10**16, status=1))
    tracemalloc.start()
    numbers = finished(str(path), only_good=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (True, True, False) == (10**15 in numbers, 10**18 - 1 in numbers, 10**16 in numbers)
    assert peak < 1 << 20

"""The log: levels, safe lines, and never a wait for a reader."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gearcli.errors import OutputError, UsageError
from gearcli.server.log import LEVELS, Level, Log, LogFile, level_named
from tests.support import gear_serve, wait_until


class Pipe(NamedTuple):
    """A pipe whose reading end the test holds."""

    reader: int
    writer: int

    def read(self) -> str:
        """All that is in it."""
        return os.read(self.reader, 1 << 20).decode()

    def fill(self) -> None:
        """Fill it to the last byte."""
        os.set_blocking(self.writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self.writer, b"x" * 4096)
        os.set_blocking(self.writer, True)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reader, writer = os.pipe()
    yield Pipe(reader, writer)
    os.close(reader)
    os.close(writer)


def test_a_notice_is_always_said(pipe: Pipe) -> None:
    Log(descriptor=pipe.writer).notice("listening")
    assert "gear: listening\n" == pipe.read()


def test_a_line_has_the_time_of_day(pipe: Pipe) -> None:
    Log(Level.PACKETS, pipe.writer).say(Level.JOBS, "something")
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d\d\d something\n", pipe.read())


@pytest.mark.parametrize("level", Level)
def test_only_levels_that_were_asked_for_are_said(pipe: Pipe, level: Level) -> None:
    log = Log(level, pipe.writer)
    log.notice("end")
    for other in Level:
        log.say(other, other.name)
        assert (other <= level) == log.says(other)
    assert [other.name for other in Level if other <= level] == re.findall("[A-Z]+", pipe.read())


def test_more_verbose_than_possible_is_as_verbose_as_possible() -> None:
    assert Level.PACKETS == Log(17).level


def test_a_line_never_fills_more_than_what_a_pipe_takes_at_once(pipe: Pipe) -> None:
    Log(descriptor=pipe.writer).notice("x" * 100_000)
    assert 4096 == len(pipe.read())


def test_text_that_is_no_unicode_is_said_nevertheless(pipe: Pipe) -> None:
    Log(descriptor=pipe.writer).notice("name \udcff")
    assert "gear: name \\udcff\n" == pipe.read()


def test_a_full_pipe_drops_lines_and_says_how_many(pipe: Pipe) -> None:
    log = Log(descriptor=pipe.writer)
    pipe.fill()
    for i in range(5):
        log.notice(f"lost {i}")
    assert "lost" not in pipe.read()
    log.notice("found")
    assert "gear: 5 log lines dropped, nobody read them\ngear: found\n" == pipe.read()
    log.notice("next")
    assert "gear: next\n" == pipe.read()


def test_a_reader_that_went_away_is_no_error() -> None:
    reader, writer = os.pipe()
    log = Log(descriptor=writer)
    os.close(reader)
    log.notice("to nobody")
    os.close(writer)
    log.notice("to nothing")


def test_a_pipe_that_does_not_block_is_served_too(pipe: Pipe) -> None:
    log = Log(descriptor=pipe.writer)
    pipe.fill()
    os.set_blocking(pipe.writer, False)
    log.notice("lost")
    pipe.read()
    log.notice("found")
    assert "gear: 1 log lines dropped, nobody read them\ngear: found\n" == pipe.read()


# -- levels by gearmand's names --------------------------------------------------------------


def test_levels_by_gearmands_names() -> None:
    assert [0, 0, 1, 3] == [level_named(name) for name in ("FATAL", "notice", "Info", "DEBUG")]
    assert ["FATAL", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"] == list(LEVELS)


def test_a_level_that_is_none() -> None:
    with pytest.raises(UsageError, match="'LOUD' is not a level; levels are FATAL, "):
        level_named("LOUD")


def test_the_level_has_gearmands_name() -> None:
    assert ["NOTICE", "INFO", "DEBUG", "DEBUG"] == [Log(level, None).level_name for level in range(4)]


@pytest.mark.parametrize(("name", "level"), LEVELS.items())
def test_a_level_set_by_name_keeps_its_name_until_it_is_set_otherwise(name: str, level: int) -> None:
    log = Log(Level.NOTICE, None)
    log.level_name = name.lower()
    assert (level, name) == (log.level, log.level_name)
    log.level = Level.CONNECTIONS
    assert "INFO" == log.level_name


def test_the_level_may_change(pipe: Pipe) -> None:
    log, heard = Log(descriptor=pipe.writer), list[int]()
    log.on_level = lambda: heard.append(log.level)
    log.say(Level.JOBS, "unsaid")
    log.level = 17
    log.say(Level.JOBS, "said")
    assert [3] == heard
    assert pipe.read().endswith(" said\n")


# -- a file ------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gear.log"


@pytest.fixture
def file(path: Path) -> Iterator[LogFile]:
    made = LogFile(str(path))
    yield made
    made.close()


DATED = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} "


def test_a_file_has_date_and_time_and_is_not_for_everybody(path: Path, file: LogFile) -> None:
    log = Log(Level.JOBS, None)
    log.outlets.append(file)
    log.notice("listening")
    log.say(Level.JOBS, "job")
    assert re.fullmatch(f"{DATED}listening\n{DATED}job\n", path.read_text())
    assert 0 == stat.S_IMODE(path.stat().st_mode) & 0o137


def test_a_file_is_appended_to(path: Path) -> None:
    path.write_text("before\n")
    file = LogFile(str(path))
    file.put("after", Level.NOTICE)
    file.close()
    assert re.fullmatch(f"before\n{DATED}after\n", path.read_text())


def test_a_file_that_was_moved_away_is_made_again(path: Path, file: LogFile) -> None:
    log = Log(descriptor=None)
    log.outlets.append(file)
    log.notice("old")
    path.rename(path.with_suffix(".1"))
    log.notice("still old")
    log.reopen()
    log.notice("new")
    assert [2, 1] == [len(p.read_text().splitlines()) for p in (path.with_suffix(".1"), path)]


def test_a_file_that_cannot_be_made_again_goes_on_as_it_was(path: Path, file: LogFile, pipe: Pipe) -> None:
    log = Log(descriptor=pipe.writer)
    log.outlets.append(file)
    moved = path.rename(path.with_suffix(".1"))
    path.mkdir()
    log.reopen()
    log.notice("more")
    assert ["cannot open the log file", "more"] == re.findall(
        "cannot open the log file|more", moved.read_text()
    )
    assert f"gear: cannot open the log file {path}: is a directory." in pipe.read()


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r"^cannot open the log file \S+/missing/log: no such file .*--log-file"
    ):
        LogFile(str(tmp_path / "missing" / "log"))


def test_a_fifo_that_nobody_reads_is_an_error(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(OutputError, match="no such device or address"):
        LogFile(str(path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(("there", "owner"), [(False, 65534), (True, 0)])
def test_only_a_file_that_was_made_here_is_given_away(path: Path, there: bool, owner: int) -> None:
    if there:
        path.touch()
    file = LogFile(str(path))
    file.give(65534, 65534)
    file.close()
    assert owner == path.stat().st_uid


def test_a_full_disk_stops_nothing() -> None:
    file = LogFile("/dev/full")
    file.put("lost", Level.NOTICE)
    file.close()


# -- a server's ------------------------------------------------------------------------------------


def test_hup_opens_the_log_of_a_server_again(path: Path) -> None:
    with gear_serve("-v", f"--log-file={path}") as server, server.wire() as wire:
        assert wire.works()
        assert f"listening on 127.0.0.1:{server.port}\n" in path.read_text()
        path.rename(path.with_suffix(".1"))
        server.signal(signal.SIGHUP)
        wait_until(path.exists)
        with server.wire() as other:
            assert other.works()
        wait_until(lambda: " disconnected\n" in path.read_text())
        assert " connected" not in server.said(), "standard error hears of the start only"
        assert "disconnected" not in path.with_suffix(".1").read_text()


def test_hup_without_a_log_file_changes_nothing() -> None:
    with gear_serve() as server, server.wire() as wire:
        server.signal(signal.SIGHUP)
        server.signal(signal.SIGHUP)
        assert wire.works()
        assert "listening" in server.said().splitlines()[-1]

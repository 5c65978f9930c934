"""The log: levels, safe lines, and never a wait for a reader."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from gearcli.server.log import Level, Log


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

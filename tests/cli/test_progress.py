"""Which progress is shown."""

from __future__ import annotations

import io
import itertools
import os
import sys

import pytest

from gearcli.cli.bars import Bars
from gearcli.cli.counts import Counts
from gearcli.cli.progress import mode, progress
from gearcli.errors import UsageError
from tests.cli.events import Clock, created, end, said, status, task


@pytest.mark.parametrize(
    ("terminal", "term", "batch", "expected"),
    [
        (True, "xterm", False, "Bars"),
        (True, "xterm", True, "Bars"),
        (True, "dumb", False, "Nothing"),
        (True, "dumb", True, "BatchLines"),
        (False, "xterm", False, "Nothing"),
        (False, "xterm", True, "BatchLines"),
    ],
)
def test_auto_looks_at_the_terminal(
    terminal: bool, term: str, batch: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: terminal and descriptor == 2)
    monkeypatch.setenv("TERM", term)
    assert expected == type(progress("auto", batch=batch)).__name__


def test_a_bar_that_is_asked_for_is_drawn_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: False)
    assert isinstance(progress("bar", batch=False), Bars)


def test_another_word_is_wrong() -> None:
    with pytest.raises(UsageError, match="'fancy' is no kind of progress: auto, bar, plain, json or none"):
        mode("fancy")


@pytest.mark.parametrize("word", ["auto", "bar", "plain", "json", "none"])
def test_these_words_are_known(word: str) -> None:
    assert word == mode(word)


def test_none_says_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    silent, job = progress("none", batch=True, clock=clock), task()
    silent.take(created(job))
    silent.take(status(job, b"1", b"2"))
    clock.now += 100
    silent.tick(0.5)
    silent.hide()
    silent.close()
    assert [] == said(capsys)


@pytest.mark.parametrize("mode", ["plain", "json", "bar"])
@pytest.mark.parametrize("batch", [True, False])
def test_a_standard_error_that_is_gone_is_not_missed(
    mode: str, batch: bool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = io.StringIO()
    gone.close()
    monkeypatch.setattr(sys, "stderr", gone)
    some = progress(mode, batch=batch, clock=clock)
    some.take(status(task(), b"1", b"2"))
    clock.now += 100
    some.tick(None)
    some.close()


@pytest.mark.parametrize("mode", ["plain", "json", "bar"])
def test_memory_holds_what_is_in_flight(mode: str, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    some = progress(mode, batch=True, clock=clock)
    for number in itertools.count(1):
        job = task(number)
        some.take(created(job))
        some.take(status(job, b"1", b"2"))
        some.take(end(job))
        clock.now += 0.01
        if number == 10_000:
            break
    assert 100 > sum(held(some))
    some.close()
    capsys.readouterr()


def held(thing: object) -> list[int]:
    """The lengths of all collections that an object of ours keeps."""
    lengths = []
    for value in vars(thing).values():
        if isinstance(value, Counts):
            lengths += held(value)
        elif hasattr(value, "__len__"):
            lengths.append(len(value))
    return lengths

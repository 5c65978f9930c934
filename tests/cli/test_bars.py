"""What a person sees of the bars: what they write is fed to a terminal in memory."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pyte
import pytest

from gearcli.cli.bars import INTERVAL, MOST, PATIENCE
from gearcli.cli.progress import Progress, progress
from gearcli.client.tasks import Event
from gearcli.protocol.packets import PacketType
from tests.cli.events import HOSTILE, Clock, created, end, status, task

P = PacketType


class Terminal:
    """A terminal that stands for standard error, and for standard output where a test says so."""

    encoding = "utf-8"

    def __init__(self, columns: int, lines: int) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self.screen)
        self.written: list[str] = []

    def write(self, text: str) -> int:
        text.encode(self.encoding)
        self.written.append(text)
        self._stream.feed(text.replace("\n", "\r\n"))  # as the kernel does
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    @property
    def rows(self) -> list[str]:
        """What is on the screen, up to the last row that is not empty."""
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def cursor(self) -> tuple[int, int]:
        """The column and the row of the cursor, which can be seen."""
        assert not self.screen.cursor.hidden
        return self.screen.cursor.x, self.screen.cursor.y


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return a_terminal(monkeypatch, 80, 24)


def a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> Terminal:
    """Both standard output and standard error."""
    terminal = Terminal(columns, lines)
    for module in ("counts", "bars"):  # pytest puts its own into `sys` when the test begins
        monkeypatch.setattr(f"gearcli.cli.{module}.sys", SimpleNamespace(stderr=terminal))
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor in (1, 2))
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(lines)}.items():
        monkeypatch.setenv(name, value)
    return terminal


def a_batch(clock: Clock) -> Progress:
    """The bars of a batch that has been running for long enough to have some."""
    bars = progress("auto", batch=True, clock=clock)
    clock.now += PATIENCE
    return bars


def drawn(bars: Progress, clock: Clock, fraction: float | None = None) -> None:
    """Let time pass until the bars are drawn."""
    clock.now += INTERVAL
    bars.tick(fraction)


# -- what is shown ----------------------------------------------------------------


def test_a_job_without_a_report_has_no_bar(terminal: Terminal, clock: Clock) -> None:
    bars, job = progress("auto", batch=False, clock=clock), task()
    bars.take(created(job))
    drawn(bars, clock)
    bars.take(Event(job, P.WORK_DATA, [b"part"]))
    drawn(bars, clock)
    bars.take(end(job, P.WORK_COMPLETE, b"result"))
    bars.close()
    assert [] == terminal.written


def test_a_job_shows_how_far_it_is(terminal: Terminal, clock: Clock) -> None:
    bars, job = progress("auto", batch=False, clock=clock), task()
    bars.take(created(job))
    bars.take(status(job, b"3", b"10"))
    drawn(bars, clock)
    assert ["resize ━━━━━━╺━━━━━━━━━━━━━ 3/10"] == terminal.rows
    assert (0, 1) == terminal.cursor
    bars.take(status(job, b"10000", b"10000"))
    drawn(bars, clock)
    assert ["resize ━━━━━━━━━━━━━━━━━━━━ 10,000/10,000"] == terminal.rows
    bars.take(end(job, P.WORK_COMPLETE, b"result"))
    drawn(bars, clock)
    assert [] == terminal.rows
    assert (0, 0) == terminal.cursor


def test_an_unknown_end_is_a_spinner(terminal: Terminal, clock: Clock) -> None:
    bars, job = progress("auto", batch=False, clock=clock), task()
    bars.take(created(job))
    shown = []
    for numerator, denominator in [(b"3", b"0"), (b"4", b"many"), (b"x", b"10"), (b"3", b"1e9")]:
        bars.take(status(job, numerator, denominator))
        drawn(bars, clock)
        (row,) = terminal.rows
        shown.append(row.split())
    assert [["3"], ["4"], [], ["3"]] == [words[2:] for words in shown]
    assert all(words[0] == "resize" and words[1] in "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" for words in shown)
    assert 4 == len({words[1] for words in shown})


def test_more_than_all_is_all(terminal: Terminal, clock: Clock) -> None:
    bars = progress("auto", batch=False, clock=clock)
    bars.take(status(task(), b"18446744073709551615", b"1"))
    drawn(bars, clock)
    assert [f"resize {'━' * 20} 18,446,744,073,709,551,615/1"] == terminal.rows


def test_a_batch_has_a_bar_for_all(terminal: Terminal, clock: Clock) -> None:
    bars, jobs = a_batch(clock), [task(number) for number in range(1, 65)]
    for job in jobs:
        bars.take(created(job))
    for job in jobs[:30]:
        bars.take(end(job, P.WORK_COMPLETE, b"result"))
    for job in jobs[30:32]:
        bars.take(end(job, P.WORK_FAIL))
    clock.now += 10
    drawn(bars, clock, 0.5)
    assert ["━━━━━╺━━━━━━━━━━━━━━ 32 done, 2 failed, 3 a second, 32 s left"] == terminal.rows


def test_a_batch_of_unknown_length_has_no_end(terminal: Terminal, clock: Clock) -> None:
    bars = a_batch(clock)
    drawn(bars, clock)
    assert ["━━━━━━━━━━━━━━━━━━━━ 0 done, 0 failed, 0 a second"] == terminal.rows
    first = terminal.written[-1]
    drawn(bars, clock)
    assert first != terminal.written[-1]  # it moves


def test_a_short_batch_shows_nothing(terminal: Terminal, clock: Clock) -> None:
    bars = progress("auto", batch=True, clock=clock)
    bars.take(created(task()))
    clock.now += PATIENCE - 0.01
    bars.tick(0.5)
    bars.close()
    assert [] == terminal.written


def test_the_first_jobs_that_report_have_bars(terminal: Terminal, clock: Clock) -> None:
    bars, jobs = a_batch(clock), [task(number) for number in range(1, MOST + 3)]
    for job in jobs:
        bars.take(created(job))
        if job.number != 2:
            bars.take(status(job, b"%d" % job.number, b"100"))
    drawn(bars, clock)
    *rows, overall = terminal.rows
    assert ["1", *map(str, range(3, MOST + 2))] == [row.split()[2] for row in rows]
    assert "resize record 1 ━━━━━━━━━━━━━━━━━━━━ 1/100" == rows[0]
    assert overall.endswith("0 done, 0 failed, 0 a second")
    bars.take(end(jobs[0], P.WORK_COMPLETE, b"result"))
    drawn(bars, clock)
    *rows, overall = terminal.rows
    assert list(map(str, range(3, MOST + 3))) == [row.split()[2] for row in rows]
    assert "1 done" in overall


def test_a_job_that_is_tried_again_starts_again(terminal: Terminal, clock: Clock) -> None:
    bars, job = progress("auto", batch=False, clock=clock), task()
    bars.take(created(job))
    bars.take(status(job, b"9", b"10"))
    assert 1 == len(terminal.rows)
    clock.now += INTERVAL
    bars.take(created(job))
    assert [] == terminal.rows
    bars.close()
    assert (0, 0) == terminal.cursor


# -- room -------------------------------------------------------------------------


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 6), (20, 3), (10, 2), (200, 50)])
def test_each_bar_has_one_row(
    columns: int, lines: int, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    terminal = a_terminal(monkeypatch, columns, lines)
    bars = a_batch(clock)
    for number in range(1, 13):
        job = task(number, "größe-日本語-".encode() * number)
        bars.take(created(job))
        bars.take(status(job, b"%d" % 10**number, b"1" * number))
    drawn(bars, clock, 0.5)
    assert min(MOST + 1, lines - 1) == len(terminal.rows)
    assert (0, len(terminal.rows)) == terminal.cursor
    bars.close()
    assert [] == terminal.rows
    assert (0, 0) == terminal.cursor


def test_a_long_name_leaves_room_for_the_rest(terminal: Terminal, clock: Clock) -> None:
    bars, job = a_batch(clock), task(17, b"x" * 1000)
    bars.take(created(job))
    bars.take(status(job, b"3", b"10"))
    drawn(bars, clock)
    assert f"{'x' * 25}… record 17 ━━━━━━╺━━━━━━━━━━━━━ 3/10" == terminal.rows[0]


def test_a_hostile_name_is_only_shown(terminal: Terminal, clock: Clock) -> None:
    bars = progress("auto", batch=False, clock=clock)
    bars.take(status(task(1, HOSTILE + b":gear:"), b"3", b"10"))
    drawn(bars, clock)
    assert terminal.rows[0].startswith("\\x1b[2J\\u202e[red]\\n:gear: ━")


def test_an_encoding_may_know_little(terminal: Terminal, clock: Clock) -> None:
    terminal.encoding = "ascii"
    bars, job = a_batch(clock), task(1, "größe".encode() + b"x" * 100)
    bars.take(created(job))
    bars.take(status(job, b"3", b"10"))
    drawn(bars, clock)
    first, overall = terminal.rows
    assert f"gr\\xf6\\xdfe{'x' * 15} record 1 ------ ------------- 3/10" == first
    assert overall.startswith("-------------------- 0 done")
    bars.take(status(job, b"3", b"0"))
    drawn(bars, clock)
    assert terminal.rows[0].split()[3] in "|/-\\"


def test_no_colour_where_none_is_wanted(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = a_batch(clock)
    bars.take(status(task(), b"3", b"10"))
    drawn(bars, clock)
    assert "\x1b[38" in "".join(terminal.written)
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.written.clear()
    bars = a_batch(clock)
    bars.take(status(task(), b"3", b"10"))
    drawn(bars, clock)
    assert "━" in "".join(terminal.written)
    assert "m" not in {text[-1] for text in "".join(terminal.written).split("\x1b")[1:] if text}


# -- what else is on the terminal -------------------------------------------------


def test_results_go_between(terminal: Terminal, clock: Clock) -> None:
    bars, expected = a_batch(clock), []
    for number in range(1, 41):  # more than there are rows
        job = task(number)
        bars.take(created(job))
        bars.take(status(job, b"3", b"10"))
        drawn(bars, clock)
        bars.take(end(job, P.WORK_COMPLETE, b"result"))
        bars.hide()
        assert 0 == terminal.cursor[0]
        assert "" == terminal.screen.display[terminal.cursor[1]].rstrip()
        terminal.write(f"result {number}\n")
        expected.append(f"result {number}")
        assert expected[-len(terminal.rows) :] == terminal.rows
    drawn(bars, clock)
    assert terminal.rows[-1].startswith("━")
    assert expected[-22:] == terminal.rows[-23:-1]
    bars.close()
    assert expected[-22:] == terminal.rows


def test_to_hide_what_is_not_visible_costs_nothing(terminal: Terminal, clock: Clock) -> None:
    bars = a_batch(clock)
    bars.hide()
    assert [] == terminal.written
    drawn(bars, clock)
    bars.hide()
    count = len(terminal.written)
    bars.hide()
    bars.close()
    bars.close()
    assert count == len(terminal.written)


def test_what_was_hidden_is_drawn_when_it_is_due(terminal: Terminal, clock: Clock) -> None:
    bars = a_batch(clock)
    drawn(bars, clock)
    bars.hide()
    clock.now += INTERVAL / 2
    bars.tick(None)
    bars.take(created(task()))
    assert [] == terminal.rows
    drawn(bars, clock)
    assert 1 == len(terminal.rows)


def test_nothing_is_drawn_just_before_a_result(terminal: Terminal, clock: Clock) -> None:
    bars, job = a_batch(clock), task()
    bars.take(Event(job, P.WORK_DATA, [b"part"]))
    bars.take(Event(job, P.WORK_WARNING, [b"beware"]))
    bars.take(end(job, P.WORK_COMPLETE, b"result"))
    bars.take(created(task(2, background=True)))
    assert [] == terminal.written


def test_an_unfinished_line_is_left_alone(terminal: Terminal, clock: Clock) -> None:
    bars, job = progress("auto", batch=False, clock=clock), task()
    bars.take(created(job))
    for part, expected in [(b"one", 1), (b"", 1), (b" two\n", 2), (b"three\nfour", 3)]:
        bars.take(Event(job, P.WORK_DATA, [part]))
        bars.hide()
        terminal.write(part.decode())
        clock.now += INTERVAL
        bars.take(status(job, b"3", b"10"))
        assert expected == len(terminal.rows)
    bars.close()
    assert ["one two", "three", "four"] == terminal.rows


def test_elsewhere_a_line_need_not_be_finished(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor == 2)
    bars, job = progress("auto", batch=False, clock=clock), task()
    bars.take(Event(job, P.WORK_DATA, [b"one"]))
    bars.take(status(job, b"3", b"10"))
    assert 1 == len(terminal.rows)


@pytest.mark.parametrize("length", [0, 1, 40, 79, 80])
def test_what_stands_on_the_line_is_not_erased(length: int, terminal: Terminal, clock: Clock) -> None:
    bars = a_batch(clock)
    terminal.write("x" * length)
    drawn(bars, clock)
    drawn(bars, clock)
    assert 1 + (length > 0) == len(terminal.rows)
    bars.close()
    assert ["x" * length] * (length > 0) == terminal.rows
    assert (0, int(length > 0)) == terminal.cursor


def test_an_interruption_leaves_a_clean_terminal(terminal: Terminal, clock: Clock) -> None:
    bars = a_batch(clock)
    drawn(bars, clock)
    terminal.write("^C")  # the kernel's echo
    bars.close()
    drawn(bars, clock)
    bars.take(created(task()))
    assert [] == terminal.rows
    assert (0, 0) == terminal.cursor


# -- how often --------------------------------------------------------------------


def test_many_events_are_drawn_no_more_often(terminal: Terminal, clock: Clock) -> None:
    bars, seconds, events = a_batch(clock), 20, 100_000
    for number in range(events // 4):
        job = task(number + 1)
        for event in (created(job), status(job, b"1", b"2"), status(job, b"2", b"2")):
            bars.take(event)
        bars.take(end(job))
        clock.now += seconds * 4 / events
    assert seconds / INTERVAL * 0.9 <= len(terminal.written) <= seconds / INTERVAL + 1
    assert "25,000 done" not in terminal.rows[-1]
    drawn(bars, clock)
    assert "25,000 done, 0 failed, 1,2" in terminal.rows[-1]
    bars.close()
    assert [] == terminal.rows

"""The progress of jobs as a person sees it, and the terminal as it is left."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, counts, gear_worker, take_job
from tests.support import DEADLINE, ServerProcess, Wire, gear_serve, wait_until
from tests.terminal.test_terminal import terminal

P = PacketType


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


class Screen:
    """What a command has drawn on its terminal."""

    def __init__(self, child: pexpect.spawn) -> None:
        self._child = child
        self._screen = pyte.Screen(100, 24)
        self._stream = pyte.Stream(self._screen)
        self.raw = ""

    def rows(self) -> list[str]:
        """The rows that are not empty, as they are now."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                said = self._child.read_nonblocking(4096, timeout=0)
                self.raw += said
                self._stream.feed(said)
        return [row.rstrip() for row in self._screen.display if row.strip()]

    def shows(self, text: str) -> str:
        """Wait until a row shows a text; the row."""
        return wait_until(lambda: next((row for row in self.rows() if text in row), ""))

    def rest(self) -> list[str]:
        """The rows when the command has ended."""
        end = time.monotonic() + DEADLINE
        while self._child.isalive() or (self._child.exitstatus is None and self._child.signalstatus is None):
            assert time.monotonic() < end
            self.rows()
        return self.rows()

    @property
    def cursor_is_visible(self) -> bool:
        return not self._screen.cursor.hidden


def test_a_bar_for_a_job_that_reports_its_progress(server: ServerProcess) -> None:
    with (
        terminal("submit", *at(server.port), "slow", "x") as child,
        Wire(server.port) as worker,
    ):
        screen = Screen(child)
        handle, _ = take_job(worker, b"slow")
        worker.say(P.WORK_STATUS, handle, b"3", b"10")
        assert "slow" in screen.shows("3/10")
        worker.say(P.WORK_STATUS, handle, b"7", b"10")
        screen.shows("7/10")
        worker.say(P.WORK_COMPLETE, handle, b"done")
        assert ["done"] == screen.rest()
        assert screen.cursor_is_visible


def test_a_bar_for_a_batch(server: ServerProcess, tmp_path: Path) -> None:
    """With what is done, the rate, and from a file the time that is left."""
    records, go = tmp_path / "records", tmp_path / "go"
    records.write_text("".join(f"{number}\n" for number in range(1000)))
    script = f"read n; if [ $n -ge 40 ]; then until [ -e {go} ]; do sleep 0.02; done; fi; echo $n"
    with (
        gear_worker(server.port, "many", ["sh", "-c", script], slots=2),
        terminal("submit", *at(server.port), "many", "-n", "-f", str(records), "-j", "4") as child,
    ):
        screen = Screen(child)
        assert "a second" in screen.shows("40 done")
        assert "left" in screen.shows("left")
        child.sendintr()
        rows = screen.rest()
    assert ["gear: jobs that wait", "gear: interrupted"] == [row[:20] for row in rows[-2:]]
    assert rows[-3] in ("38", "39")  # two workers, who may end in either order
    assert (130, True) == (child.exitstatus, screen.cursor_is_visible)


def test_no_bar_where_none_is_wanted(server: ServerProcess) -> None:
    with (
        terminal("submit", *at(server.port), "quiet", "x", "--progress", "none") as child,
        Wire(server.port) as worker,
    ):
        screen = Screen(child)
        handle, _ = take_job(worker, b"quiet")
        worker.say(P.WORK_STATUS, handle, b"3", b"10")
        worker.say(P.WORK_COMPLETE, handle, b"done")
        assert ["done"] == screen.rest()
        assert "3/10" not in screen.raw


def test_a_person_is_told_that_nobody_works(server: ServerProcess) -> None:
    with terminal("submit", *at(server.port), "resize", "x") as child:
        screen = Screen(child)
        assert "gear: no worker serves resize; waiting" == screen.shows("no worker")
        with gear_worker(server.port, "resize", ["cat"]):
            assert ["gear: no worker serves resize; waiting", "x"] == screen.rest()


def test_a_killed_client_leaves_a_usable_terminal(server: ServerProcess) -> None:
    with (
        terminal("submit", *at(server.port), "killed", "x") as child,
        Wire(server.port) as worker,
    ):
        screen = Screen(child)
        handle, _ = take_job(worker, b"killed")
        worker.say(P.WORK_STATUS, handle, b"1", b"2")
        screen.shows("1/2")
        child.kill(signal.SIGKILL)
        screen.rest()
        assert screen.cursor_is_visible


def test_hostile_words_do_not_reach_the_terminal(server: ServerProcess) -> None:
    with (
        terminal("submit", *at(server.port), "words", "x") as child,
        Wire(server.port) as worker,
    ):
        screen = Screen(child)
        handle, _ = take_job(worker, b"words")
        worker.say(P.WORK_STATUS, handle, b"\x1b[2J", b"\x07")
        worker.say(P.WORK_WARNING, handle, b"\x1b]0;owned\x07 warning")
        worker.say(P.WORK_EXCEPTION, handle, b"\x1b[31mred")
        rows = screen.rest()
    assert "gear: words: \\x1b]0;owned\\x07 warning" in rows
    assert "gear: words failed: \\x1b[31mred" == rows[-1]
    assert "\x1b]0;" not in screen.raw
    assert "\x1b[31m" not in screen.raw


def test_jobs_queued_by_ctrl_c_are_dropped(server: ServerProcess) -> None:
    with terminal("submit", *at(server.port), "dropped", "x") as child:
        wait_until(lambda: counts(server.port, "dropped")[0] == 1)
        child.sendintr()
        Screen(child).rest()
    wait_until(lambda: counts(server.port, "dropped")[0] == 0)

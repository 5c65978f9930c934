"""The progress of jobs as a person sees it, and the terminal as it is left."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, counts, gear_worker, take_job
from tests.support import ServerProcess, Wire, gear_serve, wait_until
from tests.terminal.screens import Seen, filled, seen

P = PacketType


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


def submitting(server: ServerProcess, *arguments: str) -> contextlib.AbstractContextManager[Seen]:
    """`gear submit` on a terminal."""
    return seen("submit", *at(server.port), *arguments, columns=100)


@contextlib.contextmanager
def working(server: ServerProcess, function: str, *options: str) -> Iterator[tuple[Seen, Wire, bytes]]:
    """`gear submit` of one job on a terminal, and a worker that has taken it; its handle."""
    with submitting(server, function, "x", *options) as screen, Wire(server.port) as worker:
        handle, _ = take_job(worker, function.encode())
        yield screen, worker, handle


def row_of(screen: Seen, text: str) -> str:
    """The row that shows a text, once one does."""
    return next(row for row in screen.shows(text) if text in row)


def rest(screen: Seen) -> list[str]:
    """The rows on which something stands when the command has ended."""
    screen.end()
    return filled(screen.rows())


def test_a_bar_for_a_job_that_reports_its_progress(server: ServerProcess) -> None:
    with working(server, "slow") as (screen, worker, handle):
        worker.say(P.WORK_STATUS, handle, b"3", b"10")
        assert "slow" in row_of(screen, "3/10")
        worker.say(P.WORK_STATUS, handle, b"7", b"10")
        screen.shows("7/10")
        worker.say(P.WORK_COMPLETE, handle, b"done")
        assert ["done"] == rest(screen)
        assert not screen.screen.cursor.hidden


def test_a_bar_for_a_batch(server: ServerProcess, tmp_path: Path) -> None:
    """With what is done, the rate, and from a file the time that is left."""
    records, go = tmp_path / "records", tmp_path / "go"
    records.write_text("".join(f"{number}\n" for number in range(1000)))
    script = f"read n; if [ $n -ge 40 ]; then until [ -e {go} ]; do sleep 0.02; done; fi; echo $n"
    with (
        gear_worker(server.port, "many", ["sh", "-c", script], slots=2),
        submitting(server, "many", "-n", "-f", str(records), "-j", "4") as screen,
    ):
        assert "a second" in row_of(screen, "40 done")
        assert "left" in row_of(screen, "left")
        screen.child.sendintr()
        rows = rest(screen)
    assert ["gear: jobs that wait", "gear: interrupted"] == [row[:20] for row in rows[-2:]]
    assert rows[-3] in ("38", "39")  # two workers, who may end in either order
    assert (130, True) == (screen.child.exitstatus, not screen.screen.cursor.hidden)


def test_no_bar_where_none_is_wanted(server: ServerProcess) -> None:
    with working(server, "quiet", "--progress", "none") as (screen, worker, handle):
        worker.say(P.WORK_STATUS, handle, b"3", b"10")
        worker.say(P.WORK_COMPLETE, handle, b"done")
        assert ["done"] == rest(screen)
        assert "3/10" not in screen.raw


def test_a_person_is_told_that_nobody_works(server: ServerProcess) -> None:
    with submitting(server, "resize", "x") as screen:
        assert "gear: no worker serves resize; waiting" == row_of(screen, "no worker")
        with gear_worker(server.port, "resize", ["cat"]):
            assert ["gear: no worker serves resize; waiting", "x"] == rest(screen)


def test_a_killed_client_leaves_a_usable_terminal(server: ServerProcess) -> None:
    with working(server, "killed") as (screen, worker, handle):
        worker.say(P.WORK_STATUS, handle, b"1", b"2")
        screen.shows("1/2")
        screen.child.kill(signal.SIGKILL)
        rest(screen)
        assert not screen.screen.cursor.hidden


def test_hostile_words_do_not_reach_the_terminal(server: ServerProcess) -> None:
    with working(server, "words") as (screen, worker, handle):
        worker.say(P.WORK_STATUS, handle, b"\x1b[2J", b"\x07")
        worker.say(P.WORK_WARNING, handle, b"\x1b]0;owned\x07 warning")
        worker.say(P.WORK_EXCEPTION, handle, b"\x1b[31mred")
        rows = rest(screen)
    assert "gear: words: \\x1b]0;owned\\x07 warning" in rows
    assert "gear: words failed: \\x1b[31mred" == rows[-1]
    assert "\x1b]0;" not in screen.raw
    assert "\x1b[31m" not in screen.raw


def test_jobs_queued_by_ctrl_c_are_dropped(server: ServerProcess) -> None:
    with submitting(server, "dropped", "x") as screen:
        wait_until(lambda: counts(server.port, "dropped")[0] == 1)
        screen.child.sendintr()
        rest(screen)
    wait_until(lambda: counts(server.port, "dropped")[0] == 0)

"""What an operator at a terminal sees: tables that fit, a screen that is drawn again, questions."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

import pexpect
import pyte
import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, counts, take_job
from tests.support import DEADLINE, ServerProcess, Wire, clean_environment, free_port, gear_serve, wait_until


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


class Terminal:
    """`gear` on a terminal of 80 columns and a few lines, and what can be seen there."""

    def __init__(self, *arguments: str, lines: int = 12, columns: int = 80) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "gearcli", *arguments],
            env={**clean_environment(), "TERM": "xterm-256color"},
            timeout=DEADLINE,
            dimensions=(lines, columns),
        )
        self.child.delaybeforesend = None
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)

    def lines(self) -> list[str]:
        """What stands on the screen now."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                self._stream.feed(self.child.read_nonblocking(1 << 16, timeout=0.01))
        return [line.rstrip() for line in self._screen.display if line.strip()]

    def until(self, text: str) -> list[str]:
        """The screen, once a text stands there."""
        return wait_until(lambda: found if text in "\n".join(found := self.lines()) else None)

    def end(self) -> tuple[list[str], int]:
        """The screen at the end, and the exit status."""
        end = time.monotonic() + DEADLINE
        while self.child.isalive() and time.monotonic() < end:
            self.lines()
        return self.lines(), self.child.exitstatus


@contextlib.contextmanager
def terminal(*arguments: str, lines: int = 12, columns: int = 80) -> Iterator[Terminal]:
    shown = Terminal(*arguments, lines=lines, columns=columns)
    try:
        yield shown
    finally:
        shown.child.close(force=True)


def submit(server: ServerProcess, *functions: bytes) -> None:
    with Wire(server.port) as client:
        for function in functions:
            client.ask(PacketType.SUBMIT_JOB_BG, function, b"", b"x")


def test_the_screen_is_drawn_again(server: ServerProcess) -> None:
    submit(server, b"watch-a")
    dead = free_port()
    with terminal("status", *at(server.port), *at(dead), "watch-*", "--watch", "-i", "50ms") as shown:
        lines = shown.until("watch-a")
        assert lines[1].startswith(f"cannot connect to 127.0.0.1:{dead}")
        assert lines[1].endswith("…")
        assert ["watch-a", "1", "0", "0"] == lines[3].split()[:4]
        submit(server, b"watch-a", b"watch-b")
        lines = shown.until("watch-b")
        assert [["watch-a", "2"], ["watch-b", "1"]] == [line.split()[:2] for line in lines[3:5]]
        shown.child.sendintr()
        lines, status = shown.end()
    assert 130 == status
    assert lines[-1].endswith("gear: interrupted")


def test_a_screen_is_not_overfull(server: ServerProcess) -> None:
    submit(server, *[b"many-%02d" % number for number in range(20)])
    with terminal("status", *at(server.port), "many-*", "--watch", lines=8) as shown:
        lines = shown.until("more")
        assert ["many-00", "many-01", "many-02", "many-03"] == [line.split()[0] for line in lines[2:6]]
        assert "… 16 more" == lines[6]
        shown.child.sendintr()
        assert 130 == shown.end()[1]


def test_a_long_name_does_not_break_a_row(server: ServerProcess) -> None:
    submit(server, b"long-" + b"x" * 200, "long-日本".encode())
    with terminal("status", *at(server.port), "long-*", columns=60) as shown:
        lines, status = shown.end()
    assert 0 == status
    assert 3 == len(lines)
    assert lines[1].startswith("long-xxx")
    assert lines[2].startswith("long-日本 ")
    assert lines[1].endswith("no worker")


def test_tables_of_jobs_and_connections() -> None:
    with gear_serve() as server, Wire(server.port) as worker:
        submit(server, b"tables")
        worker.say(PacketType.SET_CLIENT_ID, b"me")
        worker.say(PacketType.CAN_DO, b"tables")
        assert worker.works()
        with terminal("jobs", *at(server.port), columns=100) as shown:
            heading, row = shown.end()[0]
        assert [
            "HANDLE",
            "FUNCTION",
            "STATE",
            "PRIORITY",
            "AGE",
            "ATTEMPT",
            "SIZE",
            "PROGRESS",
            "WORKER",
        ] == (heading.split())
        assert ["tables", "waiting", "normal"] == row.split()[1:4]
        with terminal("workers", *at(server.port)) as shown:
            heading, row = shown.end()[0]
        assert ["ADDRESS", "CLIENT", "ID", "STATE", "FUNCTIONS"] == heading.split()
        assert ["me", "idle", "tables"] == row.split()[1:]


def test_all_that_is_known_of_a_job_is_shown(server: ServerProcess) -> None:
    with Wire(server.port) as client, Wire(server.port) as worker:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_HIGH, b"known\x1b", b"key", b"12345")
        worker.say(PacketType.SET_CLIENT_ID, b"me")
        take_job(worker, b"known\x1b")
        with terminal("job", *at(server.port), handle.decode(), lines=30) as shown:
            lines, status = shown.end()
    known = {line.split()[0]: " ".join(line.split()[1:]) for line in lines}
    assert (0, "running") == (status, known[handle.decode()])
    assert ("known\\x1b", "key", "high", "5", "1") == tuple(
        known[key] for key in ("function", "unique", "priority", "size", "attempt")
    )
    assert known["worker"].endswith(" me")
    assert "reducer" not in known


@pytest.mark.parametrize(("answer", "status", "jobs"), [("y", 0, 0), ("n", 1, 1)])
def test_a_person_is_asked_before_jobs_are_thrown_away(
    server: ServerProcess, answer: str, status: int, jobs: int
) -> None:
    function = f"ask-{answer}"
    submit(server, function.encode())
    with terminal("purge", *at(server.port), function) as shown:
        shown.until(f"Throw away all waiting jobs of {function}? [y/N]:")
        shown.child.sendline(answer)
        lines, ended = shown.end()
    assert status == ended
    assert lines[-1] == (f"gear: {function}: 1 job purged" if answer == "y" else "gear: nothing was purged")
    assert (jobs, 0, 0) == counts(server.port, function)


def test_a_person_is_asked_before_a_server_is_stopped(server: ServerProcess) -> None:
    with terminal("admin", "shutdown", *at(server.port)) as shown:
        shown.until(f"Stop 127.0.0.1:{server.port}? [y/N]:")
        shown.child.sendline("n")
        lines, status = shown.end()
    assert (1, "gear: nothing was done") == (status, lines[-1])
    assert server.alive()

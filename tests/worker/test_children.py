"""The commands that run: started, listened to, taken in."""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.errors import CommandError
from gearcli.protocol.address import Address
from gearcli.worker.children import Children, name_of
from gearcli.worker.command import Outcome
from gearcli.worker.worker import Job, Slot
from tests.cli.driving import exists
from tests.support import DEADLINE, wait_until


class Connection:
    """Takes what a job reports."""

    def __init__(self) -> None:
        self.address = Address("server", 4730)
        self.sent: list[bytes] = []

    def send(self, *parts: bytes) -> None:
        """Something is to leave."""
        self.sent.append(b"".join(parts))


class Session:
    """A job's way back to its server."""

    def __init__(self) -> None:
        self.connection = Connection()
        self.address = self.connection.address


class Nursery:
    """Children, and what was heard of them."""

    def __init__(self, *argv: str, stderr: str = "both") -> None:
        self.selector = selectors.DefaultSelector()
        self.words: list[str] = []
        self.ended: list[tuple[int, Outcome]] = []
        self.spoke: list[int] = []
        self.children = Children(
            argv,
            self.selector,
            stderr=stderr,
            say=lambda importance, words: self.words.append(words),
            said=lambda slot: self.spoke.append(slot.number),
            ended=lambda slot, job, outcome, seconds: self.ended.append((slot.number, outcome)),
        )
        self.children.begin(2)

    def start(self, workload: bytes = b"", *, slot: int = 0) -> Session:
        """Start the command for a job."""
        session = Session()
        job = Job(session, b"H:1", b"f\x1b", b"u", workload)  # type: ignore[arg-type]  # all that is needed
        self.children.start(Slot(slot), job)
        return session

    def until_ended(self, count: int) -> list[tuple[int, Outcome]]:
        """Turn until so many have ended."""
        end = time.monotonic() + DEADLINE
        while len(self.ended) < count:
            assert time.monotonic() < end
            for key, mask in self.selector.select(0.01):
                key.data(mask)
            self.children.tick(time.monotonic())
            self.children.reap()
        return self.ended


@pytest.fixture
def nurseries() -> Iterator[list[Nursery]]:
    """Those that a test has made end with it."""
    made: list[Nursery] = []
    yield made
    for nursery in made:
        nursery.children.end()
        nursery.selector.close()


def nursery(nurseries: list[Nursery], *argv: str, stderr: str = "both") -> Nursery:
    nurseries.append(Nursery(*argv, stderr=stderr))
    return nurseries[-1]


def test_a_command_is_run_for_a_job(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat")
    cat.start(b"work\0load")
    assert 1 == cat.children.count
    assert [(0, Outcome(b"work\0load", b"", ""))] == cat.until_ended(1)
    assert 0 == cat.children.count
    assert {} == dict(cat.selector.get_map())


def test_several_at_a_time(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat")
    for slot in (0, 1):
        cat.start(b"%d" % slot * 300_000, slot=slot)
    ended = cat.until_ended(2)
    assert {0: 300_000, 1: 300_000} == {slot: len(outcome.output) for slot, outcome in ended}


def test_many_in_turn_leave_no_descriptor(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat")
    before = os.listdir("/proc/self/fd")
    for count in range(1, 51):
        cat.start(b"%d" % count, slot=count % 2)
        assert b"%d" % count == cat.until_ended(count)[-1][1].output
    assert before == os.listdir("/proc/self/fd")


def test_what_it_reports_leaves_while_it_works(nurseries: list[Nursery], tmp_path: Path) -> None:
    script = f"echo 1 2 >&3; until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo 2 2 >&3"
    shell = nursery(nurseries, "sh", "-c", script)
    session = shell.start()

    def spoke() -> list[int]:
        for key, mask in shell.selector.select(0.01):
            key.data(mask)
        return shell.spoke

    assert [0] == wait_until(spoke)
    assert [b"\0REQ\0\0\0\x0c\0\0\0\x07H:1\x001\x002"] == session.connection.sent
    (tmp_path / "go").touch()
    shell.until_ended(1)
    assert b"\0REQ\0\0\0\x0c\0\0\0\x07H:1\x002\x002" == session.connection.sent[-1]


def test_a_note_is_said_with_the_name_of_the_job(nurseries: list[Nursery]) -> None:
    shell = nursery(nurseries, "sh", "-c", "echo '# page 2' >&3")
    shell.start()
    shell.until_ended(1)
    assert ["f\\x1b H:1: page 2"] == shell.words


def test_a_slot_can_be_killed(nurseries: list[Nursery]) -> None:
    sleeping = nursery(nurseries, "sleep", "1000")
    sleeping.start(slot=0)
    sleeping.start(slot=1)
    sleeping.children.kill(Slot(0))  # another slot of the same number is another
    assert 2 == sleeping.children.count
    slots = [running.slot for running in sleeping.children._running.values()]
    sleeping.children.kill(slots[1])
    assert [(1, Outcome(b"", b"", "was killed by SIGKILL (signal 9)"))] == sleeping.until_ended(1)


def test_the_end_leaves_nothing(nurseries: list[Nursery]) -> None:
    sleeping = nursery(nurseries, "sleep", "1000")
    sleeping.start()
    (pid,) = sleeping.children._running
    sleeping.children.end()
    assert (False, 0) == (exists(pid), sleeping.children.count)


def test_a_program_that_has_moved_is_found_again(
    nurseries: list[Nursery], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    monkeypatch.setenv("PATH", f"{one}:{two}:{os.environ['PATH']}")
    (one / "tool").write_text("#!/bin/sh\necho $0\n")
    (one / "tool").chmod(0o755)
    tool = nursery(nurseries, "tool")
    (one / "tool").rename(two / "tool")
    tool.start()
    assert f"{two}/tool\n".encode() == tool.until_ended(1)[0][1].output


def test_a_program_that_has_gone_fails_the_job(nurseries: list[Nursery], tmp_path: Path) -> None:
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    tool = nursery(nurseries, str(path))
    path.unlink()
    tool.start()
    assert [(0, Outcome(b"", b"", "cannot be executed: no such file or directory"))] == tool.ended


def test_a_command_that_cannot_be_executed_at_all() -> None:
    with pytest.raises(CommandError):
        Nursery("/no/such/program")


def test_a_child_of_somebody_else_is_only_taken_in(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat")
    stranger = os.posix_spawn("/bin/sleep", ["sleep", "1000"], os.environ)
    cat.start(b"x")
    os.kill(stranger, signal.SIGKILL)
    wait_until(lambda: not exists(stranger))
    assert [(0, Outcome(b"x", b"", ""))] == cat.until_ended(1)


def test_the_name_of_a_job_cannot_harm_a_terminal() -> None:
    job = Job(Session(), b"H:\x07", b"f\x1b[2J", b"", b"")  # type: ignore[arg-type]
    assert "f\\x1b[2J H:\\x07" == name_of(job)

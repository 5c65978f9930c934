"""Gearman's own tools against `gear serve`, and gearmand and `gear serve` side by side."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence

import pytest

from gearcli.protocol.packets import Packet, PacketType
from gearcli.protocol.packets import PacketType as P
from tests.support import (
    DEADLINE,
    GEARADMIN,
    GEARMAN,
    ServerProcess,
    Wire,
    clean_environment,
    gear_serve,
    gearmand,
    needs_peers,
    process,
    wait_until,
)

pytestmark = needs_peers


@pytest.fixture(scope="module")
def ours() -> Iterator[ServerProcess]:
    """Our server."""
    with gear_serve() as server:
        yield server


@pytest.fixture(scope="module")
def theirs() -> Iterator[ServerProcess]:
    """gearmand."""
    with gearmand() as server:
        yield server


def tool(program: str, server: ServerProcess, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run one of Gearman's tools to its end; what it printed."""
    command = [program, "-h", "127.0.0.1", "-p", str(server.port), *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, timeout=DEADLINE, env=clean_environment(), check=False
    )
    assert (0, b"") == (done.returncode, done.stderr)
    return done.stdout


def worker(server: ServerProcess, function: str, *command: str, count: int = 0) -> Sequence[str]:
    """The command line of a worker of Debian's `gearman`."""
    limit = ["-c", str(count)] if count else []
    return [GEARMAN, "-h", "127.0.0.1", "-p", str(server.port), "-w", "-f", function, *limit, "--", *command]


def status(server: ServerProcess, function: str) -> list[int] | None:
    """Total, running and workers of a function."""
    with server.wire() as wire:
        rows = (row.decode().split() for row in wire.rows(b"status"))
        return next(([int(n) for n in numbers] for name, *numbers in rows if name == function), None)


# -- Gearman's tools against our server --------------------------------------------------------


def test_a_client_gets_what_a_worker_makes(ours: ServerProcess) -> None:
    with process(worker(ours, "upper", "tr", "a-z", "A-Z")):
        assert b"HELLO\nWORLD\n" == tool(GEARMAN, ours, "-f", "upper", stdin=b"hello\nworld\n")
        assert b"AB" == tool(GEARMAN, ours, "-f", "upper", "a", "b")


def test_a_megabyte_passes_whole(ours: ServerProcess) -> None:
    """The command reads all before it writes: Debian's worker feeds it and does not read meanwhile."""
    lines = [b"%07d\n" % i for i in range(131_072)]
    with process(worker(ours, "sort", "sort")):
        assert b"".join(lines) == tool(GEARMAN, ours, "-f", "sort", stdin=b"".join(reversed(lines)))


def test_a_worker_that_sleeps_is_woken(ours: ServerProcess) -> None:
    with process(worker(ours, "sleepy", "cat")):
        wait_until(lambda: status(ours, "sleepy") == [0, 0, 1])
        assert b"1" == tool(GEARMAN, ours, "-f", "sleepy", "1")
        assert b"2" == tool(GEARMAN, ours, "-f", "sleepy", "2")


def test_background_jobs_wait_for_a_worker(ours: ServerProcess) -> None:
    for workload in ("1", "2", "3"):
        assert b"" == tool(GEARMAN, ours, "-f", "later", "-b", workload)
    assert [3, 0, 0] == status(ours, "later")
    with process(worker(ours, "later", "cat", count=3)) as running:
        assert 0 == running.exit_status()
    assert [0, 0, 0] == wait_until(lambda: status(ours, "later"))


def test_a_unique_joins_jobs(ours: ServerProcess) -> None:
    tool(GEARMAN, ours, "-f", "joined", "-b", "-u", "same", "first")
    tool(GEARMAN, ours, "-f", "joined", "-b", "-u", "same", "second")
    tool(GEARMAN, ours, "-f", "joined", "-b", "-u", "other", "third")
    assert [2, 0, 0] == status(ours, "joined")


def test_priorities_are_obeyed(ours: ServerProcess) -> None:
    for options in (["-L", "low"], ["normal"], ["-I", "high"]):
        tool(GEARMAN, ours, "-f", "urgent", "-b", *options)
    with ours.wire() as wire:
        wire.say(P.CAN_DO, b"urgent")
        assert [b"high", b"normal", b"low"] == [wire.ask(P.GRAB_JOB)[1][2] for _ in range(3)]


def test_a_client_is_told_of_a_failure(ours: ServerProcess) -> None:
    command = [GEARMAN, "-h", "127.0.0.1", "-p", str(ours.port), "-f", "failing", "x"]
    with process(command) as client, ours.wire() as failing:
        failing.say(P.CAN_DO, b"failing")
        handle = grabbed(failing)
        failing.say(P.WORK_FAIL, handle)
        assert 1 == client.exit_status()
        assert "Job failed" in client.said()


def test_an_exception_does_not_hang_the_client(ours: ServerProcess) -> None:
    """gearmand tells of it by a WORK_FAIL that this client cannot read, and it waits for ever."""
    command = [GEARMAN, "-h", "127.0.0.1", "-p", str(ours.port), "-f", "throwing", "x"]
    with process(command) as client, ours.wire() as throwing:
        throwing.say(P.CAN_DO, b"throwing")
        throwing.say(P.WORK_EXCEPTION, grabbed(throwing), b"no such file")
        assert 1 == client.exit_status()


def grabbed(wire: Wire) -> bytes:
    """Ask for a job until there is one; its handle."""

    def handle() -> bytes:
        _, fields = wire.ask(P.GRAB_JOB)
        return fields[0] if fields else b""

    return wait_until(handle)


def test_gearadmin_reads_our_answers(ours: ServerProcess) -> None:
    with ours.wire() as wire:
        wire.say(P.SET_CLIENT_ID, b"worker-7")
        wire.say(P.CAN_DO, b"administered")
        assert wire.works()
        tool(GEARMAN, ours, "-f", "administered", "-b", "x")
        assert b"administered\t1\t0\t1\n" in tool(GEARADMIN, ours, "--status")
        assert re.search(
            rb"(?m)^\d+ 127\.0\.0\.1 worker-7 : administered$", tool(GEARADMIN, ours, "--workers")
        )
    assert tool(GEARADMIN, ours, "--server-version").startswith(b"gear ")
    assert b"%d" % ours.pid == tool(GEARADMIN, ours, "--getpid").strip()


# -- the same conversation with both -------------------------------------------------------------


class Talk:
    """A conversation with a server, of which nothing is kept that differs from start to start."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._handles: list[bytes] = []
        self.heard: list[object] = []

    def ask(self, type_: PacketType, *fields: bytes) -> bytes:
        """Say a packet and note the answer; the first field of it."""
        self._wire.say(type_, *fields)
        return self.listen()

    def listen(self) -> bytes:
        """Note the next packet; the first field of it."""
        type_, fields = self._wire.packet()
        if type_ is P.JOB_CREATED and fields[0] not in self._handles:
            self._handles.append(fields[0])
        self.heard.append(self._plain((type_, fields)))
        return fields[0] if fields else b""

    def say(self, type_: PacketType, *fields: bytes) -> None:
        """Say a packet that is not answered."""
        self._wire.say(type_, *fields)

    def line(self, command: bytes) -> None:
        """Say a text command and note its one line."""
        self.heard.append(self._wire.line(command))

    def rows(self, command: bytes, about: bytes) -> None:
        """Say a text command and note the rows about something, without descriptors."""
        rows = [row for row in self._wire.rows(command) if about in row]
        self.heard.append([re.sub(rb"^\d+ ", b"FD ", row) for row in rows])

    def _plain(self, packet: Packet) -> tuple[str, list[bytes]]:
        """A packet with handles named by their order."""
        type_, fields = packet
        names = {handle: b"handle %d" % i for i, handle in enumerate(self._handles)}
        return type_.name, [names.get(field, field) for field in fields]


def life_of_a_job(talk: Talk) -> None:
    handle = talk.ask(P.SUBMIT_JOB, b"life", b"u", b"work\0load")
    talk.ask(P.GET_STATUS, handle)
    talk.ask(P.GET_STATUS_UNIQUE, b"u")
    talk.rows(b"status", b"life")
    talk.say(P.CAN_DO, b"life")
    talk.ask(P.GRAB_JOB_ALL)
    talk.say(P.WORK_STATUS, handle, b"1", b"3")
    talk.listen()
    talk.ask(P.GET_STATUS, handle)
    talk.ask(P.GET_STATUS_UNIQUE, b"u")
    talk.rows(b"status", b"life")
    for type_ in (P.WORK_DATA, P.WORK_WARNING, P.WORK_COMPLETE):
        talk.say(type_, handle, b"by\0tes")
        talk.listen()
    talk.ask(P.GET_STATUS, handle)
    talk.rows(b"status", b"life")
    talk.ask(P.GRAB_JOB)


def asking_for_jobs(talk: Talk) -> None:
    talk.say(P.CAN_DO, b"asking")
    for grab in (P.GRAB_JOB, P.GRAB_JOB_UNIQ, P.GRAB_JOB_ALL):
        talk.ask(grab)
        talk.ask(P.SUBMIT_JOB_BG, b"asking", b"unique", b"workload")
        talk.ask(P.PRE_SLEEP)
        handle = talk.ask(grab)
        talk.say(P.WORK_COMPLETE, handle, b"")


def identical_jobs(talk: Talk) -> None:
    for unique in (b"u", b"u", b"-", b"-", b"", b""):
        talk.ask(P.SUBMIT_JOB_BG, b"identical", unique, b"workload")
    talk.ask(P.SUBMIT_JOB_HIGH_BG, b"identical", b"u", b"other")
    talk.rows(b"status", b"identical")
    talk.say(P.CAN_DO, b"identical")
    for _ in range(5):
        talk.ask(P.GRAB_JOB_UNIQ)


def failures(talk: Talk) -> None:
    talk.say(P.CAN_DO, b"failing")
    handle = talk.ask(P.SUBMIT_JOB, b"failing", b"", b"")
    talk.ask(P.GRAB_JOB)
    talk.ask(P.WORK_FAIL, handle)
    for type_ in (P.WORK_COMPLETE, P.WORK_DATA, P.WORK_WARNING, P.WORK_EXCEPTION):
        talk.ask(type_, handle, b"late")
    talk.ask(P.WORK_FAIL, handle)
    talk.ask(P.WORK_STATUS, handle, b"1", b"2")


def exceptions(talk: Talk) -> None:
    talk.ask(P.OPTION_REQ, b"Exceptions")
    talk.ask(P.OPTION_REQ, b"nonsense")
    talk.say(P.CAN_DO, b"throwing")
    handle = talk.ask(P.SUBMIT_JOB, b"throwing", b"", b"")
    talk.ask(P.GRAB_JOB)
    talk.ask(P.WORK_EXCEPTION, handle, b"wo\0rds")
    talk.ask(P.WORK_FAIL, handle)


def abilities(talk: Talk) -> None:
    talk.say(P.SET_CLIENT_ID, b"able")
    talk.rows(b"workers", b" able ")
    for function in (b"one", b"two", b"three"):
        talk.say(P.CAN_DO, function)
    talk.rows(b"workers", b" able ")
    talk.say(P.CANT_DO, b"two")
    talk.rows(b"workers", b" able ")
    talk.rows(b"status", b"one")
    talk.say(P.RESET_ABILITIES)
    talk.rows(b"workers", b" able ")
    talk.rows(b"status", b"one")


def nonsense(talk: Talk) -> None:
    talk.ask(P.UNUSED)
    talk.ask(P.ALL_YOURS)
    talk.ask(P.SUBMIT_JOB_BG, b"nonsense", b"u" * 65, b"")
    talk.ask(P.GET_STATUS, b"H:nowhere:1")
    talk.ask(P.GET_STATUS_UNIQUE, b"nobody")
    talk.ask(P.ECHO_REQ, b"\0any\0thing\n")
    talk.line(b"nonsense")
    talk.line(b"")
    talk.line(b"help me please")


@pytest.mark.parametrize(
    "conversation",
    [life_of_a_job, asking_for_jobs, identical_jobs, failures, exceptions, abilities, nonsense],
)
def test_both_servers_say_the_same(
    ours: ServerProcess, theirs: ServerProcess, conversation: Callable[[Talk], None]
) -> None:
    with ours.wire() as our_wire, theirs.wire() as their_wire:
        our_talk, their_talk = Talk(our_wire), Talk(their_wire)
        conversation(our_talk)
        conversation(their_talk)
    assert their_talk.heard == our_talk.heard

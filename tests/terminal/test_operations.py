"""What an operator at a terminal sees: tables that fit, a screen that is drawn again, questions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, counts, take_job
from tests.support import ServerProcess, Wire, free_port, gear_serve
from tests.terminal.screens import Seen, filled, seen


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


def ended(shown: Seen) -> tuple[list[str], int]:
    """What stands on the screen at the end, and the exit status."""
    status = shown.end()
    return filled(shown.rows()), status


def submit(server: ServerProcess, *functions: bytes) -> None:
    with Wire(server.port) as client:
        for function in functions:
            client.ask(PacketType.SUBMIT_JOB_BG, function, b"", b"x")


def test_the_screen_is_drawn_again(server: ServerProcess) -> None:
    submit(server, b"watch-a")
    dead = free_port()
    with seen("status", *at(server.port), *at(dead), "watch-*", "--watch", "-i", "50ms") as shown:
        lines = filled(shown.shows("watch-a"))
        assert lines[1].startswith(f"cannot connect to 127.0.0.1:{dead}")
        assert lines[1].endswith("…")
        assert ["watch-a", "1", "0", "0"] == lines[3].split()[:4]
        submit(server, b"watch-a", b"watch-b")
        lines = filled(shown.shows("watch-b"))
        assert [["watch-a", "2"], ["watch-b", "1"]] == [line.split()[:2] for line in lines[3:5]]
        shown.child.sendintr()
        lines, status = ended(shown)
    assert 130 == status
    assert lines[-1].endswith("gear: interrupted")


def test_a_screen_is_not_overfull(server: ServerProcess) -> None:
    submit(server, *[b"many-%02d" % number for number in range(20)])
    with seen("status", *at(server.port), "many-*", "--watch", rows=8) as shown:
        lines = filled(shown.shows("more"))
        assert ["many-00", "many-01", "many-02", "many-03"] == [line.split()[0] for line in lines[2:6]]
        assert "… 16 more" == lines[6]
        shown.child.sendintr()
        assert 130 == shown.end()


def test_a_long_name_does_not_break_a_row(server: ServerProcess) -> None:
    submit(server, b"long-" + b"x" * 200, "long-日本".encode())
    with seen("status", *at(server.port), "long-*", columns=60) as shown:
        lines, status = ended(shown)
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
        with seen("jobs", *at(server.port), columns=100) as shown:
            heading, row = ended(shown)[0]
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
        with seen("workers", *at(server.port)) as shown:
            heading, row = ended(shown)[0]
        assert ["ADDRESS", "CLIENT", "ID", "STATE", "FUNCTIONS"] == heading.split()
        assert ["me", "idle", "tables"] == row.split()[1:]


def test_all_that_is_known_of_a_job_is_shown(server: ServerProcess) -> None:
    with Wire(server.port) as client, Wire(server.port) as worker:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_HIGH, b"known\x1b", b"key", b"12345")
        worker.say(PacketType.SET_CLIENT_ID, b"me")
        take_job(worker, b"known\x1b")
        with seen("job", *at(server.port), handle.decode(), rows=30) as shown:
            lines, status = ended(shown)
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
    with seen("purge", *at(server.port), function) as shown:
        shown.shows(f"Throw away all waiting jobs of {function}? [y/N]:")
        shown.child.sendline(answer)
        lines, exit_status = ended(shown)
    assert status == exit_status
    assert lines[-1] == (f"gear: {function}: 1 job purged" if answer == "y" else "gear: nothing was purged")
    assert (jobs, 0, 0) == counts(server.port, function)


def test_a_person_is_asked_before_a_server_is_stopped(server: ServerProcess) -> None:
    with seen("admin", "shutdown", *at(server.port)) as shown:
        shown.shows(f"Stop 127.0.0.1:{server.port}? [y/N]:")
        shown.child.sendline("n")
        lines, status = ended(shown)
    assert (1, "gear: nothing was done") == (status, lines[-1])
    assert server.alive()

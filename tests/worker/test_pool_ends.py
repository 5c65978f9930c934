"""Reasons for which a worker ends by itself: jobs, time, nothing to do, nobody to ask."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, at, counts, run_gear
from tests.client.peer import listening
from tests.support import ServerProcess, free_port, gear_serve, process
from tests.worker.lives import working
from tests.worker.playing import queue
from tests.worker.pools import a_name, result


@pytest.mark.parametrize("slots", ["1", "3"])
def test_after_so_many_jobs(server: ServerProcess, slots: str) -> None:
    name = a_name()
    queue(server.port, name, *[b"x"] * 5)
    with working(server, "-f", name, "-c", "4", "-j", slots, "-v", "--", "cat") as worker:
        ended = worker.result()
    assert (0, 4) == (ended.status, ended.err.count(" done in "))
    assert (1, 0, 0) == counts(server.port, name)


def test_when_no_jobs_are_left(server: ServerProcess) -> None:
    name = a_name()
    queue(server.port, name, *[b"x"] * 7)
    with working(server, "-f", name, "--burst", "-j", "2", "-v", "--", "cat") as worker:
        ended = worker.result()
    assert (0, 7) == (ended.status, ended.err.count(" done in "))
    assert "gear: stopping; no jobs are left\n" in ended.err


BURST = ("-f", "f", "--burst", "--connect-timeout", "200ms", "--", "cat")
"""A worker that ends when no jobs are left, and soon where it cannot ask for any."""


def test_69_for_a_burst_at_a_server_that_is_not_there() -> None:
    ended = run_gear("worker", *at(free_port()), *BURST)
    assert (69, True) == (ended.status, "connection refused" in ended.err)


def test_69_for_a_burst_at_a_server_that_has_as_many_connections_as_it_takes() -> None:
    with gear_serve("--max-connections", "1") as full, full.wire() as wire:
        assert wire.works()
        ended = run_gear("worker", *at(full.port), *BURST)
        assert (69, 1) == (ended.status, ended.err.count("does not answer; it may have as many"))


@pytest.mark.parametrize(("answer", "status"), [([b"QUEUE_ERROR", b"full"], 75), (None, 69)])
def test_75_or_69_for_a_burst_at_a_server_that_refuses(answer: list[bytes] | None, status: int) -> None:
    with listening() as listener, Gear("worker", *at(listener.port), *BURST) as worker:
        with listener.accept() as peer:
            assert [PacketType.CAN_DO, PacketType.GRAB_JOB_UNIQ] == peer.types(2)
            if answer:
                peer.say(PacketType.ERROR, *answer)
        ended = worker.result()
    last = ended.err.splitlines()[-1]
    assert (status, True) == (ended.status, last.startswith(("gear: 127.0.0.1:", "gear: the connection to")))


def test_0_for_a_burst_of_which_one_server_answers(server: ServerProcess) -> None:
    with gear_serve("--max-connections", "1") as full, full.wire() as wire:
        assert wire.works()
        for other in (full.port, free_port()):
            ended = run_gear("worker", *at(other), *at(server.port), *BURST)
            assert (0, True) == (ended.status, ended.err.endswith("gear: stopping; no jobs are left\n"))
            assert f"127.0.0.1:{other}" in ended.err
            assert "rying" not in ended.err, "it will not try again"


def test_when_there_was_nothing_to_do_for_a_while(server: ServerProcess) -> None:
    with working(server, "-f", a_name(), "--max-idle", "200ms", "--", "cat") as worker:
        assert (0, b"", "gear: stopping; nothing to do for 0.2 s\n") == worker.result()


def test_after_some_time_and_after_the_job_that_runs(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    with (
        working(server, "-f", name, "--max-lifetime", "300ms", "--", "sh", "-c", "sleep 0.6; cat") as worker,
        Gear("submit", *at(server.port), name, "x") as submitted,
    ):
        assert (0, b"x") == submitted.result()[:2]
        assert 0 == worker.result().status


SILENT = """
import socket, sys, time
real = socket.getaddrinfo
def getaddrinfo(host, port, *others, flags=0, **named):
    if not flags & socket.AI_NUMERICHOST:
        time.sleep(1000)
    return real(host, port, *others, flags=flags, **named)
socket.getaddrinfo = getaddrinfo
from gearcli.__main__ import main
main()
"""
"""`gear` where nobody answers who asks for the address of a name."""


def test_who_waits_for_the_address_of_a_name_works_and_ends_as_others(server: ServerProcess) -> None:
    name = a_name()
    servers = ["-s", "silent.example", *at(server.port)]
    with process([sys.executable, "-c", SILENT, "worker", *servers, "-f", name, "--", "cat"]) as worker:
        assert b"x" == result(server.port, name, b"x")
        worker.signal(signal.SIGTERM)
        assert 0 == worker.exit_status()


def test_69_for_a_name_whose_address_nobody_tells() -> None:
    arguments = ["worker", "-s", "silent.example", "-f", "f", "--connect-timeout", "100ms", "--", "cat"]
    with process([sys.executable, "-c", SILENT, *arguments]) as worker:
        assert 69 == worker.exit_status()
        assert "gear: cannot find the host silent.example: no answer within 0.1 s\n" == worker.said()

"""Exit statuses from real processes: servers that are not there, refuse or are none, and what takes long."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, at, counts, only_message, run_gear, take_job
from tests.client.answering import answering
from tests.client.peer import Listener
from tests.support import ServerProcess, Wire, free_port, gear_serve, gearmand, needs_peers, wait_until

# -- 69: no server -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["submit", "f", "x"], ["status"], ["job", "H:1"], ["ping"], ["worker", "-f", "f", "cat"]]
)
def test_69_nobody_listens(command: list[str]) -> None:
    port = free_port()
    result = run_gear(command[0], *at(port), *command[1:])
    assert (
        f"gear: cannot connect to 127.0.0.1:{port}: connection refused. "
        "Is a job server running? Start one with 'gear serve'."
    ) == only_message(result)
    assert 69 == result.status


def test_69_a_name_that_cannot_be_resolved() -> None:
    result = run_gear("submit", "-s", "no-such-host.invalid", "f", "x")
    assert only_message(result).startswith("gear: cannot find the host no-such-host.invalid: ")
    assert 69 == result.status


def test_69_a_unix_socket_that_is_not_there(tmp_path: Path) -> None:
    result = run_gear("status", "-s", f"unix:{tmp_path}/socket")
    assert only_message(result).startswith(f"gear: cannot connect to unix:{tmp_path}/socket: no such file")
    assert 69 == result.status


def test_69_every_server_that_was_tried_is_named() -> None:
    ports = free_port(), free_port()
    said = only_message(run_gear("submit", "-s", ",".join(f"127.0.0.1:{port}" for port in ports), "f", "x"))
    assert [True, True] == [f"127.0.0.1:{port}: connection refused" in said for port in ports]


def test_69_the_server_is_killed_before_the_answer() -> None:
    with gear_serve() as server, Gear("submit", *at(server.port), "unserved", "x") as client:
        wait_until(lambda: counts(server.port, "unserved") == (1, 0, 0))
        server.signal(signal.SIGKILL)
        result = client.result()
    assert only_message(result).startswith(f"gear: the connection to 127.0.0.1:{server.port} was closed")
    assert 69 == result.status


def test_69_the_port_is_in_use(server: ServerProcess) -> None:
    result = run_gear("serve", "-q", "-p", str(server.port))
    assert "in use" in only_message(result)
    assert 69 == result.status


# -- 75: later ---------------------------------------------------------------------------


@needs_peers
def test_75_the_queue_is_full() -> None:
    with gearmand() as server:
        assert 0 == run_gear("submit", *at(server.port), "-b", "f", "one").status
        with Wire(server.port) as wire:
            assert b"OK\r\n" == wire.line(b"maxqueue f 1")
        result = run_gear("submit", *at(server.port), "-b", "f", "two")
        assert "QUEUE_ERROR" in only_message(result)
        assert 75 == result.status


def test_a_batch_goes_on_when_the_server_that_drains_is_back() -> None:
    """What is refused meanwhile has not failed."""
    place = ("-p", str(free_port()))
    with gear_serve("--grace", "20s", address=place) as server:
        client = Gear("submit", *at(server.port), "slow", "-n", "-k")
        with client, Wire(server.port) as worker:
            client.write(b"one\n")
            handle, _ = take_job(worker, b"slow")
            server.signal(signal.SIGTERM)
            wait_until(lambda: "stopping" in server.said())
            client.write(b"two\n")
            worker.say(PacketType.WORK_COMPLETE, handle, b"done")
            assert 0 == server.exit_status()
            with gear_serve(address=place) as again, Wire(again.port) as other:
                handle, workload = take_job(other, b"slow")
                assert b"two" == workload
                other.say(PacketType.WORK_COMPLETE, handle, b"too")
                result = client.result()
    assert (0, b"done\ntoo\n") == result[:2]


# -- 76: not Gearman ---------------------------------------------------------------------

GARBAGE = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\0RES\xff\xff\xff\xff\0\0\0\0",
    b"\0RESabcdefgh",
    b"\0\0\0\0\0\0\0\0\0\0\0\0",
]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("command", ["submit f x", "job H:1"])
def test_76_the_peer_speaks_something_else(listener: Listener, command: str, garbage: bytes) -> None:
    with Gear(*command.split(), *at(listener.port)) as client, listener.accept() as peer:
        peer.packet()
        peer.send(garbage)
        result = client.result()
    assert 76 == result.status
    assert only_message(result)


def test_76_the_status_has_rows_that_are_none() -> None:
    banner = b"220 mail.example.org ESMTP\r\n"
    rows = dict.fromkeys((b"functions", b"status"), banner + b".\r\n")
    with answering({b"version": banner, **rows}) as server:
        result = run_gear("status", *at(server.port))
    assert "row that is none: 220 mail.example.org ESMTP" in only_message(result)
    assert 76 == result.status


def test_76_the_server_answers_error(listener: Listener) -> None:
    with Gear("submit", *at(listener.port), "f", "x") as client, listener.accept() as peer:
        peer.types(2)
        peer.say(PacketType.ERROR, b"BAD_MOOD", b"come back\x1b[2J never")
        result = client.result()
    assert "gear: f: the server refused: come back\\x1b[2J never (BAD_MOOD)" == only_message(result)
    assert 76 == result.status


# -- 124: time ---------------------------------------------------------------------------


def test_124_no_result_in_time(server: ServerProcess) -> None:
    result = run_gear("submit", *at(server.port), "unserved-124", "x", "--timeout", "50ms")
    assert only_message(result).startswith("gear: unserved-124: no result within 0.05 s; ")
    assert 124 == result.status

"""`gear submit`: what is submitted, and what is printed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, counts, exit_of, run_gear
from tests.client.peer import Listener
from tests.support import ServerProcess, Wire, wait_until


def test_one_result_is_unchanged(server: ServerProcess, cat: str) -> None:
    workload = bytes(range(256))
    assert Result(0, workload, "") == run_gear("submit", *at(server.port), cat, stdin=workload)


def test_no_workload_is_an_empty_one(server: ServerProcess, cat: str) -> None:
    assert Result(0, b"", "") == run_gear("submit", *at(server.port), cat)
    assert Result(0, b"", "") == run_gear("submit", *at(server.port), cat, "")


def test_each_argument_is_a_job(server: ServerProcess, cat: str) -> None:
    arguments = ["submit", *at(server.port), cat, "-k", "one", "", "--", "-3-\n"]
    assert Result(0, b"one\n\n-3-\n", "") == run_gear(*arguments)


def test_each_file_is_a_job(server: ServerProcess, cat: str, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1\n2\n")
    (tmp_path / "two").write_bytes(b"3")
    files = ["-f", str(tmp_path / "one"), "-f", str(tmp_path / "two")]
    assert Result(0, b"1\n2\n3\n", "") == run_gear("submit", *at(server.port), cat, "-k", *files)


@pytest.mark.parametrize(
    ("options", "stdin", "out"),
    [
        (["-n"], b"a\n\nb", b"a\n\nb\n"),
        (["-0"], b"a\nb\0c\0", b"a\nb\0c\0"),
        (["--delimiter", r"\r\n"], b"a\r\nb", b"a\r\nb\r\n"),
        (["-n", "--raw"], b"a\nb\n", b"ab"),
        (["-n"], b"", b""),
    ],
)
def test_records_are_jobs(
    server: ServerProcess, cat: str, options: list[str], stdin: bytes, out: bytes
) -> None:
    assert Result(0, out, "") == run_gear("submit", *at(server.port), cat, "-k", *options, stdin=stdin)


def test_results_leave_while_standard_input_is_open(server: ServerProcess, cat: str) -> None:
    with Gear("submit", *at(server.port), cat, "-n") as client:
        for line in (b"one\n", b"two\n"):
            client.write(line)
            assert line == client.line()
        assert Result(0, b"", "") == client.result()


def test_a_thousand_records_keep_their_order(listener: Listener) -> None:
    """The server answers them backwards, as far as it may."""
    lines = b"".join(b"%d\n" % number for number in range(200))
    with Gear("submit", *at(listener.port), "f", "-n", "-k", "-j", "10") as client, listener.accept() as peer:
        client.write(lines)
        peer.expect(PacketType.OPTION_REQ)
        for start in range(0, 200, 10):
            jobs = [peer.expect(PacketType.SUBMIT_JOB)[2] for _ in range(10)]
            for job in jobs:
                peer.say(PacketType.JOB_CREATED, b"H:" + job)
            for job in reversed(jobs):
                peer.say(PacketType.WORK_COMPLETE, b"H:" + job, job)
            assert start == int(jobs[0])
        assert Result(0, lines, "") == client.result()


def test_no_more_jobs_in_flight_than_wanted(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "submit-few", "-n", "-j", "2") as client:
        client.write(b"1\n2\n3\n4\n")
        wait_until(lambda: counts(server.port, "submit-few")[0] == 2)
        with Wire(server.port) as worker:
            worker.say(PacketType.CAN_DO, b"submit-few")
            for _ in range(4):
                assert counts(server.port, "submit-few")[0] <= 2
                handle = wait_until(lambda: grabbed(worker))
                worker.say(PacketType.WORK_COMPLETE, handle, b"")
        assert 0 == client.result().status


def grabbed(worker: Wire) -> bytes:
    """The handle of a job; empty where there is none."""
    type_, fields = worker.ask(PacketType.GRAB_JOB)
    return fields[0] if type_ is PacketType.JOB_ASSIGN else b""


def test_a_background_job_prints_its_handle(server: ServerProcess) -> None:
    result = run_gear("submit", *at(server.port), "-b", "submit-later", "x", "y")
    assert (0, "") == (result.status, result.err)
    assert re.fullmatch(rb"H:\S+\nH:\S+\n", result.out)
    assert (2, 0, 0) == counts(server.port, "submit-later")


# -- what is sent ---------------------------------------------------------------------------


def submitted(listener: Listener, *options: str) -> tuple[PacketType, list[bytes]]:
    """The packet that `gear submit … f x` sends."""
    with Gear("submit", *at(listener.port), *options, "f", "x") as client, listener.accept() as peer:
        peer.expect(PacketType.OPTION_REQ)
        packet = peer.packet()
        peer.say(PacketType.JOB_CREATED, b"H:1")
        peer.say(PacketType.WORK_COMPLETE, b"H:1", b"")
        assert 0 == client.result().status
    return packet


@pytest.mark.parametrize(
    ("options", "type_"),
    [
        ([], PacketType.SUBMIT_JOB),
        (["-p", "high"], PacketType.SUBMIT_JOB_HIGH),
        (["-p", "LOW", "-b"], PacketType.SUBMIT_JOB_LOW_BG),
    ],
)
def test_the_packet(listener: Listener, options: list[str], type_: PacketType) -> None:
    sent, (function, unique, workload) = submitted(listener, *options)
    assert (type_, b"f", b"x") == (sent, function, workload)
    assert re.fullmatch(rb"[0-9a-f]{32}", unique)


def test_a_key_is_sent_as_it_is(listener: Listener) -> None:
    assert (PacketType.SUBMIT_JOB, [b"f", b"-", b"x"]) == submitted(listener, "-u", "-")


def test_the_servers_of_the_environment(listener: Listener) -> None:
    environ = {"GEARMAN_SERVERS": f"127.0.0.1:{listener.port}", "GEARMAN_SERVER": "no-such-host.invalid"}
    with Gear("submit", "f", "x", environ=environ) as client, listener.accept() as peer:
        assert [PacketType.OPTION_REQ, PacketType.SUBMIT_JOB] == peer.types(2)
        peer.say(PacketType.JOB_CREATED, b"H:1")
        peer.say(PacketType.WORK_COMPLETE, b"H:1", b"r")
        assert Result(0, b"r", "") == client.result()


# -- what is said -----------------------------------------------------------------------------


def played(listener: Listener, *options: str) -> Result:
    """What `gear submit … f x` prints for a job with a warning and two parts."""
    with Gear("submit", *at(listener.port), *options, "f", "x") as client, listener.accept() as peer:
        peer.types(2)
        peer.say(PacketType.JOB_CREATED, b"H:1")
        peer.say(PacketType.WORK_WARNING, b"H:1", b"careful")
        peer.say(PacketType.WORK_DATA, b"H:1", b"a\n")
        peer.say(PacketType.WORK_COMPLETE, b"H:1", b"b")
        return client.result()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "gear: f: careful\n"),
        (["-q"], ""),
        (["-v"], "gear: f is job H:1\ngear: f: careful\n"),
    ],
)
def test_messages(listener: Listener, options: list[str], said: str) -> None:
    assert Result(0, b"a\nb", said) == played(listener, *options)


def test_wrong_names_are_said_before_anything_is_read(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("submit", "", "-f", "/no/such/file")
    assert "gear: cannot submit to a function without a name\n" == capfd.readouterr().err


def test_gearmans_option_for_the_port_is_explained(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("submit", "-p", "4730", "f", "x")
    assert "a server is -s HOST:PORT" in capfd.readouterr().err.replace("\n", " ")


def test_bytes_that_are_no_utf_8_are_arguments(server: ServerProcess, cat: str) -> None:
    assert Result(0, b"\xff\xfe", "") == run_gear("submit", *at(server.port), cat, os.fsdecode(b"\xff\xfe"))

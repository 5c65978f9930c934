"""`gear report` as commands use it: what it says reaches whoever submitted the job."""

from __future__ import annotations

import json
import sys

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, exit_of, gear_worker, run_gear
from tests.support import ServerProcess, Wire, wait_until

P = PacketType
GEAR = f"{sys.executable} -m gearcli"


def test_progress_reaches_the_submitter(server: ServerProcess) -> None:
    script = f"{GEAR} report 1 4; {GEAR} report 75%; echo done"
    with gear_worker(server.port, "report-far", ["sh", "-c", script]):
        result = run_gear("submit", *at(server.port), "report-far", "x", "--progress", "json")
    assert (0, b"done\n") == result[:2]
    objects = [json.loads(line) for line in result.err.splitlines()]
    assert [(1, 4), (75, 100)] == [(each["numerator"], each["denominator"]) for each in objects]


def test_data_comes_before_the_rest_and_warnings_are_said(server: ServerProcess) -> None:
    script = f"printf 'first\\0' | {GEAR} report --data; {GEAR} report --warn careful; printf last"
    with gear_worker(server.port, "report-data", ["sh", "-c", script]):
        result = run_gear("submit", *at(server.port), "report-data", "x")
    assert Result(0, b"first\0last", "gear: report-data: careful\n") == result


def test_a_shell_can_write_to_the_descriptor_itself(server: ServerProcess) -> None:
    """The server knows it while the job runs."""
    script = (
        "echo 3 10 >&3; echo '# reading' >&3; cat >/dev/null; until [ -e /proc/self/x ]; do sleep 1; done"
    )
    with gear_worker(server.port, "report-shell", ["sh", "-c", script]), Wire(server.port) as client:
        handle = client.ask(P.SUBMIT_JOB_BG, b"report-shell", b"", b"x")[1][0]
        wait_until(lambda: client.ask(P.GET_STATUS, handle)[1][3:] == [b"3", b"10"])
        assert b"OK\r\n" == client.line(b"cancel job " + handle)


def test_many_reports_are_few_packets_and_the_last_is_among_them(server: ServerProcess) -> None:
    script = "for i in $(seq 500); do echo $i 500 >&3; done"
    with gear_worker(server.port, "report-many", ["sh", "-c", script]), Wire(server.port) as client:
        client.ask(P.SUBMIT_JOB, b"report-many", b"", b"x")
        statuses = []
        while (packet := client.packet())[0] is P.WORK_STATUS:
            statuses.append(packet[1][1:])
    assert P.WORK_COMPLETE == packet[0]
    assert [b"500", b"500"] == statuses[-1]
    assert len(statuses) < 50


def test_the_parser_says_the_same() -> None:
    """It is asked where somebody wants help too."""
    assert 2 == exit_of("report", "nonsense")

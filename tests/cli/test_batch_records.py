"""What the records of a batch may say, and when their jobs are due: --jsonl, --in, --at."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from gearcli.client.admin import Admin
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from tests.cli.batches import objects, submit
from tests.cli.driving import Result, take_job
from tests.support import ServerProcess, Wire

# -- --jsonl -----------------------------------------------------------------------------


def job(server: ServerProcess, handle: str) -> dict[str, Any]:
    """What the server knows of a job."""
    with Admin(Address("127.0.0.1", server.port)) as admin:
        return admin.job(handle.encode())


def test_every_key_of_a_record_counts(server: ServerProcess) -> None:
    due = int(time.time()) + 3600
    lines = [
        {"function": "batch-keys", "workload": "naïve", "unique": "first", "background": True},
        {"workload_base64": "/wA=", "priority": "high", "background": True},
        {"workload": "x", "priority": "low", "background": True},
        {"workload": "later", "at": due},
        {"workload": "later", "at": f"@{due}", "background": False},
    ]
    stdin = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    result = submit(server, "batch-other", "--jsonl", "-k", stdin=stdin)
    jobs = [job(server, handle) for handle in result.out.decode().splitlines()]
    assert [
        ("batch-keys", "normal", "waiting", 6, None),
        ("batch-other", "high", "waiting", 2, None),
        ("batch-other", "low", "waiting", 1, None),
        ("batch-other", "normal", "delayed", 5, due),
        ("batch-other", "normal", "delayed", 5, due),
    ] == [(job["function"], job["priority"], job["state"], job["size"], job["due"]) for job in jobs]
    assert "first" == jobs[0]["unique"]
    assert all(job["background"] for job in jobs)


def test_bytes_arrive_as_they_are(server: ServerProcess, cat: str) -> None:
    lines = b'{"workload_base64": "/wA="}\n\n{"workload": "a\\u0000b"}\n'
    result = submit(server, cat, "--jsonl", "-k", "--raw", stdin=lines)
    assert Result(0, b"\xff\0a\0b", "") == result


def test_a_record_in_the_background_has_a_handle_among_results(server: ServerProcess, cat: str) -> None:
    lines = b'{"workload": "x"}\n{"function": "batch-behind", "background": true}\n'
    result = submit(server, cat, "--jsonl", "-k", stdin=lines)
    assert re.fullmatch(rb"x\nH:\S+\n", result.out)


def test_options_are_for_records_that_say_nothing(server: ServerProcess) -> None:
    result = submit(server, "batch-default", "--jsonl", "-b", "-p", "low", stdin=b"{}\n")
    found = job(server, result.out.decode().strip())
    assert ("batch-default", "low", 0) == (found["function"], found["priority"], found["size"])


def test_a_wrong_line_ends_the_batch_and_those_before_it_are_answered(
    server: ServerProcess, cat: str
) -> None:
    lines = b'{"workload": "1"}\n{"workload": "2"}\n{"workload": 3}\n{"workload": "4"}\n'
    result = submit(server, cat, "--jsonl", "-k", stdin=lines)
    assert Result(2, b"1\n2\n", "gear: line 3 of standard input: workload must be text in quotes\n") == result


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON at column 2"),
        ('{"workload": "x", "wrklod": "y"}', 'unknown key "wrklod"'),
        ("{}", "it has no function, and no FUNCTION was given"),
        ('{"function": ""}', "function must not be empty; leave it out"),
        ('{"function": "a\\u0000b"}', "function cannot contain a NUL"),
        ('{"function": "f", "unique": "a\\u0000b"}', "unique cannot contain a NUL"),
        ('{"function": "f", "unique": ""}', "unique must not be empty; leave it out"),
        (f'{{"function": "f", "unique": "{"k" * 65}"}}', "a unique has at most 64 bytes; this one has 65"),
        ('{"function": "f", "at": "soon"}', "'soon' is not a time"),
        ('{"function": "f", "at": 1, "priority": "high"}', "a job that is due later has normal priority"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(server: ServerProcess, cat: str, line: str, reason: str) -> None:
    before = json.dumps({"function": cat, "workload": "x"})
    result = submit(server, "--jsonl", stdin=f"{before}\n{line}\n".encode())
    assert (2, b"x\n") == result[:2]
    assert reason in result.err
    assert result.err.startswith("gear: line 2 of standard input: ")


def test_a_wrong_line_is_said_with_its_file(server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("\n[]\n")
    result = submit(server, "f", "--jsonl", "-f", str(tmp_path / "jobs"))
    assert (2, f"gear: line 2 of {tmp_path}/jobs: ") == (result.status, result.err.split("not an")[0])


# -- --in, --at --------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--in=1h", "--at=2099-01-01 08:00", "--at=@4070937600"])
def test_a_job_that_is_due_later_is_not_handed_out_before(server: ServerProcess, option: str) -> None:
    function = f"batch{option[:4]}{len(option)}"
    result = submit(server, function, "x", option)
    assert (0, "") == (result.status, result.err)
    found = job(server, result.out.decode().strip())
    assert ("delayed", True) == (found["state"], found["background"])
    assert found["due"] >= time.time() + 3590
    with Wire(server.port) as worker:
        worker.say(PacketType.CAN_DO, function.encode())
        assert (PacketType.NO_JOB, []) == worker.ask(PacketType.GRAB_JOB)


def test_a_job_is_handed_out_when_it_is_due(server: ServerProcess) -> None:
    """To a worker that sleeps until then; neither before nor much later."""
    result = submit(server, "batch-due", "x", "--in", "1s")
    due = job(server, result.out.decode().strip())["due"]
    with Wire(server.port) as worker:
        assert b"x" == take_job(worker, b"batch-due")[1]
        late = time.time() - due
    assert 0.0 <= late < 0.5


def test_what_was_due_in_the_past_is_due_now(server: ServerProcess) -> None:
    assert 0 == submit(server, "batch-past", "x", "--at", "2001-01-01 00:00").status
    with Wire(server.port) as worker:
        assert b"x" == take_job(worker, b"batch-past")[1]


def test_each_record_can_be_due_later(server: ServerProcess) -> None:
    result = submit(server, "batch-all-later", "-n", "--in", "1h", "--json", stdin=b"1\n2\n")
    assert [(1, "queued"), (2, "queued")] == [(o["number"], o["status"]) for o in objects(result.out)]
    assert {"delayed"} == {job(server, each["handle"])["state"] for each in objects(result.out)}

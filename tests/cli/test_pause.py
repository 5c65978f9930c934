"""`gear pause`, and what `gear resume` says in the same way."""

from __future__ import annotations

import json

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, run_gear
from tests.support import ServerProcess, Wire


@pytest.mark.parametrize(
    ("command", "word", "paused"), [("pause", "paused", True), ("resume", "resumed", False)]
)
def test_what_is_said_of_a_function(server: ServerProcess, command: str, word: str, paused: bool) -> None:
    function = f"a function to {command}"
    with Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_BG, function.encode(), b"", b"x")
    said = f"gear: {function}: {word}; 1 queued, 0 running\n"
    assert Result(0, b"", said) == run_gear(command, *at(server.port), function)
    document = json.loads(run_gear(command, *at(server.port), function, "--json").out)
    assert (function, paused, 1) == (document["function"], document["paused"], document["queued"])


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_1_an_unknown_function(server: ServerProcess, command: str) -> None:
    result = run_gear(command, *at(server.port), f"{command}-no-such")
    said = f"gear: 127.0.0.1:{server.port} knows no function {command}-no-such; gear status shows all\n"
    assert Result(1, b"", said) == result


def test_its_jobs_are_held_back(server: ServerProcess) -> None:
    with Wire(server.port) as wire:
        wire.ask(PacketType.SUBMIT_JOB_BG, b"pause-held", b"", b"x")
        assert 0 == run_gear("pause", *at(server.port), "-q", "pause-held").status
        wire.say(PacketType.CAN_DO, b"pause-held")
        assert (PacketType.NO_JOB, []) == wire.ask(PacketType.GRAB_JOB)

"""`gear resume`."""

from __future__ import annotations

import json

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, run_gear
from tests.support import ServerProcess, Wire


def test_a_function(server: ServerProcess) -> None:
    function = "a function to resume"
    with Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_BG, function.encode(), b"", b"x")
    said = f"gear: {function}: resumed; 1 queued, 0 running\n"
    assert Result(0, b"", said) == run_gear("resume", *at(server.port), function)
    result = run_gear("resume", *at(server.port), function, "--json")
    document = json.loads(result.out)
    assert (function, False, 1) == (document["function"], document["paused"], document["queued"])


def test_76_an_unknown_function(server: ServerProcess) -> None:
    result = run_gear("resume", *at(server.port), "resume-no-such")
    assert Result(76, b"", f"gear: 127.0.0.1:{server.port} refused: function not found\n") == result

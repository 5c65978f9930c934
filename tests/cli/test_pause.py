"""`gear pause`."""

from __future__ import annotations

import json

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, run_gear
from tests.support import ServerProcess, Wire


def test_a_function(server: ServerProcess) -> None:
    function = "a function to pause"
    with Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_BG, function.encode(), b"", b"x")
    said = f"gear: {function}: paused; 1 queued, 0 running\n"
    assert Result(0, b"", said) == run_gear("pause", *at(server.port), function)
    result = run_gear("pause", *at(server.port), function, "--json")
    document = json.loads(result.out)
    assert (function, True, 1) == (document["function"], document["paused"], document["queued"])


def test_76_an_unknown_function(server: ServerProcess) -> None:
    result = run_gear("pause", *at(server.port), "pause-no-such")
    assert Result(76, b"", f"gear: 127.0.0.1:{server.port} refused: function not found\n") == result

"""`gear resume`; what it says is tested with `gear pause`."""

from __future__ import annotations

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, run_gear, take_job
from tests.support import ServerProcess, Wire


def test_jobs_that_were_held_back_are_given_out_again(server: ServerProcess) -> None:
    with Wire(server.port) as wire:
        wire.ask(PacketType.SUBMIT_JOB_BG, b"resume-held", b"", b"x")
        assert 0 == run_gear("pause", *at(server.port), "-q", "resume-held").status
        assert Result(0, b"", "") == run_gear("resume", *at(server.port), "-q", "resume-held")
        assert b"x" == take_job(wire, b"resume-held")[1]

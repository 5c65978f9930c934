"""`gear purge`: what waits is thrown away, when that is wanted."""

from __future__ import annotations

import json

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, counts, exit_of, run_gear
from tests.cli.test_dead import killer, told
from tests.cli.test_dead import strict as strict
from tests.client.answering import answering
from tests.support import ServerProcess, Wire, free_port, gear_serve


def fill(server: ServerProcess, function: str) -> None:
    with Wire(server.port) as client:
        for _ in range(2):
            client.ask(PacketType.SUBMIT_JOB_BG, function.encode(), b"", b"x")


def test_what_waits_is_gone(server: ServerProcess) -> None:
    fill(server, "purge me")
    assert Result(0, b"", "gear: purge me: 2 jobs purged\n") == run_gear(
        "purge", *at(server.port), "-y", "purge me"
    )
    assert (0, 0, 0) == counts(server.port, "purge me")


def test_json(server: ServerProcess) -> None:
    fill(server, "purge-json")
    result = run_gear("purge", *at(server.port), "--yes", "--json", "purge-json")
    assert (0, "") == (result.status, result.err)
    assert {"server": f"127.0.0.1:{server.port}", "function": "purge-json", "purged": 2} == json.loads(
        result.out
    )


def test_2_nobody_can_be_asked(server: ServerProcess) -> None:
    fill(server, "purge-unasked")
    said = "gear: purging destroys jobs, and there is no terminal to ask on; say --yes\n"
    assert Result(2, b"", said) == run_gear("purge", *at(server.port), "purge-unasked", stdin=b"y\n")
    assert (2, 0, 0) == counts(server.port, "purge-unasked")


def test_1_an_unknown_function(server: ServerProcess) -> None:
    result = run_gear("purge", *at(server.port), "-y", "purge-no-such")
    said = f"gear: 127.0.0.1:{server.port} knows no function purge-no-such; gear status shows all\n"
    assert Result(1, b"", said) == result


def test_dead_ones_are_thrown_away(strict: ServerProcess) -> None:
    killer(strict, b"purge-dead")
    fill(strict, "purge-dead")
    unasked = run_gear("purge", *at(strict.port), "--dead", "purge-dead")
    assert (2, b"") == (unasked.status, unasked.out)
    result = run_gear("purge", *at(strict.port), "--dead", "-y", "purge-dead")
    assert Result(0, b"", "gear: purge-dead: 1 dead job purged\n") == result
    assert (2, 0, 0) == counts(strict.port, "purge-dead")
    assert [] == told(strict, "purge-dead")["jobs"]


def test_all_functions() -> None:
    with gear_serve("--job-retries", "0") as server:
        for name in ("one", "two"):
            fill(server, name)
        killer(server, b"three")
        both = run_gear("purge", *at(server.port), "--all", "-y")
        assert Result(0, b"", "gear: one: 2 jobs purged\ngear: two: 2 jobs purged\n") == both
        dead = run_gear("purge", *at(server.port), "--all", "--dead", "-y")
        assert Result(0, b"", "gear: three: 1 dead job purged\n") == dead
        none = run_gear("purge", *at(server.port), "--all", "--dead", "-y")
        assert Result(0, b"", "gear: no function has dead jobs\n") == none
        assert Result(0, b"", "") == run_gear("purge", *at(server.port), "--all", "-y", "-q")


@pytest.mark.parametrize("which", [[], ["--all", "f"]])
def test_2_it_has_to_be_said_which(which: list[str]) -> None:
    said = "gear: name each FUNCTION, or say --all\n"
    assert Result(2, b"", said) == run_gear("purge", *at(free_port()), "-y", *which)


def test_76_all_functions_of_a_server_that_tells_none(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"functions": b"ERR unknown_command Unknown+server+command\r\n"}) as server:
        assert 76 == exit_of("purge", "-s", str(server.address), "--all", "-y")
    out, err = capfd.readouterr()
    assert ("", False) == (out, "no function has" in err)

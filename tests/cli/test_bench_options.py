"""The options of `gear bench`."""

from __future__ import annotations

import pytest

from tests.cli.driving import at, exit_of, run_gear
from tests.support import ServerProcess


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["submit", "speed"], "'speed' is not a workload; there are submit, drain, cycle, latency"),
        (["-s", "other:1"], "one server is measured at a time, not 2"),
        (["-f", ""], "a function has a name"),
        (["--size", "65M"], "a workload has at most 64M"),
        (["--size", "large"], "'large' is not a size"),
        (["-n", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage(
    server: ServerProcess, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert 2 == exit_of("bench", *at(server.port), *arguments)
    out, err = capfd.readouterr()
    assert "" == out
    assert said in " ".join(err.split())


def test_a_random_function_is_another_every_time(server: ServerProcess) -> None:
    said = {run_gear("bench", *at(server.port), "-n", "1", "submit").err for _ in range(2)}
    assert 2 == len(said)

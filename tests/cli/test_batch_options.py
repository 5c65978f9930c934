"""Options that `submit` and `run` share."""

from __future__ import annotations

import pytest

from tests.cli.driving import exit_of


@pytest.mark.parametrize("command", ["submit", "run"])
@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ("--halt=later,fail=1", "is not a rule for --halt"),
        ("--halt=now,fail=0", "is not a rule for --halt"),
        ("--retries=-1", "-1 is not in the range x>=0"),
        ("--progress=fancy", "'fancy' is no kind of progress: auto, bar, plain, json or none"),
        ("--resume", "--resume and --resume-failed need --joblog FILE"),
    ],
)
def test_a_wrong_value_is_said_with_its_reason(
    command: str, option: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 2 == exit_of(command, option, "true")
    out, err = capfd.readouterr()
    assert "" == out
    assert reason in " ".join(err.split())

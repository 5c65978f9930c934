"""Options that `submit` and `run` share."""

from __future__ import annotations

import pytest

from gearcli.cli.batch_options import check_log
from gearcli.errors import UsageError
from tests.cli.driving import exit_of


@pytest.mark.parametrize(
    ("joblog", "resume", "resume_failed"),
    [(None, False, False), ("log", False, False), ("log", True, False), ("log", False, True)],
)
def test_what_goes_together(joblog: str | None, resume: bool, resume_failed: bool) -> None:
    check_log(joblog, resume, resume_failed)


@pytest.mark.parametrize(("resume", "resume_failed"), [(True, False), (False, True), (True, True)])
def test_what_nobody_wrote_down_cannot_be_resumed(resume: bool, resume_failed: bool) -> None:
    with pytest.raises(UsageError, match="--resume and --resume-failed need --joblog FILE, which says what"):
        check_log(None, resume, resume_failed)


def test_there_is_one_way_to_resume() -> None:
    with pytest.raises(UsageError, match="--resume and --resume-failed exclude each other; choose one"):
        check_log("log", True, True)


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

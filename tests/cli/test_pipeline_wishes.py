"""Wishes that a pipeline cannot grant are refused before anything is connected to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gearcli.cli.makers import Template
from gearcli.cli.pipeline import Pipeline, Wishes, check_log
from gearcli.client.records import Given
from gearcli.errors import InputError, OutputError, UsageError


def refused(wishes: Wishes) -> None:
    """Nothing is connected to."""
    Pipeline(wishes, Given([b"a"]), Template(b"f").task, batch=True, once=True)


def test_contradictions(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    with pytest.raises(UsageError, match="need --joblog FILE"):
        refused(Wishes(resume=True))
    with pytest.raises(UsageError, match="exclude each other"):
        refused(Wishes(joblog=log, resume=True, resume_failed=True))
    with pytest.raises(UsageError, match="--tag does not go with it"):
        refused(Wishes(joblog=log, json=True, tag=True))
    assert not os.path.exists(log)


def test_a_log_that_is_none(tmp_path: Path) -> None:
    """It is left as it is."""
    (tmp_path / "letter").write_text("Dear all\n")
    with pytest.raises(InputError, match=r"line 1 of .*letter does not belong in a job log"):
        refused(Wishes(joblog=str(tmp_path / "letter"), resume=True))
    assert "Dear all\n" == (tmp_path / "letter").read_text()


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=f"cannot write the job log {tmp_path}: is a directory"):
        refused(Wishes(joblog=str(tmp_path)))


def test_a_folder_that_cannot_be_made_costs_no_log(tmp_path: Path) -> None:
    """The log of an earlier run is not emptied for a run that cannot begin."""
    (tmp_path / "log").write_text("of an earlier run\n")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=f"cannot write {tmp_path}/file: file exists"):
        refused(Wishes(joblog=str(tmp_path / "log"), folder=str(tmp_path / "file")))
    assert "of an earlier run\n" == (tmp_path / "log").read_text()


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

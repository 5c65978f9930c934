"""What `gear submit` does once its command line is understood."""

from __future__ import annotations

import inspect

import pytest

from gearcli.cli.submit import submit
from gearcli.cli.submitting import Asked, submitted
from gearcli.errors import ConnectFailed, InputError, UsageError
from tests.cli.driving import counts
from tests.support import ServerProcess, free_port


def test_what_is_asked_are_the_parameters_of_the_command() -> None:
    assert Asked._fields == tuple(inspect.signature(submit).parameters)


def test_a_job_is_submitted(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    asked = Asked("submitting-later", ["x"], [f"127.0.0.1:{server.port}"], background=True)
    assert 0 == submitted(asked)
    assert capfd.readouterr().out.startswith("H:")
    assert (1, 0, 0) == counts(server.port, "submitting-later")


def test_what_goes_wrong_is_raised() -> None:
    nobody = [f"127.0.0.1:{free_port()}"]
    with pytest.raises(UsageError, match="name the FUNCTION"):
        submitted(Asked(server=nobody))
    with pytest.raises(InputError, match="cannot read /no/such/file"):
        submitted(Asked("f", file=["/no/such/file"], server=nobody))
    with pytest.raises(ConnectFailed, match="Is a job server running"):
        submitted(Asked("f", ["x"], nobody))


def test_a_dry_run_connects_to_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == submitted(Asked("f", ["x"], ["no-such-host.invalid"], dry_run=True))
    assert "f" in capfd.readouterr().out


def test_a_time_that_has_passed_is_said(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    words = "gear: the time of --at has passed: the job runs as soon as a worker takes it\n"
    asked = Asked("submitting-past", ["x"], [f"127.0.0.1:{server.port}"], at=1e9)
    for each, said in ((asked, words), (asked._replace(quiet=True), ""), (asked._replace(at=9e9), "")):
        assert 0 == submitted(each)
        assert said == capfd.readouterr().err
    asked = asked._replace(at=None, delay=0.0)
    assert 0 == submitted(asked)
    assert "" == capfd.readouterr().err

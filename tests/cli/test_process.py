"""A command line as a process: errors, exit statuses, closed standard descriptors."""

from __future__ import annotations

import os
import subprocess

import pytest

from gearcli.cli import process
from gearcli.cli.exits import ExitStatus
from gearcli.cli.process import status_of
from gearcli.errors import ConnectFailed
from tests.cli.driving import Result, at
from tests.support import DEADLINE, ServerProcess, clean_environment, gear


def raising(error: BaseException) -> int:
    """A command that ends in an error."""
    raise error


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ConnectFailed("nobody \x1b there"), ExitStatus.UNREACHABLE, "gear: nobody \\x1b there\n"),
        (KeyboardInterrupt(), ExitStatus.INTERRUPTED, "gear: interrupted\n"),
        (BrokenPipeError(), ExitStatus.PIPE, ""),
    ],
)
def test_errors_become_messages(
    error: BaseException, status: ExitStatus, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status == status_of(lambda: raising(error))
    assert ("", said) == capfd.readouterr()


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        status_of(lambda: raising(ZeroDivisionError()))


# -- closed standard descriptors -----------------------------------------------------------


def with_closed(redirection: str, *arguments: str) -> Result:
    """Run `gear` from a shell that closes a descriptor before."""
    command = ["sh", "-c", f'exec "$@" {redirection}', "sh", *gear(*arguments)]
    done = subprocess.run(
        command, capture_output=True, input=b"", timeout=DEADLINE, env=clean_environment(), check=False
    )
    assert b"Traceback" not in done.stderr
    return Result(done.returncode, done.stdout, done.stderr.decode())


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--", "echo"]])
def test_a_closed_output_cannot_be_written(arguments: list[str]) -> None:
    redirection = ">&- <<.\nrecord\n.\n"
    result = with_closed(redirection, *arguments)
    assert Result(74, b"", "gear: cannot write the output: bad file descriptor\n") == result


def test_a_closed_output_is_not_a_connection(server: ServerProcess, cat: str) -> None:
    """The lowest free descriptor would be that of the socket: the result would go to the server."""
    result = with_closed(">&-", "submit", *at(server.port), cat, "x")
    assert Result(74, b"", "gear: cannot write the output: bad file descriptor\n") == result


def test_a_closed_input_cannot_be_read(server: ServerProcess, cat: str) -> None:
    for command in (["submit", *at(server.port), cat], ["run", "--", "cat"]):
        result = with_closed("<&-", *command)
        assert Result(66, b"", "gear: cannot read standard input: bad file descriptor\n") == result


def test_messages_that_nobody_reads_are_no_error(server: ServerProcess, cat: str) -> None:
    assert Result(0, b"x", "") == with_closed("2>&-", "submit", *at(server.port), cat, "-v", "x")
    assert Result(2, b"", "") == with_closed("2>&-", "submit")


def test_open_descriptors_stay_what_they_are() -> None:
    before = [os.fstat(number) for number in range(3)]
    process._occupy_standard_descriptors()
    assert before == [os.fstat(number) for number in range(3)]

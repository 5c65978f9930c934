"""The app: the list of commands, the help, and how the unexpected ends."""

from __future__ import annotations

import os
import subprocess

import pytest

from gearcli import __version__
from gearcli.cli import app
from gearcli.cli.app import COMMANDS
from gearcli.cli.exits import ExitStatus
from gearcli.errors import ConnectFailed
from tests.cli.driving import Result, at, exit_of
from tests.support import DEADLINE, ServerProcess, clean_environment, gear


def test_the_help_names_every_command(capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("--help")
    words = capfd.readouterr().out.split()
    assert [] == [command for command in COMMANDS if command not in words]


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(command: str, option: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of(command, option)
    out, err = capfd.readouterr()
    assert f"Usage: gear {command} [OPTIONS]" in out
    assert "" == err


def test_a_help_off_a_terminal_is_plain(capfd: pytest.CaptureFixture[str]) -> None:
    exit_of("submit", "--help")
    out = capfd.readouterr().out
    assert set() == set("\x1b╭│╰") & set(out)


def test_nothing_to_do_is_wrong_usage_with_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of()
    assert "Usage: gear [OPTIONS] COMMAND" in "".join(capfd.readouterr())


def test_the_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("--version")
    assert f"gear {__version__}\n" == capfd.readouterr().out


def test_an_unknown_command_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("sumbit")
    assert "No such command 'sumbit'. Did you mean 'submit'?" in capfd.readouterr().err


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
    assert status == app._status_of(lambda: raising(error))
    assert ("", said) == capfd.readouterr()


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        app._status_of(lambda: raising(ZeroDivisionError()))


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
    app._occupy_standard_descriptors()
    assert before == [os.fstat(number) for number in range(3)]

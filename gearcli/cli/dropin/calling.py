"""The tool by whose name the program was called, as a process."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import NoReturn

from gearcli.cli.dropin.saying import say
from gearcli.cli.exits import ExitStatus, exit_status
from gearcli.cli.process import end
from gearcli.errors import GearError


def run_as(tool: str, arguments: Sequence[str]) -> NoReturn:
    """Be a tool, and end the process with its exit status.

    Each is the function `run` of the module of its name, which returns that status.
    """
    end(lambda: _status(tool, arguments))


def _status(tool: str, arguments: Sequence[str]) -> int:
    run = importlib.import_module(f"gearcli.cli.dropin.{tool}").run
    try:
        status: int = run(arguments)
    except BrokenPipeError:
        return ExitStatus.PIPE
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED
    except GearError as error:
        say(tool, str(error))
        return exit_status(error)
    return status

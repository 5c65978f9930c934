"""What the commands of an operator share: all servers are asked, and those that do not answer are named."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import typer

from gearcli.cli.exits import ExitStatus, exit_status, worst
from gearcli.cli.options import Reach
from gearcli.cli.output import failure, message, on_terminal, write_text
from gearcli.client.admin import Admin
from gearcli.client.survey import Answer, survey
from gearcli.errors import FunctionUnknown, ServerError, UsageError

T = TypeVar("T")


def ask(reached: Reach, question: Callable[[Admin], T]) -> list[Answer[T]]:
    """The answers of all servers, in the order in which they were named."""
    return survey(reached.servers, question, connect_timeout=reached.connect_timeout)


def say_failures(answers: Iterable[Answer[T]]) -> ExitStatus:
    """Say which servers did not answer and why; the exit status that this means."""
    statuses = set()
    for answer in answers:
        if answer.error is not None:
            message(failure(answer.address, answer.error))
            statuses.add(exit_status(answer.error))
    return worst(statuses)


def where_known(answers: list[Answer[T]]) -> list[Answer[T]]:
    """The answers without those of servers that do not know a function which another one knows."""
    known = [answer for answer in answers if not _unknown(answer)]
    return known or answers


def unknown_command(error: ServerError) -> bool:
    """Whether a server refused because it does not know the command, as gearmand does not know ours."""
    return error.code.upper() == "UNKNOWN_COMMAND"


def _unknown(answer: Answer[T]) -> bool:
    return isinstance(answer.error, FunctionUnknown)


def write_object(keys: Mapping[str, Any]) -> None:
    """One object of JSON on a line."""
    write_text(json.dumps(keys) + "\n")


def confirmed(question: str, what: str, *, yes: bool) -> bool:
    """Whether to do what destroys something: `yes` says so, or the person at the terminal.

    `what` is said to be done, such as ``purging destroys jobs``, in the
    UsageError where there is no terminal.
    """
    if yes:
        return True
    if not (on_terminal(0) and on_terminal(2)):
        raise UsageError(f"{what}, and there is no terminal to ask on; say --yes")
    try:
        # Part of the prompt would go to standard output, where data belongs and nothing else.
        with contextlib.redirect_stdout(sys.stderr):
            return typer.confirm(question, err=True)
    except typer.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        return False

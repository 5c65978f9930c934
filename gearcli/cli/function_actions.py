"""Doing something to functions, on every server that knows them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import typer

from gearcli.cli.asking import ask, say_failures, where_known, write_object
from gearcli.cli.exits import ExitStatus, worst
from gearcli.cli.function_formats import function_keys
from gearcli.cli.options import Reach
from gearcli.cli.output import message
from gearcli.client.admin import Admin
from gearcli.client.documents import FunctionState
from gearcli.escape import shown

T = TypeVar("T")

Functions = Annotated[list[str], typer.Argument(metavar="FUNCTION...", help="As `gear status` shows it.")]


def switch_functions(
    reached: Reach,
    functions: Sequence[str],
    action: Callable[[Admin, bytes], FunctionState],
    done: str,
    *,
    as_json: bool,
    quiet: bool,
) -> ExitStatus:
    """Have jobs of functions held back, or given out again; `done` says so in a word."""
    return do_to_functions(
        reached,
        functions,
        action,
        words=lambda state: f"{done}; {state.queued} queued, {state.running} running",
        keys=function_keys,
        as_json=as_json,
        quiet=quiet,
    )


def do_to_functions(
    reached: Reach,
    functions: Sequence[str],
    action: Callable[[Admin, bytes], T],
    *,
    words: Callable[[T], str],
    keys: Callable[[T], Mapping[str, Any]],
    as_json: bool,
    quiet: bool,
) -> ExitStatus:
    """Do it to each function, and tell of each what was done; the exit status.

    A server that does not know a function is passed over if another one does.
    In JSON an object for each function and server: ``server``, ``function`` and `keys`.
    """
    statuses = set()
    for function in dict.fromkeys(functions):
        name = os.fsencode(function)
        answers = where_known(ask(reached, lambda admin, name=name: action(admin, name)))  # type: ignore[misc]
        for answer in answers:
            if answer.value is None:
                continue
            if as_json:
                write_object({"server": str(answer.address), "function": shown(name), **keys(answer.value)})
            elif not quiet:
                where = f" on {answer.address}" if len(reached.servers) > 1 else ""
                message(f"{shown(name)}: {words(answer.value)}{where}")
        statuses.add(say_failures(answers))
    return worst(statuses)

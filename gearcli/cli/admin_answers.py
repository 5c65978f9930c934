"""How `gear admin` sends a command to servers, and shows what each answers; the options that say where."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gearcli.cli.asking import ask, say_failures, write_object
from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import ConnectTimeout, Context, Json, Servers, parameter, presented, reach
from gearcli.cli.output import with_tabs, write_text
from gearcli.client.admin import Admin
from gearcli.escape import shown
from gearcli.protocol.text import ConnectionRow

T = TypeVar("T")


class Sent:
    """A command on its way to servers, and how its answers are shown."""

    def __init__(
        self, server: list[str] | None, context: str | None, connect_timeout: float | None, as_json: bool
    ) -> None:
        self._reached = reach(server, context, connect_timeout)
        self._as_json = as_json

    @property
    def servers(self) -> str:
        """The servers, for people."""
        return ", ".join(map(str, self._reached.servers))

    def line(self, key: str, question: Callable[[Admin], T]) -> ExitStatus:
        """Show an answer of one line."""
        return self.tell(question, lambda value: [str(value)], lambda value: {key: value})

    def done(self, question: Callable[[Admin], None]) -> ExitStatus:
        """Say that it is done."""

        def do(admin: Admin) -> bool:
            question(admin)
            return True

        return self.tell(do, lambda _: ["OK"], lambda done: {"ok": done})

    def rows(
        self, name: str, question: Callable[[Admin], Sequence[tuple[Any, ...]]], keys: Sequence[str]
    ) -> ExitStatus:
        """Show rows that begin with a name."""
        return self.tell(
            question,
            lambda rows: list(map(_row_line, rows)),
            lambda rows: {name: [dict(zip(keys, map(_in_json, row), strict=True)) for row in rows]},
        )

    def tell(
        self,
        question: Callable[[Admin], T],
        lines: Callable[[T], list[str]],
        keys: Callable[[T], Mapping[str, Any]],
    ) -> ExitStatus:
        """Ask, show what is answered, and name who does not answer; the exit status."""
        answers = ask(self._reached, question)
        for answer in answers:
            if answer.value is None:
                continue
            if self._as_json:
                write_object({"server": str(answer.address), **keys(answer.value)})
            else:
                before = f"{answer.address}\t" if len(answers) > 1 else ""
                write_text("".join(f"{before}{line}\n" for line in lines(answer.value)))
        return say_failures(answers)


_OPTIONS = (
    parameter("server", Servers, None),
    parameter("context", Context, None),
    parameter("json", Json, False),
    parameter("connect_timeout", ConnectTimeout, None),
)


def to_servers(command: Callable[..., int]) -> Callable[..., int]:
    """The command with the options that say to which servers it is sent, and how answers are shown.

    What they say it is given as a `Sent`, its first parameter.
    """

    def sending(
        *,
        server: list[str] | None,
        context: str | None,
        json: bool,
        connect_timeout: float | None,
        **own: Any,
    ) -> int:
        return command(Sent(server, context, connect_timeout, json), **own)

    _, *own = inspect.signature(command, eval_str=True).parameters.values()
    keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
    return presented(sending, command, [*keywords, *_OPTIONS])


def _row_line(row: tuple[Any, ...]) -> str:
    """A row as gearmand writes it: a name and numbers."""
    name, *numbers = row
    return "\t".join([with_tabs(name), *(str(int(number)) for number in numbers)])


def _in_json(value: object) -> object:
    return shown(value) if isinstance(value, bytes) else value


def connection_line(row: ConnectionRow) -> str:
    """A connection as gearmand writes it."""
    functions = "".join(f" {shown(function)}" for function in row.functions)
    return f"{row.number} {shown(row.host)} {shown(row.client_id)} :{functions}"


def connection_keys(row: ConnectionRow) -> dict[str, Any]:
    """A connection as an object of JSON."""
    keys = {key: _in_json(value) for key, value in row._asdict().items()}
    return {**keys, "functions": list(map(shown, row.functions))}

"""The options of TLS, which every command has that talks to servers.

They are added to such a command from outside, so that none has to name them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from gearcli.cli.config import Wish
from gearcli.cli.options import parameter, presented
from gearcli.cli.reach import CA, CERT, KEY, ask


def securing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with the options of TLS, if it talks to servers; else the command."""
    signature = inspect.signature(command, eval_str=True)
    if "connect_timeout" not in signature.parameters:
        return command

    def secured(
        *args: Any, tls: bool, ca: str | None, cert: str | None, key: str | None, **kwargs: Any
    ) -> Any:
        ask(Wish(tls or None, ca, cert, key))
        return command(*args, **kwargs)

    more = [parameter(name, annotation, default) for name, (annotation, default) in _OPTIONS.items()]
    return presented(secured, command, [*signature.parameters.values(), *more])


def _file(name: str, variable: str, help: str) -> Any:
    option = typer.Option(name, metavar="FILE", help=f"{help} Default: ${variable}.")
    return Annotated[str | None, option]


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "tls": (
        Annotated[bool, typer.Option("--tls", help="Speak TLS; to name one of its files says so too.")],
        False,
    ),
    "ca": (_file("--ca", CA, "Authorities that vouch for the server."), None),
    "cert": (_file("--cert", CERT, "Our certificate."), None),
    "key": (_file("--key", KEY, "Its key, if that is not in the same file."), None),
}

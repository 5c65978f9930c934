"""Options that several commands share, each defined once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from gearcli.cli.reach import Reach as Reach
from gearcli.cli.reach import reach as reach
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.errors import AddressError, UsageError
from gearcli.protocol.address import Address, parse
from gearcli.units import duration

T = TypeVar("T")


def parsed(parse: Callable[[str], T]) -> Callable[[str], T]:
    """A parser for an option: what is wrong with a value is said as a usage error."""

    def convert(text: str) -> T:
        try:
            return parse(text)
        except UsageError as error:
            raise typer.BadParameter(str(error)) from None

    convert.__name__ = parse.__name__.upper()
    return convert


def lasting(*names: str, help: str, **more: Any) -> Any:
    """An option whose value is a duration."""
    return typer.Option(*names, metavar="DURATION", parser=parsed(duration), help=help, **more)


def every(help: str) -> Any:
    """The option that says how often something is done, or how long the pause between is."""
    return lasting("-i", "--interval", help=help)


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser that takes one of some words."""

    def choice(text: str) -> str:
        if text not in choices:
            raise UsageError(f"{text!r} is not one of {', '.join(choices)}")
        return text

    return choice


def parameter(name: str, annotation: Any, default: object) -> inspect.Parameter:
    """An option that is added to commands from outside."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def presented(
    call: Callable[..., Any], command: Callable[..., Any], parameters: Sequence[inspect.Parameter]
) -> Callable[..., Any]:
    """A function that is called in the place of a command, as Typer shall see it: with these parameters."""
    functools.update_wrapper(call, command)
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    return call


def page_address(text: str, default_port: int = -1) -> Address:
    """Where pages are to be served: ``9100`` and ``:9100`` on loopback, ``HOST:PORT``, ``unix:/path``.

    Without a `default_port` one has to be named.  Raises AddressError.
    """
    alone = text.isascii() and text.isdigit()
    address = parse(f":{text}" if alone else text, default_host="127.0.0.1", default_port=default_port)
    if address.port < 0:
        raise AddressError(f"{text!r} names no port; write 9100, or HOST:9100")
    return address


Servers = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--server",
        metavar="ADDR",
        help="Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. "
        "Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.",
    ),
]
Context = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        help="Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.",
    ),
]
ConnectTimeout = Annotated[
    float | None,
    lasting("--connect-timeout", help=f"How long connecting may take. Default: {CONNECT_TIMEOUT:g}s."),
]
Grace = Annotated[float, lasting("--grace", help="How long TERM and INT wait for running jobs.")]
Lines = Annotated[bool, typer.Option("-n", "--lines", help="One job per line.")]
Null = Annotated[bool, typer.Option("-0", "--null", help="One job per NUL-terminated record.")]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="S",
        help="One job per record that ends with S; \\t, \\n, \\x1e and the like are understood.",
    ),
]
Raw = Annotated[bool, typer.Option("--raw", help="Add nothing between results.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")]
Verbose = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="Say more; repeatable.", show_default=False)
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
HideEmpty = Annotated[bool, typer.Option("--hide-empty", help="Leave out functions without jobs.")]
Handles = Annotated[list[str], typer.Argument(metavar="HANDLE...", help="As `gear submit -b` prints it.")]

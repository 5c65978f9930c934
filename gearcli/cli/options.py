"""Options that several commands share, each defined once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated, NamedTuple, TypeVar

import typer

from gearcli.cli import config
from gearcli.cli.security import settled
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.errors import AddressError, UsageError
from gearcli.protocol.address import ENVIRONMENT, Address, parse, parse_list, servers
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


def page_address(text: str) -> Address:
    """Where pages are to be served: ``9100`` and ``:9100`` on loopback, ``HOST:PORT``, ``unix:/path``.

    Raises AddressError.
    """
    address = parse(f":{text}" if text.isdigit() else text, default_host="127.0.0.1", default_port=-1)
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
        show_default=False,
    ),
]
Context = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        help="Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.",
        show_default=False,
    ),
]
ConnectTimeout = Annotated[
    float | None,
    typer.Option(
        "--connect-timeout",
        metavar="DURATION",
        parser=parsed(duration),
        help="How long connecting may take. Default: 5s.",
        show_default=False,
    ),
]
Grace = Annotated[
    float,
    typer.Option(
        "--grace",
        metavar="DURATION",
        parser=parsed(duration),
        help="How long TERM and INT wait for running jobs.",
    ),
]
Lines = Annotated[bool, typer.Option("-n", "--lines", help="One job per line.")]
Null = Annotated[bool, typer.Option("-0", "--null", help="One job per NUL-terminated record.")]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="S",
        help="One job per record that ends with S; \\t, \\n, \\x1e and the like are understood.",
        show_default=False,
    ),
]
Raw = Annotated[bool, typer.Option("--raw", help="Add nothing between results.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")]
Verbose = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="Say more; repeatable.", show_default=False)
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Reach(NamedTuple):
    """Which servers to talk to, and the seconds that connecting to one may take."""

    servers: list[Address]
    connect_timeout: float


def reach(server: list[str] | None, context: str | None, connect_timeout: float | None) -> Reach:
    """What the options, the environment and the config file say, in this order.

    A context that is named on the command line goes before the environment,
    as an option does.  Raises UsageError or ConfigError.
    """
    if server and not parse_list(server):
        raise UsageError("-s names no server; write host, host:port, [::1]:port or unix:/path")
    chosen, defaults = config.load(context, os.environ)
    found = (
        parse_list(server or [])
        or (chosen.servers if context is not None else None)
        or _from_environment()
        or chosen.servers
        or defaults.servers
        or servers([], {})
    )
    seconds = (connect_timeout, chosen.connect_timeout, defaults.connect_timeout, CONNECT_TIMEOUT)
    tls = settled(chosen.tls, defaults.tls, os.environ)
    found = [address if address.path else address._replace(tls=tls) for address in found]
    return Reach(found, next(each for each in seconds if each is not None))


def _from_environment() -> list[Address]:
    """The servers of the first variable that names some."""
    lists = (parse_list([os.environ.get(name, "")]) for name in ENVIRONMENT)
    return next(filter(None, lists), [])

"""Which servers a command talks to: options, environment and config file in their order."""

from __future__ import annotations

import os
from typing import NamedTuple

from gearcli.cli import config
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.errors import UsageError
from gearcli.protocol.address import Address, parse_list


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
    given = parse_list(server or [])
    found = config.servers_of(given, config.Config(chosen, defaults), os.environ, named=context is not None)
    seconds = (connect_timeout, chosen.connect_timeout, defaults.connect_timeout, CONNECT_TIMEOUT)
    return Reach(found, next(each for each in seconds if each is not None))

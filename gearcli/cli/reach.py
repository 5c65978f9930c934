"""Which servers a command talks to: options, environment and config file in their order."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from gearcli.cli import config
from gearcli.cli.config import Wish
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.errors import UsageError
from gearcli.protocol.address import Address, parse_list

if TYPE_CHECKING:
    from gearcli.protocol.tls_files import Tls

CA = "GEARMAND_CA_CERTIFICATE"
CERT = "GEARMAN_CLIENT_PEM"
KEY = "GEARMAN_CLIENT_KEY"
"""Variables that name the files, as for libgearman."""


class Reach(NamedTuple):
    """Which servers to talk to, and the seconds that connecting to one may take."""

    servers: list[Address]
    connect_timeout: float


def reach(server: list[str] | None, context: str | None, connect_timeout: float | None) -> Reach:
    """What the options, the environment and the config file say, in this order.

    A context that is named on the command line goes before the environment,
    as an option does.  Raises UsageError or ConfigError.
    """
    given = parse_list(server or [])
    if server and not given:
        raise UsageError("-s names no server; write host, host:port, [::1]:port or unix:/path")
    chosen, defaults = config.load(context, os.environ)
    found = config.servers_of(given, config.Config(chosen, defaults), os.environ, named=context is not None)
    seconds = (connect_timeout, chosen.connect_timeout, defaults.connect_timeout, CONNECT_TIMEOUT)
    tls = settled(chosen.tls, defaults.tls, os.environ)
    found = [address.with_tls(tls) for address in found]
    return Reach(found, next(each for each in seconds if each is not None))


# -- TLS -----------------------------------------------------------------------------

_asked = Wish()
"""What this process's command line says; there is one command line."""


def ask(wish: Wish) -> None:
    """Note what the command line says."""
    global _asked
    _asked = wish


def settled(context: Wish, defaults: Wish, environ: Mapping[str, str] = os.environ) -> Tls | None:
    """How servers are reached: the command line goes before the environment, that before the config file.

    The environment only names files.  None is without TLS.
    """
    sources = (_asked, context, defaults)
    if not next((each.wanted for each in sources if each.wanted is not None), False):
        return None
    from gearcli.protocol.tls_files import Tls

    named = Wish(None, *(environ.get(name) or None for name in (CA, CERT, KEY)))
    ranked = (_asked, named, context, defaults)
    return Tls(
        next((each.ca for each in ranked if each.ca), None),
        *next(((each.cert, each.key) for each in ranked if each.cert), (None, None)),
    )

"""Whether servers are reached with TLS, and by which files: command line, environment, config file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from gearcli.protocol.address import Tls

CA = "GEARMAND_CA_CERTIFICATE"
CERT = "GEARMAN_CLIENT_PEM"
KEY = "GEARMAN_CLIENT_KEY"
"""Variables that name the files, as for libgearman."""


class Wish(NamedTuple):
    """What the command line, or a context of the config file, says of TLS; None where it says nothing."""

    tls: bool | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @property
    def wanted(self) -> bool | None:
        """Whether TLS is wanted: to name a file says so too; None where nothing is said."""
        return True if self.tls is None and any((self.ca, self.cert, self.key)) else self.tls


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
    named = Wish(None, *(environ.get(name) or None for name in (CA, CERT, KEY)))
    ranked = (_asked, named, context, defaults)
    return Tls(
        next((each.ca for each in ranked if each.ca), None),
        *next(((each.cert, each.key) for each in ranked if each.cert), (None, None)),
    )

"""The files by which a client and a server trust each other with TLS; what is in them `gearcli.tls` reads."""

from __future__ import annotations

from typing import NamedTuple


class Tls(NamedTuple):
    """That a server is reached with TLS, and with which files, all in PEM.

    `ca` are the certificates of the authorities that vouch for the server,
    None for those of the system; `cert` is the certificate by which we are
    known to it, `key` the key of that, None if it is in the same file.
    """

    ca: str | None = None
    cert: str | None = None
    key: str | None = None

"""`gear certs`: a small private authority, for a first try of TLS."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gearcli import certs as authority
from gearcli.cli.options import Quiet
from gearcli.cli.output import message, unwritable, write_text

_LOCAL = ["localhost", "127.0.0.1", "::1"]


def certs(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Where the files go; it is made.")],
    host: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            metavar="NAME",
            help="A name or address by which the server is reached; repeatable. "
            f"Default: {', '.join(_LOCAL)}.",
        ),
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option(
            "--client",
            metavar="NAME",
            help="A client's certificate, as NAME.pem; repeatable. Default: client.",
        ),
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=9000, metavar="N", help="How long they are valid.")
    ] = authority.DAYS,
    quiet: Quiet = False,
) -> None:
    """Make certificates for a try of TLS: an authority, a server and clients.

    In a folder that has them already it makes what else is named, by the
    same authority. Each path is printed; keys can be read by you only.
    """
    there = os.path.exists(os.path.join(folder, "server.pem"))
    clients = client or ([] if there else ["client"])
    try:
        written = authority.make(folder, host or ([] if there else _LOCAL), clients, days=days)
    except OSError as error:
        raise unwritable(f"to {folder}", error) from None
    write_text("".join(f"{path}\n" for path in written))
    if not (quiet or there):
        ca, server, mine = (
            os.path.join(folder, name) for name in ("ca.pem", "server.pem", f"{clients[0]}.pem")
        )
        message(f"now: gear serve --tls --ca {ca} --cert {server}")
        message(f"and: gear ping --tls --ca {ca} --cert {mine}")

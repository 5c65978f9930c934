"""Servers with TLS: made certificates, the command with them, and connections to it.

`python -m tests.bench.secured FOLDER COMMAND...` writes certificates into a
folder and becomes the command, so that a server that wants them can be
started like any other.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys

from gearcli import certs

_PATIENCE = 20.0  # seconds


def dial(port: int) -> ssl.SSLSocket:
    """A TLS connection.  Whom it leads to is not what is measured, so nobody has to prove it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = socket.create_connection(("127.0.0.1", port), _PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(connection)


def main(folder: str, *command: str) -> None:
    """Make certificates, and become the command."""
    certs.make(folder, ["localhost", "127.0.0.1"], [])
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])

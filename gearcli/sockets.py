"""What a connection is: a socket, or one that speaks TLS and is used in the same way."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from gearcli.tls import TlsSocket

Socket: TypeAlias = "socket.socket | TlsSocket"

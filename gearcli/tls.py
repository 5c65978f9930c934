"""TLS: contexts made of files, and a socket that is used like one without TLS.

Whoever is asked to prove who it is proves it with a certificate, a client as
well as a server.  Nothing below TLS 1.2 is spoken.  This module is imported
by those only who use TLS: `ssl` takes long to load.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeAlias

from gearcli.errors import ConfigError, Untrusted, reason_of

Context: TypeAlias = ssl.SSLContext
"""Whom to trust, and by which certificate to be known."""

_PIECE = 16384
"""Bytes given to OpenSSL at once: a record.  It takes a piece as a whole or not at all."""


# -- contexts ----------------------------------------------------------------------------


def client_context(ca: str | None, cert: str | None, key: str | None) -> ssl.SSLContext:
    """How to reach servers, by the files as they are now; they are read again only when they have changed.

    Without a `ca` file the system's authorities are trusted.  Raises
    ConfigError for files that cannot be used, and Untrusted for such that
    could be used before: they may be right soon.
    """
    return _files(ca, cert, key).context()


class _Files:
    """The files of a client, and what was made of them as they were last."""

    def __init__(self, ca: str | None, cert: str | None, key: str | None) -> None:
        self._ca, self._cert, self._key = ca, cert, key
        self._made: tuple[object, ssl.SSLContext] | None = None

    def context(self) -> ssl.SSLContext:
        """See `client_context`."""
        # What changes while it is read has changed afterwards, so it is looked at before.
        seen = [_stamp(path) for path in (self._ca, self._cert, self._key)]
        if self._made is None or self._made[0] != seen:
            self._made = seen, self._load(again=self._made is not None)
        return self._made[1]

    def _load(self, *, again: bool) -> ssl.SSLContext:
        """Make a context of the files.

        What was made of them before does not stand in for files that cannot be
        used any more.  They may be half replaced, and are whole at the next
        attempt; or they are wrong, and would be noticed only when this process
        starts again, long after whoever made the mistake has gone; or they
        were taken away so that nobody is known by them.
        """
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            _trust(context, self._ca)
            _identify(context, self._cert, self._key)
        except ConfigError as error:
            if not again:
                raise
            raise Untrusted(f"the files of TLS have changed: {error}") from None
        return context


_files = lru_cache(maxsize=8)(_Files)


def _stamp(path: str | None) -> tuple[int, ...] | None:
    """What is different when a file is another or has changed; None without one."""
    try:
        found = os.stat(path) if path else None
    except (OSError, ValueError):  # a path with a NUL names none
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)


def server_context(ca: str | None, cert: str, key: str | None) -> ssl.SSLContext:
    """How to be reached by clients; with a `ca` file only by those it vouches for.  Raises ConfigError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    _identify(context, cert, key)
    _trust(context, ca)
    if ca:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _trust(context: ssl.SSLContext, ca: str | None) -> None:
    """Trust the authorities of a file.  Raises ConfigError."""
    if ca is None:
        return
    try:
        context.load_verify_locations(ca)
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot use {ca} as certificates of authorities: {_fault(error)}") from None
    if not context.get_ca_certs():
        raise ConfigError(f"{ca} has no certificate of an authority in it")


def _identify(context: ssl.SSLContext, cert: str | None, key: str | None) -> None:
    """Show a certificate; its key may be in the same file.  Raises ConfigError."""
    if cert is None:
        if key is not None:
            raise ConfigError(f"the key {key} is of no use without its certificate; name that too")
        return
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except (OSError, ValueError) as error:
        beside = f" with the key {key}" if key else ""
        raise ConfigError(f"cannot use the certificate {cert}{beside}: {_fault(error)}") from None


def _no_password() -> str:
    """Nobody can be asked for one while a server starts.  Raises ValueError."""
    raise ValueError("its key is encrypted; take the password off it")


def _fault(error: OSError | ValueError) -> str:
    """What is wrong with a file, in words of people."""
    if isinstance(error, ssl.SSLError):
        words = reason(error)
        known = {
            "key values mismatch": "the key does not belong to the certificate",
            "no certificate or crl found": "there is no certificate in PEM in it; "
            "name that of the authority, such as the ca.pem of 'gear certs'",
            "pem lib": "there is no certificate in PEM in it, or not its key",
        }
        return next((said for sign, said in known.items() if sign in words), words)
    if isinstance(error, OSError):
        return reason_of(error)
    return str(error)


# -- sockets -----------------------------------------------------------------------------


def wrapped(connection: socket.socket, context: ssl.SSLContext, *, host: str | None = None) -> TlsSocket:
    """A connection that is to speak TLS; `host` is the name of the server for a client, None for a server.

    It must not block, and its `shake` has to be called until it is True.
    """
    secured = context.wrap_socket(
        connection,
        server_side=host is None,
        server_hostname=host,
        do_handshake_on_connect=False,
        suppress_ragged_eofs=True,
    )
    return TlsSocket(secured)


Socket: TypeAlias = "socket.socket | TlsSocket"
"""A connection, with TLS or without."""


class TlsSocket:
    """A TLS connection as if it were a plain one that does not block: BlockingIOError where it would."""

    def __init__(self, secured: ssl.SSLSocket) -> None:
        self._secured = secured
        self.family = secured.family
        self.wants_read = False
        """Whether the handshake goes on once there is something to read, not to write."""
        self._begun = b""
        """The piece that OpenSSL has begun to send."""
        self._over = False
        """Whether both sides have said goodbye."""

    def shake(self) -> bool:
        """Go on with the handshake; whether it is over.  Raises OSError when it failed."""
        try:
            self._secured.do_handshake()
        except ssl.SSLWantReadError:
            self.wants_read = True
            return False
        except ssl.SSLWantWriteError:
            self.wants_read = False
            return False
        return True

    def recv(self, size: int) -> bytes:
        """As of a socket; at most a record, which leaves nothing behind that a selector would not see."""
        if self._over:
            return b""
        try:
            return self._secured.recv(max(size, _PIECE))
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""

    def send(self, data: bytes | memoryview) -> int:
        """As of a socket: how many bytes were taken, which is at least one.

        What was not taken has to come again, and first, whatever follows it then.
        """
        return self.sendmsg((data,))

    def sendmsg(self, parts: Iterable[bytes | memoryview]) -> int:
        """As of a socket; see `send`."""
        sent = 0
        try:
            if self._begun:
                return self._write(self._begun)
            for part in parts:
                view = memoryview(part)
                for start in range(0, len(view), _PIECE):
                    sent += self._write(view[start : start + _PIECE])
        except BlockingIOError:
            if not sent:
                raise
        return sent

    def _write(self, piece: bytes | memoryview) -> int:
        """Give OpenSSL a piece.  One that it cannot take now it wants to have again, as it is."""
        try:
            count = self._secured.send(piece)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._begun = bytes(piece)
            raise BlockingIOError from None
        self._begun = b""
        return count

    def names(self) -> tuple[str, ...]:
        """Whom the other side's certificate names: alternative names, then common names."""
        found: dict[str, Any] = dict(self._secured.getpeercert() or {})
        alternatives = [value for _, value in found.get("subjectAltName", ()) if isinstance(value, str)]
        subject = [pair for part in found.get("subject", ()) for pair in part]
        common = [value for key, value in subject if key == "commonName"]
        return tuple(dict.fromkeys((*alternatives, *common)))

    def fileno(self) -> int:
        """The descriptor."""
        return self._secured.fileno()

    def setblocking(self, flag: bool) -> None:
        """As of a socket."""
        self._secured.setblocking(flag)

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        """As of a socket."""
        self._secured.setsockopt(level, option, value)

    def shutdown(self, how: int) -> None:
        """Say that nothing more will be said; the other side may still answer."""
        if how != socket.SHUT_WR:
            socket.socket.shutdown(self._secured, how)
            return
        with contextlib.suppress(ssl.SSLWantReadError):  # its goodbye has not come yet
            self._secured.unwrap()
            self._over = True

    def close(self) -> None:
        """End the connection; a goodbye is said if that does not block."""
        with contextlib.suppress(OSError, ValueError):
            self._secured.unwrap()
        self._secured.close()


def reason(error: OSError) -> str:
    """What went wrong, in words without the name of a file of OpenSSL's."""
    words = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return (words or str(error)).lower().replace("_", " ")


def refusal(error: OSError) -> str | None:
    """Why TLS did not come about or ended, in words; None for an error that is none of TLS."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message.rstrip('.').lower()}"
    if not isinstance(error, ssl.SSLError):
        return None
    words = reason(error)
    if "alert" in words:
        return f"it refused our certificate, or that we have none ({words})"
    if "wrong version number" in words or "http request" in words:
        return "it does not speak TLS"
    return f"TLS failed: {words}"

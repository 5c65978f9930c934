"""The files of TLS: which are named, in an order that the standard library's own functions take."""

from __future__ import annotations

from gearcli.protocol.tls_files import Tls


def test_none_is_named_unless_said() -> None:
    assert (None, None, None) == Tls()
    assert ("ca.pem", "cert.pem", "key.pem") == (*Tls(key="key.pem", cert="cert.pem", ca="ca.pem"),)

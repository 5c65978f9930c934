"""A small private authority for a first try of TLS: certificates of one, a server and clients.

Keys are on the curve P-256.  It needs the library `cryptography`, the extra
`certs`: nobody should write certificates by hand.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from gearcli.errors import OutputError, UsageError, reason_of

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

DAYS = 825
"""How long certificates are valid; some programs accept no longer ones."""
_AUTHORITY_DAYS = 3650
_RESERVED = ("", ".", "..", "ca", "ca-key", "server")


class _Pair(NamedTuple):
    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def make(folder: str, hosts: Iterable[str], clients: Iterable[str], *, days: int = DAYS) -> list[str]:
    """Write ``ca.pem``, ``ca-key.pem``, ``server.pem`` and ``NAME.pem`` for each client; their paths.

    The ``.pem`` of a server or client holds its key too, and only the user
    can read it.  An authority that is in the folder already is used again; no
    other file is replaced.  `days` is how long the certificates are valid.
    Raises OutputError, and UsageError for a name that cannot be a file's or
    a certificate's, or where the library is missing.
    """
    _require_library()
    served, names = list(dict.fromkeys(hosts)), list(dict.fromkeys(clients))
    for name in names:
        if name in _RESERVED or "/" in name or "\0" in name:
            raise UsageError(
                f"{name!r} cannot be a client's name: its certificate becomes a file of that name"
            )
    for name in [*served, *names]:
        _alternative(name)  # before anything is written
    os.makedirs(folder, mode=0o700, exist_ok=True)
    written: list[str] = []
    authority = _authority(folder, written)
    if served:
        pair = _issued(authority, served, days, server=True)
        written.append(_write(folder, "server.pem", _pem(pair), 0o600))
    for name in names:
        written.append(
            _write(folder, f"{name}.pem", _pem(_issued(authority, [name], days, server=False)), 0o600)
        )
    return written


def _require_library() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise UsageError(
            "making certificates needs the library cryptography: pip install 'gearcli[certs]'"
        ) from None


def _authority(folder: str, written: list[str]) -> _Pair:
    """The authority of a folder; a new one if there is none."""
    from cryptography.hazmat.primitives.asymmetric import ec

    if os.path.exists(os.path.join(folder, "ca.pem")):
        return _known_authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    pair = _Pair(_authority_certificate(key), key)
    written.append(_write(folder, "ca-key.pem", _key_pem(pair.key), 0o600))
    written.append(_write(folder, "ca.pem", _certificate_pem(pair.certificate), 0o644))
    return pair


def _known_authority(folder: str) -> _Pair:
    """The authority whose files are there.  Raises OutputError."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    paths = [os.path.join(folder, name) for name in ("ca.pem", "ca-key.pem")]
    try:
        with open(paths[0], "rb") as certificate, open(paths[1], "rb") as file:
            key = load_pem_private_key(file.read(), None)
            found = x509.load_pem_x509_certificate(certificate.read())
    except (OSError, ValueError, TypeError) as error:
        raise OutputError(f"cannot use the authority of {folder}, {' and '.join(paths)}: {error}") from None
    if not isinstance(key, EllipticCurvePrivateKey):
        raise OutputError(f"{paths[1]} is not a key that this program has made")
    return _Pair(found, key)


def _authority_certificate(key: EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography import x509

    name = _name("gear private authority")
    builder = _builder(name, name, key, _AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return _signed(builder.add_extension(_usage(authority=True), critical=True), key)


def _issued(authority: _Pair, names: list[str], days: int, *, server: bool) -> _Pair:
    """A certificate for the names, signed by the authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = _builder(_name(names[0]), authority.certificate.subject, key, days)
    for extension, critical in (
        (x509.SubjectAlternativeName([_alternative(name) for name in names]), False),
        (x509.ExtendedKeyUsage([purpose]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(authority=False), True),
        (issuer, False),
    ):
        builder = builder.add_extension(extension, critical)
    return _Pair(_signed(builder, authority.key), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clocks differ
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography.hazmat.primitives.hashes import SHA256

    return builder.sign(key, SHA256())


def _name(common: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _alternative(name: str) -> x509.GeneralName:
    """The name as a certificate has it.  Raises UsageError."""
    from cryptography import x509

    if not name:
        raise UsageError("an empty name cannot stand in a certificate; name a host or an address")
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name)
    except ValueError:
        raise UsageError(f"{name!r} cannot stand in a certificate: only ASCII can") from None


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _certificate_pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _pem(pair: _Pair) -> bytes:
    return _certificate_pem(pair.certificate) + _key_pem(pair.key)


def _write(folder: str, name: str, data: bytes, mode: int) -> str:
    """Write a new file.  Raises OutputError, also for one that is there."""
    path = os.path.join(folder, name)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with open(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        advice = "; nothing is replaced: remove it first" if isinstance(error, FileExistsError) else ""
        raise OutputError(f"cannot write {path}: {reason_of(error)}{advice}") from None
    return path

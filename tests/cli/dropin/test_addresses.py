"""Which servers the tools talk to."""

from __future__ import annotations

import pytest

from gearcli.cli.dropin.addresses import port_of, secured, servers_of
from gearcli.errors import UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.tls_files import Tls


@pytest.mark.parametrize(
    ("host", "port", "environ", "found"),
    [
        (None, None, {}, [("localhost", 4730)]),
        ("h", "5", {}, [("h", 5)]),
        ("::1", "0", {}, [("::1", 4730)]),
        ("h", "5", {"GEARMAN_SERVER": "a:1,b"}, [("b", 4730), ("a", 1)]),
        ("h", "5", {"GEARMAN_SERVER": ", "}, [("h", 5)]),
        ("h", "5", {"GEARMAN_SERVERS": "a:1,h:5"}, [("h", 5), ("a", 1)]),
        ("h", "5", {"GEARMAN_SERVERS": "a:1,b:2"}, [("h", 5), ("b", 2), ("a", 1)]),
        (None, None, {"GEARMAN_SERVERS": "a:1", "GEARMAN_SERVER": "[::1]:2"}, [("::1", 2), ("a", 1)]),
    ],
)
def test_servers(
    host: str | None, port: str | None, environ: dict[str, str], found: list[tuple[str, int]]
) -> None:
    assert [Address(*each) for each in found] == servers_of(host, port, environ)


@pytest.mark.parametrize("port", ["x", "-1", "65536", "1x", "9" * 5000])
def test_no_port(port: str) -> None:
    with pytest.raises(UsageError):
        servers_of(None, port, {})


def test_ports_may_be_names_of_services() -> None:
    assert (4730, 0, 80) == (port_of("4730"), port_of("0"), port_of("http"))
    with pytest.raises(UsageError):
        port_of("no-such-service")


def test_tls_is_by_the_files_of_libgearmans_variables() -> None:
    environ = {"GEARMAND_CA_CERTIFICATE": "ca", "GEARMAN_CLIENT_PEM": "cert"}
    assert Address("h", 1, "", Tls("ca", "cert")) == secured(Address("h", 1), environ)
    assert Address("", 0, "/s") == secured(Address("", 0, "/s"), environ)

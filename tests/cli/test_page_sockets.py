"""The sockets at which pages can be read."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from gearcli.cli.page_sockets import listening_at, place_of, require_loopback
from gearcli.errors import BindError, UsageError
from gearcli.protocol.address import Address


def test_a_port_is_told_as_a_url() -> None:
    with listening_at(Address("127.0.0.1", 0), "--listen") as (listener,):
        assert f"http://127.0.0.1:{listener.getsockname()[1]}" == place_of(listener)
    assert -1 == listener.fileno(), "it is closed"


def test_a_unix_socket_is_as_open_as_wanted_and_goes_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    with listening_at(Address("", 0, str(path)), "--metrics", mode=0o660) as (listener,):
        assert 0o660 == stat.S_IMODE(path.stat().st_mode)
        assert f"unix:{path}:" == place_of(listener)
    assert not path.exists()


def test_no_address_has_no_sockets() -> None:
    with listening_at(None, "--metrics") as listeners:
        assert [] == listeners


def test_the_option_for_another_address_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with (
            pytest.raises(BindError, match=r"already in use\. Choose another with --metrics\."),
            listening_at(address, "--metrics"),
        ):
            pass


def test_pages_for_other_machines_have_to_be_meant() -> None:
    everywhere = Address("0.0.0.0", 9100)
    with pytest.raises(UsageError, match="these pages are shown to anybody"):
        require_loopback(everywhere, insecure=False)
    require_loopback(everywhere, insecure=True)
    require_loopback(Address("127.0.0.1", 9100), insecure=False)
    require_loopback(None, insecure=False)

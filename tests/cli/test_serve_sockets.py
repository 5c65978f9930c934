"""Where `gear serve` listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from gearcli.cli.serve_sockets import addresses, whole
from gearcli.errors import AddressError
from gearcli.protocol.address import Address


def test_addresses_are_listened_on_once() -> None:
    wanted = addresses(["localhost,:7", "localhost:1", "unix:/s"], 1)
    assert [
        Address("localhost", 1), Address("127.0.0.1", 7), Address("", 0, "/s"),
    ] == wanted  # fmt: skip


def test_an_address_that_is_none() -> None:
    with pytest.raises(AddressError):
        addresses(["host:port"], 1)


def test_a_daemon_knows_its_sockets_by_their_whole_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Address("", 0, f"{tmp_path}/s") == whole(Address("", 0, "s"))
    assert Address("localhost", 1) == whole(Address("localhost", 1))

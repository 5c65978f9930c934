"""Listeners that are waited for, and those that are not."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator

import pytest

from gearcli.entrance import Entrance


@pytest.fixture
def listeners() -> Iterator[list[socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        yield [one, other]


def test_it_begins_closed_and_opens_and_shuts_once(listeners: list[socket.socket]) -> None:
    with selectors.DefaultSelector() as selector:
        entrance = Entrance(selector, listeners, lambda listener: ("accept", listener))
        entrance.shut()
        assert {} == dict(selector.get_map())
        for _ in range(2):
            entrance.open()
            entrance.open()
            keys = selector.get_map().values()
            assert [("accept", listener) for listener in listeners] == [key.data for key in keys]
            entrance.shut()
            entrance.shut()
            assert {} == dict(selector.get_map())

"""Where a server is, and the connection to it, while a resolver takes its time."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from gearcli.client.connection import Place
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address
from gearcli.worker.search import Approach, Search
from tests.client.peer import listening
from tests.support import DEADLINE, wait_until
from tests.worker import resolver as resolving
from tests.worker.resolver import Resolver

resolver = resolving.resolver
HERE: list[Place] = [(socket.AF_INET, ("127.0.0.1", 1))]
NAMED = Address("slow.example", 1)


@pytest.fixture
def search() -> Iterator[Search]:
    """For a server that has a name."""
    search = Search(NAMED)
    yield search
    search.close()


def answered(search: Search) -> list[Place]:
    """What a search finds at last."""
    readable, _, _ = select.select([search], [], [], DEADLINE)
    assert [search] == readable
    return list(search.found() or ())


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (Address("127.0.0.1", 1), HERE),
        (Address("::1", 1), [(socket.AF_INET6, ("::1", 1, 0, 0))]),
        (Address("", 0, "/path"), [(socket.AF_UNIX, "/path")]),
    ],
)
def test_who_has_no_name_is_found_without_a_thread(
    resolver: Resolver, address: Address, found: list[Place]
) -> None:
    before, search = threading.active_count(), Search(address)
    search.begin()
    assert (True, found, -1, before) == (
        search.known,
        search.found(),
        search.fileno(),
        threading.active_count(),
    )
    assert [] == resolver.asked


def test_a_path_that_is_too_long() -> None:
    search = Search(Address("", 0, "/" + "x" * 200))
    with pytest.raises(ConnectFailed, match="has 107 bytes at most"):
        search.begin()


def test_a_name_is_asked_for_once_while_nobody_answers(resolver: Resolver, search: Search) -> None:
    for _ in range(3):
        search.begin()
        assert search.found() is None
        search.forget()
    assert not search.known
    resolver.answer()
    assert HERE == answered(search)
    search.begin()
    assert (["slow.example"], HERE) == (resolver.asked, search.found())


def test_what_was_found_counts_until_it_is_forgotten(resolver: Resolver, search: Search) -> None:
    resolver.answer()
    for count in (1, 2):
        search.begin()
        assert HERE == answered(search)
        search.forget()
        assert (count, False) == (len(resolver.asked), search.known)


@pytest.mark.parametrize("host", ["a..b", "x" * 64])
def test_what_is_no_name_is_told_as_by_who_waits(host: str) -> None:
    search = Search(Address(host, 1))
    search.begin()
    with pytest.raises(ConnectFailed, match=f"cannot find the host {host}: it is no name of a host"):
        answered(search)
    assert -1 == search.fileno()


def test_who_waits_no_longer_is_not_missed(resolver: Resolver, search: Search) -> None:
    before = threading.active_count()
    search.begin()
    search.close()
    resolver.answer()
    wait_until(lambda: threading.active_count() == before)
    assert search.found() is None


def test_without_another_thread_a_name_cannot_be_found(
    monkeypatch: pytest.MonkeyPatch, search: Search
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(ConnectFailed, match=r"cannot find the host slow\.example: can't start new thread"):
        search.begin()


def test_without_another_descriptor_neither(monkeypatch: pytest.MonkeyPatch, search: Search) -> None:
    def pair() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socketpair", pair)
    with pytest.raises(ConnectFailed, match=r"cannot find the host slow\.example: too many open files"):
        search.begin()


def test_a_connection_is_made_once_it_is_known_where_to(resolver: Resolver) -> None:
    with listening() as listener:
        search = Search(Address("slow.example", listener.port))
        approach = Approach(search, DEADLINE)
        assert (None, True, search.fileno()) == (approach.proceed(), approach.wants_read, approach.fileno())
        resolver.answer()
        connection = None
        while connection is None:
            ends = [approach]
            select.select(ends, [] if approach.wants_read else ends, [], DEADLINE)
            connection = approach.proceed()
        assert search.address == connection.address
        connection.close()


def test_a_server_without_a_name_is_connected_to_at_once(resolver: Resolver) -> None:
    with listening() as listener:
        approach = Approach(Search(listener.address), DEADLINE)
        assert not approach.wants_read
        wait_until(approach.proceed).close()


def test_a_server_that_is_not_found_in_time(resolver: Resolver, search: Search) -> None:
    approach = Approach(search, 0.05)
    words = r"cannot find the host slow\.example: no answer within 0\.05 s"
    with pytest.raises(ConnectFailed, match=words):
        wait_until(approach.proceed)
    approach.close()
    approach = Approach(search, DEADLINE)
    resolver.answer()
    wait_until(lambda: not approach.proceed() and search.known)
    approach.close()
    assert ["slow.example"] == resolver.asked

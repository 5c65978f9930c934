"""Pages over HTTP in a loop of the test's own: real sockets, the standard library's client, rude visitors."""

from __future__ import annotations

import errno
import http.client
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from math import inf

import pytest

from gearcli import pages as module
from gearcli.pages import PLAIN, Page, Pages
from gearcli.timers import Timers
from tests.support import DEADLINE, wait_until


class House:
    """Pages, and the loop that serves them while the test waits for something."""

    def __init__(self, text: str | None = "hello\n") -> None:
        self.text = text
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.port: int = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.timers = Timers()
        pages = {"/hello": Page(PLAIN, self.make, headers=(("X-Kind", "greeting"),))}
        self.pages = Pages([self.listener], pages, self.selector, self.timers, lambda call: (call, "ours"))

    def make(self) -> tuple[HTTPStatus, str] | None:
        """The page, once there is a text."""
        return None if self.text is None else (HTTPStatus.OK, self.text)

    def turn(self) -> None:
        """Do what can be done now."""
        for key, mask in self.selector.select(0.01):
            call, whose = key.data
            assert "ours" == whose
            call(mask)

    def until(self, condition: Callable[[], bool]) -> None:
        """Turn until something is so."""

        def turned() -> bool:
            self.turn()
            return condition()

        wait_until(turned)

    @property
    def waited(self) -> int:
        """How many descriptors are waited for."""
        return len(self.selector.get_map())

    def ask(self, *parts: bytes, end: bool = False) -> bytes:
        """All that is answered to a request that comes in pieces."""
        with socket.create_connection(("127.0.0.1", self.port), DEADLINE) as visitor:
            for part in parts:
                visitor.sendall(part)
                self.turn()
            if end:
                visitor.shutdown(socket.SHUT_WR)
            visitor.setblocking(False)
            answer: list[bytes] = []
            self.until(lambda: _ended(visitor, answer))
        return b"".join(answer)

    def close(self) -> None:
        """Leave nothing behind."""
        self.pages.close()
        self.selector.close()
        self.listener.close()


def _ended(visitor: socket.socket, answer: list[bytes]) -> bool:
    try:
        answer.append(visitor.recv(1 << 16))
    except BlockingIOError:
        return False
    return not answer[-1]


@pytest.fixture
def house() -> Iterator[House]:
    """Pages that are served."""
    house = House()
    yield house
    house.close()


def test_a_client_of_the_standard_library_reads_a_page(house: House) -> None:
    heard: list[tuple[int, str | None, bytes]] = []

    def visit() -> None:
        client = http.client.HTTPConnection("127.0.0.1", house.port, timeout=DEADLINE)
        client.request("GET", "/hello?x=1")
        answer = client.getresponse()
        heard.append((answer.status, answer.getheader("Content-Type"), answer.read()))
        client.close()

    visitor = threading.Thread(target=visit)
    visitor.start()
    house.until(lambda: not visitor.is_alive())
    visitor.join()
    assert [(200, PLAIN, b"hello\n")] == heard


@pytest.mark.parametrize(
    ("request_", "status", "body"),
    [
        (b"GET /hello HTTP/1.1\r\n\r\n", b"200 OK", b"hello\n"),
        (b"GET /hello HTTP/1.0\n\n", b"200 OK", b"hello\n"),
        (b"HEAD /hello HTTP/1.1\r\n\r\n", b"200 OK", b""),
        (b"GET / HTTP/1.1\r\n\r\n", b"404 Not Found", b"Not Found\n"),
        (b"GET /../hello HTTP/1.1\r\n\r\n", b"404 Not Found", b"Not Found\n"),
        (
            b"POST /hello HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
            b"405 Method Not Allowed",
            b"Method Not Allowed\n",
        ),
        (b"\0RES\n\n", b"400 Bad Request", b"Bad Request\n"),
        (b"x" * 9000, b"431 Request Header Fields Too Large", b"Request Header Fields Too Large\n"),
    ],
)
def test_what_is_answered(house: House, request_: bytes, status: bytes, body: bytes) -> None:
    head, _, found = house.ask(request_).partition(b"\r\n\r\n")
    assert (b"HTTP/1.1 " + status, body) == (head.splitlines()[0], found)
    house.until(lambda: house.waited == 1)


def test_a_request_may_come_byte_by_byte(house: House) -> None:
    request = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
    assert house.ask(*[request[i : i + 1] for i in range(len(request))]).endswith(b"\r\n\r\nhello\n")


def test_who_leaves_before_asking_is_told_nothing(house: House) -> None:
    assert b"" == house.ask(b"GET /hel", end=True)
    assert 1 == house.waited


def test_a_long_page_leaves_as_it_can() -> None:
    house = House("x" * (8 << 20))
    try:
        assert 8 << 20 == len(house.ask(b"GET /hello HTTP/1.1\r\n\r\n").partition(b"\r\n\r\n")[2])
    finally:
        house.close()


def test_a_silent_visitor_is_shown_out(house: House) -> None:
    with socket.create_connection(("127.0.0.1", house.port), DEADLINE) as visitor:
        house.until(lambda: house.waited == 2)
        for call in house.timers.pop_due(house.timers.due):
            call()
        assert (b"", 1) == (visitor.recv(1), house.waited)


def test_only_so_many_are_let_in_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_VISITORS", 2)
    silent = [socket.create_connection(("127.0.0.1", house.port), DEADLINE) for _ in range(3)]
    house.until(lambda: house.listener.fileno() not in house.selector.get_map())
    assert 2 == house.waited
    for visitor in silent:
        visitor.close()
    assert house.ask(b"GET /hello HTTP/1.1\r\n\r\n").endswith(b"hello\n")


def test_without_descriptors_it_waits_a_moment(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(errno.EMFILE, "too many")

    class Full:
        accept = staticmethod(refuse)

    house.pages._accept(Full())  # type: ignore[arg-type]  # all that is needed of a listener
    assert 0 == house.waited
    for call in house.timers.pop_due(house.timers.due):
        call()
    assert house.ask(b"GET /hello HTTP/1.1\r\n\r\n").endswith(b"hello\n")


def test_a_visitor_that_went_before_it_was_let_in_is_nobody(house: House) -> None:
    house.pages._accept(house.listener)
    assert 1 == house.waited


def test_a_page_has_its_headers(house: House) -> None:
    assert b"\r\nX-Kind: greeting\r\n" in house.ask(b"GET /hello HTTP/1.1\r\n\r\n")
    assert b"X-Kind" not in house.ask(b"GET /other HTTP/1.1\r\n\r\n")


def test_who_has_left_costs_no_timer(house: House) -> None:
    house.ask(b"GET /hello HTTP/1.1\r\n\r\n")
    house.until(lambda: house.waited == 1)
    assert inf == house.timers.due


def test_a_page_that_is_not_known_yet_is_waited_for(house: House) -> None:
    house.text = None
    with socket.create_connection(("127.0.0.1", house.port), DEADLINE) as visitor:
        visitor.sendall(b"GET /hello HTTP/1.1\r\n\r\n")
        house.until(lambda: house.timers.due < inf and house.waited == 1)
        house.pages.ready()
        assert 1 == house.waited
        house.text = "known\n"
        house.pages.ready()
        visitor.setblocking(False)
        answer: list[bytes] = []
        house.until(lambda: _ended(visitor, answer))
    assert b"".join(answer).endswith(b"\r\n\r\nknown\n")


def test_who_waits_for_a_page_too_long_is_shown_out(house: House) -> None:
    house.text = None
    with socket.create_connection(("127.0.0.1", house.port), DEADLINE) as visitor:
        visitor.sendall(b"GET /hello HTTP/1.1\r\n\r\n")
        house.until(lambda: house.timers.due < inf and house.waited == 1)
        for call in house.timers.pop_due(house.timers.due):
            call()
        assert b"" == visitor.recv(1)
    house.pages.ready()

"""Listening sockets: TCP and Unix, what is replaced, what is refused."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gearcli.errors import BindError, UsageError
from gearcli.protocol.address import Address, parse
from gearcli.server import listener as listening
from tests.support import DEADLINE


@contextlib.contextmanager
def listeners(address: Address) -> Iterator[list[socket.socket]]:
    """Listening sockets that are closed afterwards."""
    sockets = listening.listen(address)
    try:
        yield sockets
    finally:
        for listener in sockets:
            listening.close(listener)


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that resolves nothing, at once."""

    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


# -- TCP ---------------------------------------------------------------------------------


def test_port_0_is_a_free_port_and_the_name_says_which() -> None:
    with listeners(Address("127.0.0.1", 0)) as (listener,):
        port = listener.getsockname()[1]
        assert f"127.0.0.1:{port}" == listening.name_of(listener)
        assert port
        socket.create_connection(("127.0.0.1", port), DEADLINE).close()


def test_all_addresses_of_a_name_share_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("127.0.0.1", "127.0.0.2")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [*resolved, resolved[0]])
    with listeners(Address("two", 0)) as (first, second):
        assert first.getsockname()[1] == second.getsockname()[1]


def without_ipv6(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """A machine that gives a name these addresses, but has no IPv6."""
    made = socket.socket
    families = {True: socket.AF_INET6, False: socket.AF_INET}
    resolved = [
        (families[":" in host], socket.SOCK_STREAM, 6, "", (host, 0, 0, 0)[: 4 if ":" in host else 2])
        for host in hosts
    ]

    def refuse(family: int, *rest: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return made(family, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: resolved)
    monkeypatch.setattr(socket, "socket", refuse)


@pytest.mark.parametrize("hosts", [("::1", "127.0.0.1"), ("127.0.0.1", "::1")])
def test_an_address_that_the_machine_does_not_have_is_left_out(
    monkeypatch: pytest.MonkeyPatch, hosts: tuple[str, str]
) -> None:
    without_ipv6(monkeypatch, *hosts)
    with listeners(Address("localhost", 0)) as (listener,):
        assert "127.0.0.1" == listener.getsockname()[0]


def test_a_name_of_which_no_address_is_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    without_ipv6(monkeypatch, "::1", "::2")
    with pytest.raises(BindError, match=r"^cannot listen on localhost:0: address family not supported"):
        listening.listen(Address("localhost", 0))


def test_one_address_of_a_name_in_use_is_an_error_and_frees_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listeners(Address("127.0.0.1", 0)) as (used,):
        port = used.getsockname()[1]
        resolved = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.2", "127.0.0.1")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: resolved)
        with pytest.raises(BindError, match="address already in use"):
            listening.listen(Address("two", port))
    with socket.socket() as free:
        free.bind(("127.0.0.2", port))


def test_another_name_of_what_is_listened_on_already_is_passed_over() -> None:
    with listeners(Address("127.0.0.1", 0)) as (first,):
        name, port = listening.name_of(first), first.getsockname()[1]
        assert [] == listening.listen(Address("127.0.0.1", port), taken=[name])
        with pytest.raises(BindError, match="in use"):
            listening.listen(Address("127.0.0.1", port))


def test_ipv6_leaves_ipv4_to_others() -> None:
    try:
        (listener,) = listening.listen(Address("::1", 0))
    except BindError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        assert f"[::1]:{listener.getsockname()[1]}" == listening.name_of(listener)


def test_listeners_do_not_block_and_may_be_bound_again_soon() -> None:
    with listeners(Address("127.0.0.1", 0)) as (listener,):
        assert not listener.getblocking()
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)


@pytest.mark.skipif(not hasattr(socket, "TCP_CONGESTION"), reason="Linux only")
def test_connections_inside_the_machine_are_not_paced() -> None:
    with listeners(Address("127.0.0.1", 0)) as (listener,):
        chosen = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
        assert b"reno" == chosen.rstrip(b"\0")


def test_a_port_in_use_is_an_error_that_names_it() -> None:
    with (
        listeners(Address("127.0.0.1", 0)) as (listener,),
        pytest.raises(
            BindError, match=r"^cannot listen on 127\.0\.0\.1:\d+: address already in use\. Is .* -p\.$"
        ),
    ):
        listening.listen(Address("127.0.0.1", listener.getsockname()[1]))


def test_an_address_of_another_machine_is_an_error() -> None:
    with pytest.raises(BindError, match=r"cannot listen on 192\.0\.2\.1:4730: cannot assign"):
        listening.listen(Address("192.0.2.1", 4730))


@pytest.mark.usefixtures("no_names")
@pytest.mark.parametrize("call", [listening.listen, listening.require_loopback])
def test_a_name_that_is_none_is_an_error(call: Callable[[Address], object]) -> None:
    with pytest.raises(BindError, match=r"^cannot listen on nowhere:1: name or service not known$"):
        call(Address("nowhere", 1))


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".test", "\udcff"])
@pytest.mark.parametrize("call", [listening.listen, listening.require_loopback])
def test_what_can_be_no_name_is_an_error(call: Callable[[Address], object], host: str) -> None:
    with pytest.raises(BindError, match=r"^cannot listen on"):
        call(Address(host, 1))


def test_a_peer_is_named_with_its_port_in_the_log_and_without_for_workers() -> None:
    with listeners(Address("127.0.0.1", 0)) as (listener,):
        listener.setblocking(True)
        with socket.create_connection(listener.getsockname(), DEADLINE) as client:
            connection, sockname = listener.accept()
            with connection:
                port = client.getsockname()[1]
                assert (f"127.0.0.1:{port}", b"127.0.0.1") == listening.peer_name(connection, sockname)


# -- Unix --------------------------------------------------------------------------------


def test_a_unix_socket_is_its_owners_alone_and_goes_with_the_listener(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    mask = os.umask(0)
    try:
        with listeners(Address("", 0, str(path))) as (listener,):
            assert 0o600 == stat.S_IMODE(path.stat().st_mode)
            assert f"unix:{path}" == listening.name_of(listener)
            assert not listener.getblocking()
        assert not path.exists()
    finally:
        assert 0 == os.umask(mask)


@pytest.mark.parametrize("mode", [0o660, 0o666])
def test_a_unix_socket_may_be_for_others_too(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "gear.sock"
    listener, *_ = listening.listen(Address("", 0, str(path)), mode=mode)
    assert mode == stat.S_IMODE(path.stat().st_mode)
    listening.close(listener)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_unix_socket_can_be_given_to_a_user(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with listeners(Address("", 0, str(path))) as (listener,), listeners(Address("127.0.0.1", 0)) as (tcp,):
        listening.give(listener, 65534, 65533)
        listening.give(tcp, 65534, 65533)
        assert (65534, 65533) == (path.stat().st_uid, path.stat().st_gid)


def test_a_socket_that_a_killed_server_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    assert path.exists()
    with listeners(Address("", 0, str(path))), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_socket_that_another_server_has_made_meanwhile_stays(tmp_path: Path) -> None:
    address = Address("", 0, str(tmp_path / "socket"))
    (first,) = listening.listen(address)
    os.unlink(address.path)
    with listeners(address):
        listening.close(first)
        assert os.path.exists(address.path)
    assert not os.path.exists(address.path)


def test_a_socket_whose_server_does_not_accept_is_in_use(tmp_path: Path) -> None:
    address = Address("", 0, str(tmp_path / "socket"))
    with listeners(address) as (busy,), contextlib.ExitStack() as stack:
        busy.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                client = stack.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                client.connect(address.path)
        with pytest.raises(BindError, match="in use"):
            listening.listen(address)


def test_a_socket_in_use_is_refused_and_goes_on_working(tmp_path: Path) -> None:
    address = Address("", 0, str(tmp_path / "gear.sock"))
    with listeners(address):
        with pytest.raises(
            BindError, match=r"^cannot listen on unix:\S+gear\.sock: address already in use\. Is .* -p\.$"
        ):
            listening.listen(address)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(address.path)


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("precious")
    with pytest.raises(BindError, match="precious: something that is no socket is there; name another path"):
        listening.listen(Address("", 0, str(path)))
    with pytest.raises(BindError, match=f"a folder is there; .* such as unix:{tmp_path}/gear.sock"):
        listening.listen(Address("", 0, str(tmp_path)))
    assert "precious" == path.read_text()


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BindError, match="no such file or directory"):
        listening.listen(Address("", 0, str(tmp_path / "missing" / "gear.sock")))


def test_a_path_that_is_too_long_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BindError, match=r"a Unix socket's path has 107 bytes at most, this one has 2\d\d;"):
        listening.listen(Address("", 0, str(tmp_path / ("x" * 200))))


def test_a_unix_peer_is_named_by_its_descriptor() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert (f"unix:{ours.fileno()}", b"unix") == listening.peer_name(ours, "")


# -- who may connect -----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["127.0.0.1", "127.5.5.5", "localhost", "[::1]:0", "unix:/tmp/gear.sock"])
def test_loopback_is_fine(text: str) -> None:
    listening.require_loopback(parse(text))


def test_inherited_sockets_have_to_be_loopback_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as local, socket.socket(socket.AF_UNIX) as unix:
        listening.require_inherited_loopback(local)
        listening.require_inherited_loopback(unix)
    with (
        socket.create_server(("0.0.0.0", 0)) as world,
        pytest.raises(UsageError, match=r"^0\.0\.0\.0:\d+ can be reached from other machines"),
    ):
        listening.require_inherited_loopback(world)


@pytest.mark.parametrize("text", ["0.0.0.0", "[::]:4730", "192.0.2.1:4730"])
def test_what_others_can_reach_has_to_be_asked_for(text: str) -> None:
    with pytest.raises(UsageError, match=r"can be reached from other machines.*--insecure-listen"):
        listening.require_loopback(parse(text))

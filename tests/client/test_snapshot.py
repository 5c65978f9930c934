"""What servers of every kind tell of their functions."""

from __future__ import annotations

import pytest

from gearcli.client import snapshot as module
from gearcli.client.admin import Admin
from gearcli.client.documents import FunctionState
from gearcli.client.snapshot import Snapshot, snapshot
from gearcli.errors import NoAnswer, ProtocolError
from gearcli.protocol.packets import PacketType
from tests.client.answering import Reply, answering
from tests.support import ServerProcess, Wire, gear_serve, gearmand, needs_peers

STATUS = b"f\t3\t1\t2\n.\n"
GEAR = b'{"function":"f","waiting":{"high":0,"normal":2,"low":0},"delayed":0,"running":1,"workers":2,' \
       b'"oldest":1.5,"paused":false,"maxqueue":null}\n.\n'  # fmt: skip


def asked(replies: dict[bytes, Reply]) -> Snapshot:
    with answering(replies) as server, Admin(server.address, timeout=0.2) as admin:
        return snapshot(admin)


def test_a_gear_server_is_asked_for_functions_only() -> None:
    with answering({b"version": b"OK gear 1.0\n", b"functions": GEAR}) as server:
        with Admin(server.address) as admin:
            state = FunctionState(b"f", 2, 1, 2, 0, 2, 0, delayed=0, paused=False, oldest=1.5)
            assert Snapshot("gear 1.0", "gear 1.0", [state]) == snapshot(admin)
        assert [b"version", b"functions"] == server.asked


def test_gearmand() -> None:
    replies: dict[bytes, Reply] = {
        b"version": b"OK 1.1.20\n",
        b"functions": b"ERR UNKNOWN_COMMAND Unknown+server+commandfunctions\r\n",
        b"status": STATUS,
        b"prioritystatus": b"f\t1\t1\t0\t2\n.\n",
    }
    assert Snapshot("1.1.20", "gearmand 1.1.20", [FunctionState(b"f", 2, 1, 2, 1, 1, 0)]) == asked(replies)


def test_perls_server_has_no_priorities() -> None:
    unknown = b"ERR unknown_command Unknown+server+command\r\n"
    replies = {b"version": b"1.11\n", b"functions": unknown, b"status": STATUS, b"prioritystatus": unknown}
    assert Snapshot("1.11", "1.11", [FunctionState(b"f", 2, 1, 2)]) == asked(dict(replies))


def test_a_server_may_know_status_only() -> None:
    unknown = b"ERR UNKNOWN_COMMAND\r\n"
    replies = dict.fromkeys((b"version", b"functions", b"prioritystatus"), unknown)
    found = asked({**replies, b"status": STATUS})
    assert ("", "a server that does not tell its version") == (found.version, found.product)
    assert [FunctionState(b"f", 2, 1, 2)] == found.functions


def test_a_server_may_say_nothing_to_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    assert [FunctionState(b"f", 2, 1, 2)] == asked({b"status": STATUS}).functions


def test_a_command_of_that_name_may_be_something_else() -> None:
    replies: dict[bytes, Reply] = {b"version": b"OK 9\n", b"functions": b"f f f\n.\n", b"status": STATUS}
    assert [FunctionState(b"f", 2, 1, 2)] == asked(replies).functions


def test_a_gear_server_that_stops_in_the_middle_is_an_error() -> None:
    with pytest.raises(NoAnswer):
        asked({b"version": b"OK gear 1.0\n", b"functions": GEAR[:40]})


def test_garbage_is_an_error() -> None:
    with pytest.raises(ProtocolError):
        asked({b"version": b"OK 1\n", b"functions": b"?\n.\n", b"status": b"?\n.\n"})


def fill(server: ServerProcess) -> None:
    with Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_HIGH_BG, b"f", b"", b"x")
        client.ask(PacketType.SUBMIT_JOB_LOW_BG, b"f", b"", b"x")


def test_the_real_gear_server() -> None:
    with gear_serve() as server, Admin(f"127.0.0.1:{server.port}") as admin:
        fill(server)
        (state,) = snapshot(admin).functions
    assert (2, 0, 0, 1, 0, 1, 0, False) == state[1:9]
    assert state.oldest is not None


@needs_peers
def test_the_real_gearmand() -> None:
    with gearmand() as server, Admin(f"127.0.0.1:{server.port}") as admin:
        fill(server)
        found = snapshot(admin)
    assert [FunctionState(b"f", 2, 0, 0, 1, 0, 1)] == found.functions
    assert found.product.startswith("gearmand 1.")

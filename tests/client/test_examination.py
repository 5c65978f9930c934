"""Looking at servers of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.client.admin import Admin
from gearcli.client.examination import examine
from gearcli.errors import GearError, NoAnswer, ProtocolError
from gearcli.protocol.packets import PacketType
from tests.client.answering import Reply, answering
from tests.support import ServerProcess, Wire, gear_serve

UNKNOWN = b"ERR UNKNOWN_COMMAND Unknown+server+command\r\n"
GEARMAND: dict[bytes, Reply] = {
    b"version": b"OK 1.1.20\r\n",
    **dict.fromkeys((b"functions", b"jobs", b"clients"), UNKNOWN),
    b"status": b"f\t2\t1\t3\n.\n",
    b"prioritystatus": b"f\t0\t1\t0\t3\n.\n",
    b"show unique jobs": b"\n\n.\n",
}


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


def test_a_gear_server(server: ServerProcess) -> None:
    with Wire(server.port) as client, Wire(server.port) as lazy, Admin(f"127.0.0.1:{server.port}") as admin:
        lazy.say(PacketType.CAN_DO, b"f")
        client.ask(PacketType.SUBMIT_JOB_BG, b"f", b"", b"x")
        seen = examine(admin, 0.0)
    assert seen.ours
    assert ([b"f"], [b"f"]) == ([each.function for each in seen.now], [each.function for each in seen.before])
    assert [b"f"] == [job.function for job in seen.jobs or []]
    assert [(b"f",)] == [each.functions for each in seen.clients or [] if each.functions]
    assert {each.number for each in seen.clients or []} == seen.idle
    assert seen.uniques is None
    assert 0 < seen.round_trip < seen.seconds


def test_gearmand() -> None:
    with answering(GEARMAND) as server, Admin(server.address) as admin:
        seen = examine(admin, 0.01)
    assert (False, "gearmand 1.1.20", None, [b"", b""]) == (seen.ours, seen.product, seen.jobs, seen.uniques)
    assert seen.interval >= 0.01


def test_a_server_with_many_jobs_is_not_asked_for_each() -> None:
    with (
        answering({**GEARMAND, b"status": b"f\t100001\t0\t0\n.\n"}) as server,
        Admin(server.address) as admin,
    ):
        assert examine(admin, 0.0).uniques is None
        assert b"show unique jobs" not in server.asked


def test_a_server_that_refuses_to_list() -> None:
    with answering({**GEARMAND, b"show unique jobs": UNKNOWN}) as server, Admin(server.address) as admin:
        assert examine(admin, 0.0).uniques is None


@pytest.mark.parametrize(
    ("replies", "kind"),
    [
        ({b"version": b"\0RES"}, ProtocolError),
        ({b"status": b"garbage\n.\n"}, ProtocolError),
        ({b"status": b"f\t1\t0\t0\n"}, NoAnswer),
        ({b"show unique jobs": b"one\n"}, NoAnswer),
    ],
)
def test_what_is_no_answer(replies: dict[bytes, Reply], kind: type[GearError]) -> None:
    with (
        answering({**GEARMAND, **replies}) as server,
        Admin(server.address, timeout=0.3) as admin,
        pytest.raises(kind),
    ):
        examine(admin, 0.0)

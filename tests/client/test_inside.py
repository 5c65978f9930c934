"""One function from inside: on a gear server, on gearmand, on a server that has it not."""

from __future__ import annotations

import json

from gearcli.client import inside as module
from gearcli.client.admin import Admin
from gearcli.client.documents import FunctionState, JobList
from gearcli.client.inside import Inside, inside
from gearcli.client.snapshot import Snapshot
from gearcli.protocol.text import ConnectionRow, JobRow
from tests.client.answering import answering

GEAR = Snapshot("gear 0.1.0", "gear 0.1.0", [FunctionState(b"a b", 1, 0, 1, delayed=0)])
GEARMAND = Snapshot("1.1.20", "gearmand 1.1.20", [FunctionState(b"f", 5, 0, 1), FunctionState(b"g", 5, 0, 1)])


def client(number: int, *functions: str) -> bytes:
    told = {
        "number": number, "address": "127.0.0.1:1", "client_id": "-", "functions": functions,
        "asleep": True, "running": [], "listening": 0, "exceptions": False,
    }  # fmt: skip
    return json.dumps(told).encode() + b"\n"


def test_a_gear_server_tells_jobs_and_workers_of_the_function() -> None:
    replies = {
        b"jobs a%20b 500": b'{"left_out":3}\n.\n',
        b"clients": client(1, "a%20b", "x") + client(2, "x") + client(3) + b".\n",
    }
    with answering(replies) as server, Admin(server.address) as admin:
        found = inside(admin, GEAR, b"a b")
    assert (b"a b", JobList([], 3), [1]) == (
        found.function,
        found.jobs,
        [each.number for each in found.workers],
    )


def test_gearmand_tells_the_handles_of_all_jobs() -> None:
    replies = {
        b"show jobs": b"H:x:1\t0\t0\t1\n.\n",
        b"workers": b"7 127.0.0.1 - : f g\n8 127.0.0.1 me : g\n.\n",
    }
    with answering(replies) as server, Admin(server.address) as admin:
        found = inside(admin, GEARMAND, b"f")
    worker = ConnectionRow(7, b"127.0.0.1", b"-", (b"f", b"g"))
    assert Inside(b"f", [JobRow(b"H:x:1", 0, False, True)], [worker]) == found


def test_it_is_not_asked_for_more_handles_than_anybody_would_read() -> None:
    many = GEARMAND._replace(functions=[FunctionState(b"f", module.MOST_HANDLES + 1, 0, 1)])
    with answering({b"workers": b".\n"}) as server, Admin(server.address) as admin:
        assert Inside(b"f", None, []) == inside(admin, many, b"f")
        assert [b"workers"] == server.asked


def test_a_server_that_has_it_not_is_not_asked() -> None:
    with answering({}) as server, Admin(server.address) as admin:
        assert Inside(b"h", JobList([], 0), []) == inside(admin, GEARMAND, b"h")
        assert [] == server.asked

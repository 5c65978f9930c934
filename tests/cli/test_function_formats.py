"""Functions as a table, gearmand's lines, CSV and JSON."""

from __future__ import annotations

from gearcli.cli.function_formats import as_table, comma_separated, document, function_keys, plain
from gearcli.client.documents import FunctionState
from gearcli.client.functions import Row
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address

GEAR = FunctionState(b"f", 4, 1, 2, 1, 1, 1, delayed=1, paused=True, oldest=61.0, maxqueue=(1, 2, 3))
BARE = FunctionState(b"bare", 1, 0, 0)
SUM = FunctionState(b"", 5, 1, 2)
ROWS = [Row(None, BARE), Row("h:1", GEAR)]


def test_gearmands_lines() -> None:
    assert "bare\t1\t0\t0\nh:1\tf\t5\t1\t2\n\t6\t1\t2\n" == plain(ROWS, SUM)


def test_csv() -> None:
    assert (
        "function,queued,running,workers,high,normal,low,delayed,paused,oldest\n"
        "bare,1,0,0,,,,,,\n"
        "f,4,1,2,1,1,1,1,true,61.0\n"
        ",5,1,2,,,,,,\n"
    ) == comma_separated(ROWS, SUM)


def test_csv_of_each_server() -> None:
    rows = [Row("h:1", FunctionState(b'a,"b\n', 0, 0, 0))]
    lines = comma_separated(rows, per_server=True).splitlines()
    assert ["server", "function"] == lines[0].split(",")[:2]
    assert 'h:1,"a,""b\\n",0,0,0,,,,,,' == lines[1]


def test_json() -> None:
    answers = [
        Answer(Address("h", 1), Snapshot("1", "gearmand 1", [BARE]), None, 0.0),
        Answer(Address("h", 2), None, ConnectFailed("gone\x1b"), 0.0),
    ]
    keys = function_keys(BARE)
    assert {"high": 1, "normal": 2, "low": 3} == function_keys(GEAR)["maxqueue"]
    assert {
        "servers": [
            {"server": "h:1", "version": "1", "product": "gearmand 1", "error": None},
            {"server": "h:2", "version": None, "product": None, "error": "gone\\x1b"},
        ],
        "functions": [{"server": None, **keys}],
        "total": {**keys, "function": None},
    } == document(answers, ROWS[:1], BARE)
    assert document(answers, [])["total"] is None


def test_a_table_has_the_columns_that_say_something() -> None:
    assert [
        "FUNCTION  QUEUED  RUNNING  WORKERS",
        "bare           1        0        0  no worker",
    ] == as_table(ROWS[:1]).splitlines()


def test_a_table_with_all_columns() -> None:
    rows = [line.split() for line in as_table(ROWS, SUM, per_server=True).splitlines()]
    assert [
        ["SERVER", "FUNCTION", "QUEUED", "HIGH", "NORMAL", "LOW", "DELAYED", "RUNNING", "WORKERS", "OLDEST"],
        ["bare", "1", "-", "-", "-", "-", "0", "0", "-", "no", "worker"],
        ["h:1", "f", "4", "1", "1", "1", "1", "1", "2", "1m01s", "paused"],
        [],
        ["TOTAL", "5", "-", "-", "-", "-", "1", "2", "-"],
    ] == rows


def test_a_note_may_say_two_things() -> None:
    state = FunctionState(b"f", 1, 0, 0, paused=True)
    assert as_table([Row(None, state)]).endswith("paused, no worker\n")

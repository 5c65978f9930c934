"""Lists: lines with tabs for programs, a document in JSON; the table is tested on a terminal."""

from __future__ import annotations

import json

import pytest

from gearcli.cli.listing import Item, show_list
from gearcli.cli.table import Column
from gearcli.client.survey import Answer
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address

COLUMNS = [Column("NAME"), Column("AGE")]
ONE: Answer[list[str]] = Answer(Address("h", 1), ["a", "b"], None, 0.0)
DEAD: Answer[list[str]] = Answer(Address("h", 2), None, ConnectFailed("h:2 is gone"), 0.0)


def items(names: list[str]) -> list[Item]:
    return [Item({"name": name}, [name, "1s"], [name, "1.0"]) for name in names]


def test_lines(capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == show_list("names", COLUMNS, [ONE], items, as_json=False)
    assert ("a\t1.0\nb\t1.0\n", "") == capfd.readouterr()


def test_several_servers_are_told_apart(capfd: pytest.CaptureFixture[str]) -> None:
    assert 69 == show_list("names", COLUMNS, [ONE, DEAD], items, as_json=False)
    assert ("h:1\ta\t1.0\nh:1\tb\t1.0\n", "gear: h:2 is gone\n") == capfd.readouterr()


def test_json(capfd: pytest.CaptureFixture[str]) -> None:
    assert 69 == show_list("names", COLUMNS, [ONE, DEAD], items, as_json=True, more=1)
    assert {
        "servers": [{"server": "h:1", "error": None}, {"server": "h:2", "error": "h:2 is gone"}],
        "names": [{"server": "h:1", "name": "a"}, {"server": "h:1", "name": "b"}],
        "more": 1,
    } == json.loads(capfd.readouterr().out)

"""Doing something to functions on several servers."""

from __future__ import annotations

import json

import pytest

from gearcli.cli.function_actions import do_to_functions
from gearcli.cli.options import Reach
from gearcli.client.admin import Admin
from tests.client.answering import Answering, answering

PURGED = b'{"function":"f","purged":3}\n.\n'
UNKNOWN = b"ERR function not found\r\n"


def do(
    *servers: Answering, functions: tuple[str, ...] = ("f",), as_json: bool = False, quiet: bool = False
) -> int:
    return do_to_functions(
        Reach([server.address for server in servers], 5.0),
        functions,
        Admin.purge,
        words=lambda count: f"{count} purged",
        keys=lambda count: {"purged": count},
        as_json=as_json,
        quiet=quiet,
    )


def test_what_was_done_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"purge f": PURGED, b"purge a%0A": PURGED}) as server:
        assert 0 == do(server, functions=("f", "a\n", "f"))
        assert ("", "gear: f: 3 purged\ngear: a\\n: 3 purged\n") == capfd.readouterr()
        assert 0 == do(server, quiet=True)
        assert ("", "") == capfd.readouterr()


def test_a_server_that_does_not_know_it_is_passed_over(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"purge f": PURGED}) as one, answering({b"purge f": UNKNOWN}) as two:
        assert 0 == do(one, two)
        assert f"gear: f: 3 purged on {one.address}\n" == capfd.readouterr().err
        assert 1 == do(two)
        assert f"gear: {two.address} knows no function f; gear status shows all\n" == capfd.readouterr().err


def test_json(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"purge f": PURGED}) as server:
        assert 0 == do(server, as_json=True)
    out, err = capfd.readouterr()
    assert ({"server": str(server.address), "function": "f", "purged": 3}, "") == (json.loads(out), err)

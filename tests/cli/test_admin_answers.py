"""How answers of text commands are shown."""

from __future__ import annotations

import inspect
import json

import pytest

from gearcli.cli.admin_answers import Sent, connection_keys, connection_line, to_servers
from gearcli.client.admin import Admin
from gearcli.protocol.text import ConnectionRow
from tests.client.answering import answering
from tests.support import free_port

ROW = ConnectionRow(7, b"::1", b"a\nb", (b"f\x1b", b"g"))


def sent(*ports: int, as_json: bool = False) -> Sent:
    return Sent([f"127.0.0.1:{port}" for port in ports], None, None, as_json)


def test_a_connection() -> None:
    assert "7 ::1 a\\nb : f\\x1b g" == connection_line(ROW)
    assert {
        "number": 7,
        "host": "::1",
        "client_id": "a\\nb",
        "functions": ["f\\x1b", "g"],
    } == connection_keys(ROW)


def test_who_does_not_answer_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with answering({b"version": b"OK 1\n"}) as server:
        both = sent(server.port, port)
        assert f"127.0.0.1:{server.port}, 127.0.0.1:{port}" == both.servers
        assert 69 == both.line("version", Admin.version)
    out, err = capfd.readouterr()
    assert f"{server.address}\t1\n" == out
    assert f"cannot connect to 127.0.0.1:{port}" in err


def test_what_is_done_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"create function f": b"OK\r\n"}) as server:
        assert 0 == sent(server.port).done(lambda admin: admin.create(b"f"))
        assert 0 == sent(server.port, as_json=True).done(lambda admin: admin.create(b"f"))
    text, document = capfd.readouterr().out.splitlines()
    assert ("OK", {"server": str(server.address), "ok": True}) == (text, json.loads(document))


def test_no_rows(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"status": b".\n"}) as server:
        assert 0 == sent(server.port).rows("functions", Admin.status, ("function",))
    assert "" == capfd.readouterr().out


def test_a_command_is_given_what_the_options_say_of_servers(capfd: pytest.CaptureFixture[str]) -> None:
    @to_servers
    def command(sent: Sent, prefix: str, loud: bool = False) -> int:
        """Do something."""
        return sent.line(prefix, Admin.version)

    assert ["prefix", "loud", "server", "context", "json", "connect_timeout"] == [
        *inspect.signature(command).parameters
    ]
    assert "Do something." == command.__doc__
    with answering({b"version": b"OK 1\n"}) as server:
        said = command(
            prefix="v", loud=True, server=[str(server.address)], context=None, json=True, connect_timeout=None
        )
    assert (0, {"server": str(server.address), "v": "1"}) == (said, json.loads(capfd.readouterr().out))

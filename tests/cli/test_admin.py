"""`gear admin`: gearmand's text commands by their names."""

from __future__ import annotations

import json

import pytest

from gearcli.cli.admin import GROUP
from gearcli.protocol.packets import PacketType
from gearcli.protocol.text import COMMANDS
from tests.cli.driving import at, exit_of
from tests.client.answering import answering
from tests.support import ServerProcess, Wire, gear_serve

GEARMANDS = list(COMMANDS)[: list(COMMANDS).index("functions")]


def test_every_text_command_of_gearmand_is_there() -> None:
    assert {*GEARMANDS, "raw"} == set(GROUP)


@pytest.mark.parametrize("command", GROUP)
def test_every_command_has_a_help(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("admin", command, "-h")
    out = capfd.readouterr().out
    assert f"Usage: gear admin {command} [OPTIONS]" in out
    assert max(map(len, out.splitlines())) <= 80


def test_no_command_is_wrong_usage(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("admin")
    assert "Usage: gear admin [OPTIONS] COMMAND" in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("arguments", "asked", "reply", "out"),
    [
        (["version"], b"version", b"OK 1.1.20\n", "1.1.20\n"),
        (["getpid"], b"getpid", b"OK 12\n", "12\n"),
        (["verbose"], b"verbose", b"OK ERROR\n", "ERROR\n"),
        (["verbose", "INFO"], b"verbose INFO", b"OK INFO\n", "INFO\n"),
        (["maxqueue", "f", "3"], b"maxqueue f 3", b"OK\r\n", "OK\n"),
        (["maxqueue", "f", "1", "2", "3"], b"maxqueue f 1 2 3", b"OK\r\n", "OK\n"),
        (["create", "f"], b"create function f", b"OK\r\n", "OK\n"),
        (["drop", "f", "-y"], b"drop function f", b"OK\r\n", "OK\n"),
        (["cancel", "H:1", "--yes"], b"cancel job H:1", b"OK\r\n", "OK\n"),
        (["show", "jobs"], b"show jobs", b"H:1\t2\t1\t0\n.\n", "H:1\t2\t1\t0\n"),
        (["show", "unique", "jobs"], b"show unique jobs", b"\x1b\n\n.\n", "\\x1b\n\n"),
        (["status"], b"status", b"b\t1\t0\t0\na\tx\t1\t0\t0\n.\n", "a\tx\t1\t0\t0\nb\t1\t0\t0\n"),
        (["prioritystatus"], b"prioritystatus", b"f\t1\t2\t3\t4\n.\n", "f\t1\t2\t3\t4\n"),
        (["workers"], b"workers", b"7 ::1 a\x1bb : f g\n.\n", "7 ::1 a\\x1bb : f g\n"),
        (["shutdown", "-y"], b"shutdown", b"OK\r\n", "OK\n"),
        (["shutdown", "--graceful", "-y"], b"shutdown graceful", b"OK\r\n", "OK\n"),
        (["raw", "gladiator", "x"], b"gladiator x", b"hello\x1b\n", "hello\\x1b\n"),
        (["raw", "shutdown", "-y"], b"shutdown", b"OK\r\n", "OK\n"),
    ],
)  # fmt: skip
def test_what_is_asked_and_what_is_shown(
    arguments: list[str], asked: bytes, reply: bytes, out: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering({asked: reply}) as server:
        assert 0 == exit_of("admin", *arguments, *at(server.port))
        assert [asked] == server.asked
    assert (out, "") == capfd.readouterr()


@pytest.mark.parametrize(
    ("arguments", "asked", "reply", "keys"),
    [
        (["version"], b"version", b"OK 1\n", {"version": "1"}),
        (["getpid"], b"getpid", b"OK 12\n", {"pid": 12}),
        (["verbose"], b"verbose", b"OK ERROR\n", {"verbosity": "ERROR"}),
        (["create", "f"], b"create function f", b"OK\r\n", {"ok": True}),
        (["show", "jobs"], b"show jobs", b"H:1\t2\t1\t0\n.\n",
         {"jobs": [{"handle": "H:1", "losses": 2, "unwanted": True, "background": False}]}),
        (["show", "unique", "jobs"], b"show unique jobs", b"\xff\n.\n", {"uniques": [{"unique": "\\xff"}]}),
        (["status"], b"status", b"f\t2\t1\t3\n.\n",
         {"functions": [{"function": "f", "total": 2, "running": 1, "workers": 3}]}),
        (["prioritystatus"], b"prioritystatus", b"f\t1\t2\t3\t4\n.\n",
         {"functions": [{"function": "f", "high": 1, "normal": 2, "low": 3, "workers": 4}]}),
        (["workers"], b"workers", b"7 ::1 - : f g\n.\n",
         {"connections": [{"number": 7, "host": "::1", "client_id": "-", "functions": ["f", "g"]}]}),
        (["raw", "settings"], b"settings", b"{}\n.\n", {"lines": ["{}"]}),
    ],
)  # fmt: skip
def test_json(
    arguments: list[str],
    asked: bytes,
    reply: bytes,
    keys: dict[str, object],
    capfd: pytest.CaptureFixture[str],
) -> None:
    with answering({asked: reply}) as server:
        assert 0 == exit_of("admin", *arguments, *at(server.port), "--json")
    assert {"server": str(server.address), **keys} == json.loads(capfd.readouterr().out)


@pytest.mark.parametrize(
    "arguments",
    [
        ["maxqueue", "f"],
        ["maxqueue", "f", "1", "2"],
        ["maxqueue", "f", "x"],
        ["create", "two words"],
        ["show", "me"],
        ["cancel", "H: 1", "-y"],
        ["raw", "a\nb"],
        ["drop", "f"],
        ["cancel", "H:1"],
        ["shutdown"],
        ["raw", "SHUTDOWN"],
        ["raw", "drop", "function", "f"],
    ],
)
def test_2_nothing_is_asked(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with answering() as server:
        assert 2 == exit_of("admin", *arguments, *at(server.port))
        assert [] == server.asked
    assert "" == capfd.readouterr().out


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        (b"ERR UNKNOWN_JOB\r\n", 1, "H:1: the server knows no such job"),
        (b"ERR PERMISSION_DENIED\r\n", 77, "refused: PERMISSION_DENIED"),
        (b"ERR SOMETHING Bad+luck\r\n", 76, "refused: Bad luck"),
    ],
)
def test_a_refusal_has_its_status(
    reply: bytes, status: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering({b"cancel job H:1": reply}) as server:
        assert status == exit_of("admin", "cancel", "-y", "H:1", *at(server.port))
    assert words in capfd.readouterr().err


def test_1_a_function_that_is_not_known(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 1 == exit_of("admin", "drop", "-y", "nosuch", *at(server.port))
    assert "knows no function nosuch; gear status shows all" in capfd.readouterr().err


def test_several_servers(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"version": b"OK 1\n"}) as one, answering({b"version": b"OK 2\n"}) as two:
        assert 0 == exit_of("admin", "version", *at(one.port), *at(two.port))
    assert f"{one.address}\t1\n{two.address}\t2\n" == capfd.readouterr().out


def test_a_gear_server(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with Wire(server.port) as client:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_BG, b"admin-f", b"", b"x")
    assert 0 == exit_of("admin", "getpid", *at(server.port))
    assert f"{server.pid}\n" == capfd.readouterr().out
    assert 0 == exit_of("admin", "cancel", "-y", handle.decode(), *at(server.port))
    assert 1 == exit_of("admin", "cancel", "-y", handle.decode(), *at(server.port))


def test_a_gear_server_is_stopped() -> None:
    with gear_serve() as server:
        assert 0 == exit_of("admin", "shutdown", "-y", *at(server.port))
        assert 0 == server.exit_status()

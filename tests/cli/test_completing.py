"""Live values for a shell: from the servers of the line, quickly, and never a word about what is wrong."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.cli.completing import PATIENCE, servers_on, values_of
from gearcli.protocol.packets import PacketType
from tests.cli.driving import run_gear
from tests.client.answering import answering
from tests.support import (
    DEADLINE,
    ServerProcess,
    clean_environment,
    free_port,
    gear,
    gear_serve,
    gearmand,
    needs_peers,
    wait_until,
)

NAMES = [
    b"Foo::Bar",
    b"with space",
    b"tab\there",
    b"new\nline",
    b"caf\xc3\xa9",
    b"\xff\xfe",
    b"-dash",
    b"%41",
]


def values(kind: str, *words: str, environ: dict[str, str] | None = None) -> dict[bytes, bytes]:
    """What is answered; nothing else may be said, and it always ends well."""
    status, out, err = run_gear("__complete", kind, *words, environ=environ)
    assert (0, "") == (status, err)
    parts = out.split(b"\0")
    assert b"" == parts.pop()
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture(scope="module")
def named() -> Iterator[ServerProcess]:
    """A server with functions of all kinds of names."""
    with gear_serve() as server, server.wire() as wire:
        for name in NAMES:
            wire.say(PacketType.CAN_DO, name)
        wire.ask(PacketType.SUBMIT_JOB_BG, b"Foo::Bar", b"", b"")
        yield server


def test_functions_are_named_exactly(named: ServerProcess) -> None:
    found = values("functions", "submit", "-s", f"localhost:{named.port}")
    assert set(NAMES) == set(found)
    assert b"1 job, 1 worker" == found[b"Foo::Bar"]
    assert b"0 jobs, 1 worker" == found[b"with space"]


@needs_peers
def test_functions_and_handles_of_gearmand() -> None:
    with gearmand() as server, server.wire() as wire:
        wire.say(PacketType.CAN_DO, b"Foo::Bar baz")
        handle = wire.ask(PacketType.SUBMIT_JOB_BG, b"tab\there", b"", b"")[1][0]
        at = ("-s", f"localhost:{server.port}")
        assert {b"Foo::Bar baz", b"tab\there"} == set(values("functions", "submit", *at))
        assert {handle: b"in the background"} == values("handles", "job", *at)


def test_handles(named: ServerProcess) -> None:
    with named.wire() as wire:
        handle = wire.ask(PacketType.SUBMIT_JOB, b"foreground", b"", b"")[1][0]
        found = values("handles", "wait", "-s", f"localhost:{named.port}")
        assert b"" == found[handle]
        assert [b"in the background"] == [what for what in found.values() if what]


def test_many_handles_are_not_asked_for(monkeypatch: pytest.MonkeyPatch, named: ServerProcess) -> None:
    from gearcli.cli import completing

    monkeypatch.setattr(completing, "MOST_JOBS", 0)
    assert {} == completing.handles(["-s", f"localhost:{named.port}"])


HOSTILE = {
    b"status": b"good\t3\t0\t1\n"
    b"e2\t\x1b]0;title\x07\x1b[2J\t0\t\x1b[41m\n"
    b"long\t%b\t0\t0\nminus\t-1\t0\t0\nempty\t\t0\t0\nsup\t\xc2\xb2\t0\t0\n"
    b"nul\0\x1b[41m\t0\t0\t0\n.\n" % (b"1" * 21),
    b"show jobs": b"H:good:1\t0\t0\t1\nH:\x1b[2J\t0\t0\t1\nH:\x00H:2\x00\x1b[2J\t0\t0\t1\n"
    b"H:\xc2\x9b\t0\t0\t1\n\t0\t0\t1\n.\n",
}
"""What no server says: counts that are none, names with what ends a value."""


def test_what_no_server_says_is_not_offered() -> None:
    with answering(HOSTILE) as server:
        at = ("-s", f"127.0.0.1:{server.port}")
        assert {b"good": b"3 jobs, 1 worker"} == values("functions", "submit", *at)
        assert {b"H:good:1": b"in the background"} == values("handles", "wait", *at)


def test_a_description_has_nothing_that_moves_the_cursor(tmp_path: Path) -> None:
    """It is shown as it is; a value is quoted by the shell, and stays what it is."""
    environ = config(
        tmp_path,
        '[context."a\\u001b[2J"]\nservers = ["unix:/\\u001b[41m"]\n[context."caf\\u00e9"]\nservers = "b:1"\n'
        '[context."nul\\u0000"]\n',
    )
    assert {b"a\x1b[2J": b"unix:/\\x1b[41m", "café".encode(): b"b:1"} == values("contexts", environ=environ)
    found = values("servers", environ=environ)
    assert rb"of the context a\x1b[2J" == found[b"unix:/\x1b[41m"]
    assert "of the context café".encode() == found[b"b:1"]


@pytest.mark.parametrize(
    "words",
    [
        ["submit", "-s{}"],
        ["submit", "-s", "{}"],
        ["submit", "-bqs", "{}"],
        ["submit", "--server={}"],
        ["submit", "--server", "{}", "f", "x"],
        ["check", "-H", "{}"],
        ["submit", "-s", "localhost:1,{}"],
    ],
)
def test_the_servers_of_the_line_are_asked(words: list[str], named: ServerProcess) -> None:
    here = f"localhost:{named.port}"
    assert set(NAMES) <= set(values("functions", *(word.format(here) for word in words)))


def test_the_servers_of_the_environment_are_asked(named: ServerProcess) -> None:
    found = values("functions", "submit", environ={"GEARMAN_SERVERS": f"localhost:{named.port}"})
    assert set(NAMES) <= set(found)
    elsewhere = {"GEARMAN_SERVERS": f"localhost:{free_port()}"}
    assert {} == values("functions", "submit", environ=elsewhere)
    assert set(NAMES) <= set(values("functions", "submit", "-s", f":{named.port}", environ=elsewhere))


def test_the_servers_of_a_context_are_asked(tmp_path: Path, named: ServerProcess) -> None:
    environ = config(tmp_path, f'[context.here]\nservers = "localhost:{named.port}"\n')
    assert set(NAMES) <= set(values("functions", "submit", "--context", "here", environ=environ))
    assert set(NAMES) <= set(values("functions", "submit", environ={**environ, "GEAR_CONTEXT": "here"}))
    assert {} == values("functions", "submit", "--context", "missing", environ=environ)


def test_servers_and_contexts_that_are_written_down(tmp_path: Path) -> None:
    environ = config(
        tmp_path, 'servers = "a"\n[context.prod]\nservers = ["b:1", "unix:/s"]\n[context.test]\n'
    )
    found = values("servers", environ={**environ, "GEARMAN_SERVERS": "c:3,d"})
    assert {b"localhost:4730", b"a:4730", b"b:1", b"unix:/s", b"c:3", b"d:4730"} == set(found)
    assert b"of the context prod" == found[b"b:1"]
    assert {b"prod": b"b:1, unix:/s", b"test": b""} == values("contexts", environ=environ)


def config(folder: Path, text: str) -> dict[str, str]:
    """An environment with a configuration file."""
    (folder / "gear").mkdir()
    (folder / "gear/config.toml").write_text(text)
    return {"XDG_CONFIG_HOME": str(folder)}


def test_a_unix_socket_is_asked(tmp_path: Path) -> None:
    path = f"unix:{tmp_path}/socket"
    with gear_serve(address=("-L", path)) as server:
        wait_until(server.alive)
        run_gear("submit", "-b", "-s", path, "resize", "x")
        assert {b"resize"} == set(values("functions", "submit", "-s", path))


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["functions", "-s", "[::1"],
        ["functions", "-s"],
        ["functions", "-s", "unix:/nowhere"],
        ["functions", "-s", "nowhere.invalid"],
        ["functions", "-s", "ü" * 70],
        ["contexts", "x"],
    ],
)
def test_whatever_is_wrong_nothing_is_said(words: list[str], tmp_path: Path) -> None:
    environ = config(tmp_path, "servers = [") if words[:1] == ["contexts"] else {}
    assert (0, b"", "") == run_gear("__complete", *words, environ=environ)


def test_a_reader_that_is_gone_hears_nothing(named: ServerProcess) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        found = run_gear("__complete", "functions", "-s", f"localhost:{named.port}", stdout=writing)
    finally:
        os.close(writing)
    assert (0, "") == (found.status, found.err)


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """The port of somebody who accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_nobody_waits_for_a_silent_server(named: ServerProcess) -> None:
    """What others say is offered; the patience is far below the deadline of the run."""
    assert PATIENCE * 10 < DEADLINE
    with silent() as port:
        found = values("functions", "submit", "-s", f"localhost:{port},localhost:{named.port}")
    assert set(NAMES) <= set(found)


def test_an_endless_answer_is_not_read_to_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asking = subprocess.Popen(
            gear("__complete", "functions", "-s", f"localhost:{listener.getsockname()[1]}"),
            stdout=subprocess.PIPE,
            env=clean_environment(),
        )
        listener.settimeout(DEADLINE)
        peer, _ = listener.accept()
        with peer, contextlib.suppress(OSError):
            peer.settimeout(DEADLINE)
            while True:
                peer.sendall(b"x\t0\t0\t0\n" * 1000)
        out, _err = asking.communicate(timeout=DEADLINE)
    assert 0 == asking.returncode
    assert out in (b"", b"x\x000 jobs, 0 workers\0")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["-s", "a", "-sb", "--server=c", "--server", "d"], ["a", "b", "c", "d"]),
        (["-bs", "a", "-bnqsb"], ["a", "b"]),
        (["-s"], [""]),
        (["-s", "a", "--", "-s", "b"], ["a"]),
        (["--serve=x", "--servers=y", "-", "s", "-b"], []),
    ],
)
def test_values_of_an_option(words: list[str], found: list[str]) -> None:
    assert found == list(values_of(("--server", "-s"), words))


def test_the_servers_on_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    monkeypatch.setenv("GEARMAN_SERVERS", "a:1")
    assert ["a:1"] == list(map(str, servers_on(["submit"])))
    assert ["b:2", "c:4730"] == list(map(str, servers_on(["submit", "-s", "b:2,c"])))


def test_it_starts_with_next_to_nothing(named: ServerProcess) -> None:
    """Each of these would double the time to start."""
    program = (
        "import posix, sys\nsys.path.append(sys.argv[1])\n"
        "posix._exit = lambda status: (print(*sys.modules, file=sys.stderr), sys.exit(status))\n"
        "from gearcli.cli.completing import answer\nanswer(sys.argv[2:])"
    )
    words = [str(Path(__file__).parents[2]), "functions", "-s", f"localhost:{named.port}"]
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, *words],
        capture_output=True,
        timeout=DEADLINE,
        env=clean_environment(),
        check=False,
    )
    modules = set(ended.stderr.decode().split())
    assert "gearcli.cli.completing" in modules
    assert b"Foo::Bar" in ended.stdout
    unneeded = {
        "os",
        "site",
        "typer",
        "typing",
        "re",
        "enum",
        "socket",
        "json",
        "selectors",
        "threading",
        "collections",
        "gearcli.cli.config",
        "gearcli.errors",
    }
    assert set() == modules & unneeded
    assert 6 >= len([name for name in modules if name.startswith("gearcli.")])

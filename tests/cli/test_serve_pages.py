"""`gear serve --metrics`: where it may be; what it shows is tested with the server."""

from __future__ import annotations

import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.driving import exit_of
from tests.support import DEADLINE, Wire, gear_serve, wait_until


def ask(path: str) -> bytes:
    """What is answered at a Unix socket."""
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(DEADLINE)
        visitor.connect(path)
        visitor.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        return b"".join(iter(lambda: visitor.recv(4096), b""))


def _text_of(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_it_says_where_before_it_says_where_jobs_are_taken() -> None:
    with gear_serve("--metrics", "0", "-q") as server:
        pages, jobs = server.said().splitlines()
        found = re.fullmatch(
            r"gear: metrics at (http://127\.0\.0\.1:\d+)/metrics, and for people at \1/", pages
        )
        assert found
        assert f"gear: listening on 127.0.0.1:{server.port}" == jobs


def test_a_unix_socket_is_the_owners_and_goes_with_the_server(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    with gear_serve("--metrics", f"unix:{path}") as server:
        assert f"metrics at unix:{path}:/metrics" in server.said()
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert ask(str(path)).endswith(b"\r\n\r\nok\n")
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
    assert not path.exists()


@pytest.mark.parametrize("options", [["-d"], ["-L", "unix:jobs"]])
def test_a_relative_path_is_found_at_the_end_too(tmp_path: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "gearcli", "serve", *options, "--metrics", "unix:pages", "-P", "pid"]
    server = subprocess.Popen([*command, *(["-p", "0"] if "-d" in options else [])], cwd=tmp_path)
    try:
        pid = int(wait_until(lambda: _text_of(tmp_path / "pid")))
        assert ask(str(tmp_path / "pages")).endswith(b"ok\n")
        subprocess.run(["kill", str(pid)], check=True)
        wait_until(lambda: not (tmp_path / "pages").exists())
    finally:
        server.wait(DEADLINE)


def test_the_world_does_not_see_it_by_mistake(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("serve", "-p", "0", "--metrics", "0.0.0.0:0")
    assert "--insecure-listen" in capfd.readouterr().err


def test_the_world_sees_it_if_it_shall() -> None:
    with gear_serve("--metrics", "0.0.0.0:0", "--insecure-listen") as server:
        assert "metrics at http://0.0.0.0:" in server.said()


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1:x", ""])
def test_an_address_names_a_port(capfd: pytest.CaptureFixture[str], text: str) -> None:
    assert 2 == exit_of("serve", "-p", "0", "--metrics", text)
    assert "--metrics" in capfd.readouterr().err


def test_a_port_of_somebody_else_is_an_error_and_nothing_stays_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        jobs = f"unix:{tmp_path / 'jobs'}"
        assert 69 == exit_of("serve", "-L", jobs, "--metrics", str(port))
    assert [] == list(tmp_path.iterdir())


def test_without_the_option_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    with gear_serve() as server, Wire(server.port) as wire:
        assert wire.works()
        assert "metrics" not in server.said()
    seen = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gearcli", "serve", "-L", "unix:/no/such/folder/socket"],
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    assert "gearcli.server.loop" in seen
    assert [] == [name for name in ("endpoint", "counting", "dashboard", "gearcli.pages") if name in seen]

"""Jobs of `gearman` against a server; against the original in tests/interop."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.cli.dropin import gearman
from gearcli.errors import ConnectFailed, TimeLimit
from tests.cli.driving import counts, gear_worker
from tests.support import ServerProcess, free_port, gear_serve


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve` with a worker that gives back what it gets."""
    with gear_serve() as server, gear_worker(server.port, "cat", ["cat"]):
        yield server


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEARMAN_SERVER", raising=False)
    monkeypatch.delenv("GEARMAN_SERVERS", raising=False)


def run(server: ServerProcess, line: str) -> int:
    return gearman.run(["-h", "127.0.0.1", "-p", str(server.port), *line.split()])


def reading(path: Path, data: bytes) -> int:
    """Let standard input be some bytes; the descriptor of what it was."""
    path.write_bytes(data)
    kept, file = os.dup(0), os.open(path, os.O_RDONLY)
    os.dup2(file, 0)
    os.close(file)
    return kept


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("-f cat one two", b"onetwo"),
        ("-f cat -P one", b"cat: one"),
        ("-f cat -s", b""),
        ("-f cat", b"a\n\nb\0c"),
        ("-f cat -nP", b"cat: a\ncat: \ncat: b\0c"),
        ("-f cat -NP", b"cat: acat: cat: b\0c"),
    ],
)
def test_results(
    server: ServerProcess, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path, line: str, out: bytes
) -> None:
    kept = reading(tmp_path / "in", b"a\n\nb\0c")
    try:
        assert 0 == run(server, line)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert (out, b"") == capfdbinary.readouterr()


def test_many_jobs_in_the_background(
    server: ServerProcess, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    kept = reading(tmp_path / "in", b"x\n" * 2500)
    try:
        assert 0 == run(server, "-f many -bn")
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert (b"", b"") == capfdbinary.readouterr()
    assert (2500, 0, 0) == counts(server.port, "many")


def test_servers_that_are_there_besides_take_nothing(
    server: ServerProcess, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the unique is, the server of the options takes the job."""
    with gear_serve() as other:
        monkeypatch.setenv("GEARMAN_SERVERS", f"127.0.0.1:{other.port}")
        for number in range(8):
            assert 0 == run(server, f"-t 15000 -f cat -u key-{number} x")
        assert (0, 0, 0) == counts(other.port, "cat")
    assert (b"x" * 8, b"") == capfdbinary.readouterr()


def test_silence_and_nobody(server: ServerProcess) -> None:
    with pytest.raises(TimeLimit):
        run(server, "-f nobody -t 10 x")
    with pytest.raises(ConnectFailed):
        gearman.run(["-h", "127.0.0.1", "-p", str(free_port()), "-f", "f", "x"])

"""The command line of `gearman`; against the original in tests/interop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gearcli.cli.dropin import gearman, gearman_client, gearman_worker
from gearcli.cli.dropin.gearman_options import Asked
from gearcli.errors import OutputError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Priority


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was asked for, and of whom: by `submit`, or `work`."""
    found: list[Any] = []

    def submit(given: Asked, servers: Sequence[Address]) -> int:
        found.extend(["submit", given, servers])
        return 0

    def work(given: Asked, servers: Sequence[Address]) -> int:
        found.extend(["work", given, servers])
        return 0

    monkeypatch.setattr(gearman_client, "submit", submit)
    monkeypatch.setattr(gearman_worker, "work", work)
    for variable in ("GEARMAN_SERVER", "GEARMAN_SERVERS", "POSIXLY_CORRECT"):
        monkeypatch.delenv(variable, raising=False)
    return found


def test_what_a_client_is_asked(asked: list[Any]) -> None:
    assert 0 == gearman.run(["-f", "a", "-h", "host", "-p", "5", "-u", "key", "one", "two"])
    kind, given, servers = asked
    assert ("submit", [Address("host", 5)]) == (kind, servers)
    assert ([b"a"], [b"one", b"two"], b"key") == (given.functions, given.words, given.unique)


def test_nothing_but_a_function(asked: list[Any]) -> None:
    assert 0 == gearman.run(["-w", "-f", "a", "-t", "-1", "-I", "-L", "--", "cat", "-x"])
    kind, given, _ = asked
    assert ("work", None, 0, Priority.LOW) == (kind, given.timeout, given.jobs, given.priority)
    assert [b"cat", b"-x"] == given.words
    assert not any((given.background, given.lines, given.strip, given.prefix, given.empty, given.unique))


@pytest.mark.parametrize("line", ["-f a -t x", "-f a -c x", "-f a -p x"])
def test_wrong_usage(asked: list[Any], line: str) -> None:
    with pytest.raises(UsageError):
        gearman.run(line.split())
    assert [] == asked


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("", 1, "No Functions were provided"),
        ("-H", 0, "No Functions were provided"),
        ("-f a -z", 1, "-?"),
        ("-f a -z -H", 0, "-?"),
    ],
)
def test_usage_goes_to_standard_error(
    capfd: pytest.CaptureFixture[str], line: str, status: int, said: str
) -> None:
    assert status == gearman.run(line.split())
    out, err = capfd.readouterr()
    assert ("", f"gearman\tError in usage({said}).") == (out, err.split("\n")[1])


def test_help_shows_what_is_set(capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == gearman.run(["-f", "a", "-vNH"])
    out, err = capfd.readouterr()
    assert ("", True, True) == (err, "stdout(true)" in out, "mode(false)" in out)


def test_a_pid_file_that_cannot_be(asked: list[Any], tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        gearman.run(["-f", "a", "-i", str(tmp_path / "no" / "pid")])
    assert 0 == gearman.run(["-f", "a", "-i", str(tmp_path / "pid")])
    assert not (tmp_path / "pid").exists()

"""The options of `gear serve`: what may be said, by gearmand's names and in both ways of saying it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gearcli import certs
from gearcli.cli.serve_options import PREFIX_LIMIT, mode, prefix
from gearcli.errors import UsageError
from tests.cli.driving import exit_of
from tests.support import clean_environment, gear_serve


@pytest.mark.parametrize("text", ["H:web-1", "x", "ü", "x" * PREFIX_LIMIT])
def test_a_prefix(text: str) -> None:
    assert text.encode() == prefix(text)


@pytest.mark.parametrize("text", ["", "a b", " a", "a\t", "a\n", "a\0b", "x" * (PREFIX_LIMIT + 1), "ü" * 21])
def test_a_prefix_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="handle prefix"):
        prefix(text)


@pytest.mark.parametrize("name", ["CA_CERTIFICATE", "SERVER_PEM", "SERVER_KEY"])
def test_files_of_tls_may_be_named_as_for_gearmand(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str, tmp_path: Path
) -> None:
    certs.make(str(tmp_path), ["localhost"], [])
    monkeypatch.setenv("GEARMAND_SERVER_PEM", str(tmp_path / "server.pem"))
    monkeypatch.setenv(f"GEARMAND_{name}", "/no/such/file")
    assert 78 == exit_of("serve", "--tls", "-p", "0")
    assert "/no/such/file" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["ca", "cert", "key"])
def test_an_option_that_names_a_file_asks_for_tls_and_a_variable_does_not(
    capfd: pytest.CaptureFixture[str], name: str, tmp_path: Path
) -> None:
    certs.make(str(tmp_path), ["localhost"], [])
    files = {"ca": "ca.pem", "cert": "server.pem", "key": "server.pem"}
    names = (("CA_CERTIFICATE", "ca"), ("SERVER_PEM", "cert"), ("SERVER_KEY", "key"))
    named = {f"GEARMAND_{variable}": str(tmp_path / files[file]) for variable, file in names}
    environ = {**clean_environment(), **named}
    with gear_serve(environ=environ) as server, server.wire() as plain:
        assert plain.works()
    options = (f"--{name}", str(tmp_path / files[name]))
    with gear_serve(*options, environ=environ) as server, server.wire() as plain:
        plain.send(b"version\n" * 9)
        assert plain.ends()
    if name != "cert":
        assert 2 == exit_of("serve", f"--{name}", str(tmp_path / files[name]), "-p", "0")
        assert "TLS needs the server's certificate: --cert FILE" in capfd.readouterr().err


def test_modes_are_octal() -> None:
    assert [0o660, 0o600, 0o777] == [mode(text) for text in ("0660", "600", "777")]


@pytest.mark.parametrize("text", ["", "66", "0o660", "888", "1777", "rw-rw----"])
def test_a_mode_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="not a file mode"):
        mode(text)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--job-retries", "-2"),
        ("--worker-wakeup", "-1"),
        ("--backlog", "0"),
        ("--keepalive-idle", "soon"),
        ("--keepalive-count", "128"),
        ("--job-handle-prefix", "two words"),
        ("--lease", "long"),
        ("--keep-results", "for ever"),
        ("--socket-mode", "rw"),
        ("--verbose", "LOUD"),
        ("--file-descriptors", "1"),
        ("--port", "65536"),
    ],
)
def test_wrong_values_are_told_with_their_option(
    capfd: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert 2 == exit_of("serve", f"{option}={value}")
    assert option in capfd.readouterr().err

"""The private authority: what it writes, what it leaves alone, and that others accept it."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gearcli.certs import make
from gearcli.errors import OutputError, UsageError


def mode(path: str | Path) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_keys_are_for_the_user_only(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    written = make(str(folder), ["localhost"], ["alice"])
    assert ["ca-key.pem", "ca.pem", "server.pem", "alice.pem"] == [Path(path).name for path in written]
    assert 0o700 == mode(folder)
    assert [0o600, 0o644, 0o600, 0o600] == [mode(path) for path in written]


def test_openssl_finds_nothing_wrong_with_them(tmp_path: Path) -> None:
    make(str(tmp_path), ["jobs.example", "127.0.0.1", "::1"], ["alice"])
    for name, purpose in (("server", "sslserver"), ("alice", "sslclient")):
        checked = subprocess.run(
            ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", "ca.pem", f"{name}.pem"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert (0, f"{name}.pem: OK\n") == (checked.returncode, checked.stdout), checked.stderr


def test_an_authority_is_used_again_and_nothing_replaced(tmp_path: Path) -> None:
    make(str(tmp_path), ["localhost"], [])
    before = (tmp_path / "ca.pem").read_bytes()
    assert [str(tmp_path / "bob.pem")] == make(str(tmp_path), [], ["bob"])
    assert before == (tmp_path / "ca.pem").read_bytes()
    with pytest.raises(OutputError, match="nothing is replaced"):
        make(str(tmp_path), [], ["bob"])


@pytest.mark.parametrize("name", ["", ".", "..", "ca", "ca-key", "server", "../up", "a\0b"])
def test_names_that_cannot_be_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a client's name"):
        make(str(tmp_path / "new"), [], [name])
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("hosts", "clients"), [([""], []), (["localhost", ""], []), (["\u00fc.example"], []), ([], ["a\udcff"])]
)
def test_names_that_cannot_stand_in_a_certificate(
    tmp_path: Path, hosts: list[str], clients: list[str]
) -> None:
    with pytest.raises(UsageError, match="cannot stand in a certificate"):
        make(str(tmp_path / "new"), hosts, clients)
    assert not (tmp_path / "new").exists()


def test_a_broken_authority_is_said(tmp_path: Path) -> None:
    make(str(tmp_path), [], [])
    (tmp_path / "ca-key.pem").write_text("no key")
    with pytest.raises(OutputError, match="cannot use the authority of"):
        make(str(tmp_path), [], ["bob"])


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(UsageError, match="pip install 'gearcli"):
        make(str(tmp_path), [], ["bob"])

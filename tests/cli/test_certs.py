"""`gear certs`: what it says and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

from tests.cli.driving import run_gear


def test_it_prints_what_it_wrote_and_says_what_to_do_with_it(tmp_path: Path) -> None:
    result = run_gear("certs", str(tmp_path / "c"))
    names = ["ca-key.pem", "ca.pem", "server.pem", "client.pem"]
    assert "".join(f"{tmp_path}/c/{name}\n" for name in names) == result.out.decode()
    assert f"gear serve --tls --ca {tmp_path}/c/ca.pem --cert {tmp_path}/c/server.pem" in result.err
    assert 0 == result.status


def test_more_clients_later(tmp_path: Path) -> None:
    run_gear("certs", str(tmp_path))
    result = run_gear("certs", str(tmp_path), "--client", "bob")
    assert (0, f"{tmp_path}/bob.pem\n".encode(), "") == (result.status, result.out, result.err)


def test_74_nothing_is_replaced(tmp_path: Path) -> None:
    run_gear("certs", str(tmp_path))
    result = run_gear("certs", str(tmp_path), "--client", "client")
    assert (74, b"") == (result.status, result.out)
    assert "client.pem: file exists; nothing is replaced: remove it first" in result.err


def test_74_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run_gear("certs", str(tmp_path / "file/c"))
    assert (74, True) == (result.status, "cannot write to" in result.err)

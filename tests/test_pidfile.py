"""The file with the id of a process: whole, ours alone, and gone in the end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gearcli.errors import OutputError
from gearcli.pidfile import PidFile


@pytest.mark.parametrize("content", ["", "123456789\n"])
def test_one_that_was_left_behind_is_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pid"
    path.write_text(content)
    os.link(path, tmp_path / "other")
    file = PidFile(str(path), "--pidfile")
    assert f"{os.getpid()}\n" == path.read_text()
    assert content == (tmp_path / "other").read_text()
    file.remove()
    assert not path.exists()


def test_what_is_no_pid_file_is_not_replaced(tmp_path: Path) -> None:
    precious, link, folder = tmp_path / "precious", tmp_path / "link", tmp_path / "folder"
    precious.write_text("precious")
    link.symlink_to(precious)
    folder.mkdir()
    for path, reason in ((precious, "no pid file"), (link, "symbolic links"), (folder, "is a directory")):
        with pytest.raises(OutputError, match=reason):
            PidFile(str(path), "--pidfile")
    with pytest.raises(OutputError, match="no pid file"):
        PidFile("/dev/null", "--pidfile")
    assert "precious" == precious.read_text()
    assert ["folder", "link", "precious"] == sorted(os.listdir(tmp_path))


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(OutputError, match="no space left on device"):
        PidFile(str(tmp_path / "pid"), "--pidfile")
    assert [] == list(tmp_path.iterdir())


def test_the_file_of_a_successor_stays(tmp_path: Path) -> None:
    path = str(tmp_path / "pid")
    first, second = PidFile(path, "--pidfile"), PidFile(path, "--pidfile")
    first.remove()
    assert os.path.exists(path)
    second.remove()
    assert not os.path.exists(path)


def test_one_that_cannot_be_removed_is_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(path: str) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "pid"
    file = PidFile(str(path), "--pidfile")
    monkeypatch.setattr(os, "unlink", forbid)
    file.remove()
    assert "" == path.read_text()

"""A file that is whole at any time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from gearcli.cli.metrics_file import replace
from gearcli.errors import OutputError


def test_everybody_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        replace(str(tmp_path / "a.prom"), "ü\n")
    finally:
        os.umask(before)
    (file,) = tmp_path.iterdir()
    assert ("a.prom", "ü\n", 0o644) == (file.name, file.read_text(), file.stat().st_mode & 0o777)


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    path, text = tmp_path / "a.prom", "x" * (1 << 20)
    replace(str(path), text)
    seen, over = set[int](), threading.Event()

    def read() -> None:
        while not over.is_set():
            seen.add(len(path.read_text()))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        replace(str(path), text)
    over.set()
    reader.join()
    assert {len(text)} == seen


def test_what_a_killed_one_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f"a.prom.{os.getpid()}").write_text("half")
    replace(str(tmp_path / "a.prom"), "whole\n")
    assert ["a.prom"] == os.listdir(tmp_path)


def test_a_link_beside_it_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / f"a.prom.{os.getpid()}").symlink_to(tmp_path / "other")
    replace(str(tmp_path / "a.prom"), "whole\n")
    assert "mine" == (tmp_path / "other").read_text()


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*/none/a.prom: no such file or directory"):
        replace(str(tmp_path / "none" / "a.prom"), "")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="is a directory"):
        replace(str(tmp_path / "folder"), "")
    assert ["folder"] == os.listdir(tmp_path)

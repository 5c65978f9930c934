"""Files that are whole at any time, and what must not be replaced by one."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from gearcli.wholefile import is_file, put, write


def test_everybody_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write(str(tmp_path / "a.prom"), "ü\n".encode())
    finally:
        os.umask(before)
    (file,) = tmp_path.iterdir()
    assert ("a.prom", "ü\n", 0o644) == (file.name, file.read_text(), file.stat().st_mode & 0o777)


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    path, text = tmp_path / "a.prom", b"x" * (1 << 20)
    write(str(path), text)
    seen, over = set[int](), threading.Event()

    def read() -> None:
        while not over.is_set():
            seen.add(len(path.read_text()))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        write(str(path), text)
    over.set()
    reader.join()
    assert {len(text)} == seen


def test_what_a_killed_one_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f"a.prom.{os.getpid()}").write_text("half")
    write(str(tmp_path / "a.prom"), b"whole\n")
    assert ["a.prom"] == os.listdir(tmp_path)


def test_a_link_beside_it_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("mine")
    (tmp_path / f"a.prom.{os.getpid()}").symlink_to(tmp_path / "other")
    write(str(tmp_path / "a.prom"), b"whole\n")
    assert "mine" == (tmp_path / "other").read_text()


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(str(tmp_path / "none" / "a.prom"), b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write(str(tmp_path / "folder"), b"")
    assert ["folder"] == os.listdir(tmp_path)


# -- what else a path may lead to ------------------------------------------------------------


def test_a_link_stays_and_the_file_that_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there/target", tmp_path / "link"
    link.symlink_to("there/target")
    for text in (b"first", b"second"):  # at first it leads nowhere
        write(str(link), text)
        assert text == target.read_bytes()
    assert link.is_symlink()
    assert ["target"] == os.listdir(tmp_path / "there")


@pytest.mark.parametrize("through_a_link", [False, True])
def test_a_pipe_is_written_to_and_stays(tmp_path: Path, through_a_link: bool) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    heard = list[bytes]()
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    long = b"x" * (1 << 18)  # more than a pipe holds
    write(str(link if through_a_link else pipe), long)
    reader.join()
    assert [long] == heard
    assert stat.S_ISFIFO(os.lstat(pipe).st_mode)
    assert link.is_symlink()


def test_an_open_descriptor_is_written_to(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    write(f"/dev/fd/{writer}", b"heard")
    assert b"heard" == os.read(reader, 99)
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        write(f"/dev/fd/{writer}", b"not heard")
    os.close(writer)
    with (tmp_path / "gone").open("w+b") as gone:
        (tmp_path / "gone").unlink()
        write(f"/dev/fd/{gone.fileno()}", b"of no name")
        assert b"of no name" == gone.read()
    assert [] == os.listdir(tmp_path)


def test_what_is_a_file_or_can_become_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    found = [is_file(str(tmp_path / name)) for name in ("file", "new", "no/folder", "pipe", "")]
    assert [True, True, True, False, False] == found


def test_what_stands_there_is_replaced_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere")
    with put(str(tmp_path / "link"), b"1", mode=0o600) as file:
        assert os.path.samestat(os.fstat(file.fileno()), os.lstat(tmp_path / "link"))
    assert 0o600 == stat.S_IMODE(os.lstat(tmp_path / "link").st_mode)

"""Users and limits: what the system permits."""

from __future__ import annotations

import os
import pwd
import resource
import signal
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from gearcli.errors import NotPermitted, UsageError
from gearcli.protocol.packets import PacketType as P
from gearcli.server import privileges
from gearcli.server.bounds import CONNECTIONS
from tests.support import Wire, gear, gear_serve, process, wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def proc(pid: int, key: str) -> list[str]:
    """A row of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split()[1:] for line in lines if line.startswith(key + ":"))


def test_a_user_is_found_by_name() -> None:
    us = pwd.getpwuid(os.geteuid())
    assert (us.pw_name, us.pw_uid, us.pw_gid) == privileges.account(us.pw_name)


@pytest.mark.parametrize("name", ["nobody-of-that-name", "", "a\0b"])
def test_a_user_that_is_none(name: str) -> None:
    with pytest.raises(UsageError, match="there is no user"):
        privileges.account(name)


def test_only_root_can_become_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(NotPermitted, match="only root can become root"):
        privileges.require_may_become(privileges.Account("root", 0, 0))
    privileges.require_may_become(privileges.Account("us", 12345, 1))
    privileges.become(privileges.Account("us", 12345, 1))


def test_what_the_system_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "initgroups", refuse)
    with pytest.raises(NotPermitted, match="cannot become nobody: operation not permitted"):
        privileges.become(privileges.Account("nobody", 65534, 65534))


def test_open_files_are_limited_as_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    infinity = resource.RLIM_INFINITY
    for hard, wanted in ((100, None), (100, 50), (100, 200), (infinity, None), (infinity, 50)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, hard=hard: (10, hard))
        privileges.allow_files(wanted)
    assert [(100, 100), (50, 100), (200, 200), (infinity, infinity), (50, infinity)] == asked


def test_more_files_than_the_system_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(NotPermitted, match="cannot have 9999999999 open files, at most "):
        privileges.allow_files(9999999999)


def test_who_is_root_is_not_told_to_become_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10, 20))
    (tmp_path / "nr_open").write_text("30\n")
    monkeypatch.setattr(privileges, "_MOST", str(tmp_path / "nr_open"))
    expected = ("at most 30: ask for fewer, or raise fs.nr_open", "at most 20: .*run it as root")
    for uid, words in enumerate(expected):
        monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
        with pytest.raises(NotPermitted, match=f"cannot have 50 open files, {words}"):
            privileges.allow_files(50)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(privileges, "_MOST", str(tmp_path / "none"))
    with pytest.raises(NotPermitted, match="at most 20"):
        privileges.allow_files(50)


def test_a_server_opens_as_many_files_as_it_is_told() -> None:
    with gear_serve("--file-descriptors=77") as server:
        limits = Path(f"/proc/{server.pid}/limits").read_text()
        assert "77" == next(
            line.split()[3] for line in limits.splitlines() if line.startswith("Max open files")
        )


@pytest.mark.parametrize(
    ("files", "wanted", "as_files_allow", "connections"),
    [
        (64, None, False, 32),
        (20, None, False, 10),
        (1_000, 900, False, 900),
        (20_000, None, False, CONNECTIONS),
        (20_000, None, True, 19_968),
        (20_000, 11_000, False, 11_000),
        (resource.RLIM_INFINITY, None, False, CONNECTIONS),
        (resource.RLIM_INFINITY, 50_000, False, 50_000),
    ],
)
def test_how_many_connections_there_may_be(
    files: int, wanted: int | None, as_files_allow: bool, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert connections == privileges.connections(wanted, as_files_allow=as_files_allow)


def test_more_connections_than_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1000, 1000))
    with pytest.raises(NotPermitted, match="cannot have 1000 connections: only 1000 files may be open"):
        privileges.connections(1000, as_files_allow=False)


# -- another user ------------------------------------------------------------------------------


@as_root
def test_a_server_becomes_another_user_for_good(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    path, log, pid_file = tmp_path / "socket", tmp_path / "log", tmp_path / "pid"
    nobody = pwd.getpwnam("nobody")
    options = ("-u", "nobody", "-l", str(log), "--pid-file", str(pid_file))
    with gear_serve(*options, address=("-L", f"unix:{path}")) as server:
        wait_until(lambda: proc(server.pid, "Uid") == [str(nobody.pw_uid)] * 4)
        assert [str(nobody.pw_gid)] * 4 == proc(server.pid, "Gid")
        assert "0" not in proc(server.pid, "Groups")
        assert f"{server.pid}\n" == pid_file.read_text()
        for owned in (path, log):
            assert nobody.pw_uid == owned.stat().st_uid
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        with Wire(path=str(path)) as wire:
            assert wire.works()
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
    assert "" == pid_file.read_text(), "in root's folder nobody can remove it"


@as_root
def test_acting_as_another_user_makes_what_is_that_users_and_ends() -> None:
    nobody = privileges.account("nobody")
    before = os.getresuid(), os.getresgid(), os.getgroups()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        with privileges.acting_as(nobody):
            Path(folder, "made").touch()
            with pytest.raises(PermissionError):
                Path("/root-may-only").touch()
            assert (nobody.uid, nobody.gid) == (os.geteuid(), os.getegid())
            assert 0 not in os.getgroups()
        made = Path(folder, "made").stat()
    assert (nobody.uid, nobody.gid) == (made.st_uid, made.st_gid)
    assert before == (os.getresuid(), os.getresgid(), os.getgroups())
    with pytest.raises(ZeroDivisionError), privileges.acting_as(nobody):
        _ = 1 / 0
    assert before == (os.getresuid(), os.getresgid(), os.getgroups())


def test_acting_as_who_one_is_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "initgroups", lambda *_: pytest.fail("nobody is to become another"))
    with privileges.acting_as(None):
        pass
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with privileges.acting_as(privileges.Account("us", 12345, 1)):
        pass


@as_root
@pytest.mark.parametrize("background", [(), ("-d",)], ids=["in front", "in the background"])
def test_without_a_store_that_the_user_can_open_there_is_no_pid_file(
    tmp_path: Path, background: tuple[str, ...]
) -> None:
    tmp_path.chmod(0o755)
    store, pid_file = tmp_path / "jobs.db", tmp_path / "pid"
    options = ("-p", "0", "-u", "nobody", "--store", str(store), "-P", str(pid_file), "-l", "none")
    with process(gear("serve", *options, *background)) as server:
        assert 74 == server.exit_status()
        assert f"{store}" in server.said()
    assert [] == os.listdir(tmp_path)


@as_root
def test_the_store_is_the_users(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        store = Path(folder, "jobs.db")
        with gear_serve("-u", "nobody", "--store", str(store)) as server, server.wire() as wire:
            assert P.JOB_CREATED == wire.ask(P.SUBMIT_JOB_BG, b"f", b"", b"w")[0]
            assert {nobody.pw_uid} == {each.stat().st_uid for each in Path(folder).iterdir()}
            for key in ("Uid", "Gid"):  # of the store's thread too
                ids = {tuple(proc(int(task), key)) for task in os.listdir(f"/proc/{server.pid}/task")}
                assert {(str(nobody.pw_uid if key == "Uid" else nobody.pw_gid),) * 4} == ids


@as_root
def test_who_is_not_root_cannot_become_another() -> None:
    # Nobody may not even start Python where that is root's own.
    begin = (
        "import os, sys, gearcli.cli.serve, gearcli.cli.app as app; os.setuid(65534); app.run(sys.argv[1:])"
    )
    with process([sys.executable, "-c", begin, "serve", "-p", "0", "-u", "daemon"]) as server:
        assert 77 == server.exit_status()
        assert "gear: only root can become daemon: run it as root, or without --user\n" == server.said()

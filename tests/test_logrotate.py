"""A server as the documents start it, and its log as logrotate rotates it: the real one, as root."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import DEADLINE, LOGROTATE, clean_environment, free_port, gear, needs_programs, wait_until
from tests.test_contrib import CONTRIB, OPERATIONS, SERVER, command_of, settings

ROOT = CONTRIB.parent
USER = "nobody"
"""Who is in place of `gearman`, whom not every machine has."""
LOG, PID, STORE = "var/log/gear/server.log", "run/gear/server.pid", "var/lib/gear/jobs.db"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can rotate logs of another user")
needs_logrotate = needs_programs(LOGROTATE)


class Machine:
    """A folder in place of a machine's root, which everybody may enter."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.chmod(0o755)
        self.port = free_port()
        self.stand_in("gear", shlex.join(gear()) + ' "$@"')
        for folder in ("run", "var/log", "var/lib"):
            (root / folder).mkdir(parents=True)

    def here(self, text: str) -> str:
        """A text of ours for this machine: its folders, its user."""
        group = grp.getgrgid(pwd.getpwnam(USER).pw_gid).gr_name
        text = re.sub(r"(?<![\w.])/(?=(run|var)/)", f"{self.root}/", text)
        text = text.replace("gearman adm", f"{USER} {group}").replace("-g gearman", f"-g {group}")
        return text.replace("--regid=gearman", f"--regid={group}").replace("gearman", USER)

    def stand_in(self, name: str, script: str) -> None:
        """Have a program of this name."""
        path = self.root / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def environ(self) -> dict[str, str]:
        """Variables for what runs on it."""
        path = f"{self.root}/bin:{os.environ['PATH']}"
        return {**clean_environment(), "PATH": path, "GEARMAND_PORT": str(self.port), "PYTHONPATH": str(ROOT)}

    def rotate(self) -> subprocess.CompletedProcess[str]:
        """What Debian does each day."""
        snippet = self.root / "snippet"
        snippet.write_text(self.here((CONTRIB / "logrotate").read_text()))
        snippet.chmod(0o644)
        return subprocess.run(
            [LOGROTATE, "-f", "-s", str(self.root / "state"), str(snippet)],
            env=self.environ(),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
        )


@pytest.fixture
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory() as folder:
        yield Machine(Path(folder))


def started_by_hand() -> str:
    """The lines by which docs/server.md starts a server without systemd."""
    text = (ROOT / "docs" / "server.md").read_text()
    found = re.search(r"^```sh[^\n]*other folders\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@contextlib.contextmanager
def by_hand(machine: Machine) -> Iterator[int]:
    """That server; its process id."""
    ran = subprocess.run(
        ["sh", "-ec", machine.here(started_by_hand())],
        env=machine.environ(),
        check=False,
        capture_output=True,
        timeout=DEADLINE,
    )
    assert 0 == ran.returncode, ran.stderr
    pid = int(wait_until((machine.root / PID).read_text))
    try:
        yield pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def opened(pid: int) -> set[str]:
    """The files that a process has open."""
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(os.readlink(each))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc which files are open")
@as_root
@needs_logrotate
def test_the_server_of_the_documents_goes_on_in_a_new_log_and_leaves_nothing(machine: Machine) -> None:
    log = machine.root / LOG
    with by_hand(machine) as pid:
        assert str(log) in opened(pid)
        rotated = machine.rotate()
        assert (0, "") == (rotated.returncode, rotated.stderr)
        wait_until(lambda: str(log) in opened(pid) and f"{log}.1" not in opened(pid))
        assert "listening on" in Path(f"{log}.1").read_text()
        assert (USER, 0o640) == (log.owner(), log.stat().st_mode & 0o777)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not (machine.root / PID).exists())
        assert (machine.root / STORE).owner() == USER
        assert ["server.log", "server.log.1"] == sorted(each.name for each in log.parent.iterdir())


@as_root
@needs_logrotate
def test_a_pid_file_cannot_have_somebody_elses_process_signalled(machine: Machine) -> None:
    subprocess.run(["sh", "-ec", machine.here(started_by_hand().splitlines()[0])], check=True)
    (machine.root / LOG).write_text("a line\n")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as of_root:
        (machine.root / PID).write_text(f"{of_root.pid}\n")
        rotated = machine.rotate()
        assert 0 != rotated.returncode
        assert "postrotate" in rotated.stderr
        of_root.communicate(timeout=DEADLINE)
        assert 0 == of_root.returncode


@as_root
@needs_logrotate
def test_systemd_is_told_to_reload_where_it_has_started_the_server(machine: Machine) -> None:
    subprocess.run(["sh", "-ec", machine.here(started_by_hand().splitlines()[0])], check=True)
    (machine.root / "run/systemd/system").mkdir(parents=True)
    (machine.root / LOG).write_text("a line\n")
    machine.stand_in("systemctl", f'echo "$@" > {machine.root}/asked')
    rotated = machine.rotate()
    assert (0, "") == (rotated.returncode, rotated.stderr)
    assert "try-reload-or-restart gear-server.service\n" == (machine.root / "asked").read_text()
    assert ["/bin/kill -HUP $MAINPID"] == settings(SERVER)["ExecReload"]


def test_all_documents_name_the_same_places() -> None:
    found = settings(SERVER)
    folders = {"State": "/var/lib/gear", "Logs": "/var/log/gear", "Runtime": "/run/gear"}
    assert all(found[f"{kind}Directory"] == [Path(path).name] for kind, path in folders.items())
    assert all(f"`{path}`" in OPERATIONS for path in folders.values())
    assert all(path in started_by_hand() for path in folders.values())
    for path in (LOG, PID, STORE):
        assert f"/{path}" in started_by_hand()
    snippet = (CONTRIB / "logrotate").read_text()
    assert re.search(r"^/var/log/gear/\*\.log \{$", snippet, re.MULTILINE)
    assert set(re.findall(r"\S+\.pid\b", snippet)) == {f"/{PID}"}


def test_what_is_to_be_written_for_a_log_file_adds_only_that() -> None:
    for text in (OPERATIONS, (CONTRIB / SERVER).read_text().replace("\n#     ", "\n")):
        lines = re.findall(r"^ExecStart=\nExecStart=(.*)$", text, re.MULTILINE)
        assert [["gear", *command_of(SERVER), "--log-file", f"/{LOG}"]] == [*map(shlex.split, lines)]

"""A worker that reads its plans again: what changes at HUP, and what cannot."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

from tests.cli.driving import Gear, at
from tests.support import ServerProcess, under_nohup, wait_until
from tests.worker.lives import registered, working
from tests.worker.pools import a_name, result

WORKER = """
[worker.{name}]
command = ["sh", "-c", "echo {answer}; cat"]
"""


def test_hup_changes_what_has_changed_and_nothing_else(server: ServerProcess, tmp_path: Path) -> None:
    same, other, gone, new = (a_name() for _ in range(4))
    path = tmp_path / "workers.toml"
    stays = f'[worker.{same}]\ncommand = ["sh", "-c", "while read n; do echo $$; done"]\npersistent = true\n'
    old, later = (WORKER.format(name=other, answer=answer) for answer in ("old", "new"))
    path.write_text(stays + old + WORKER.format(name=gone, answer="gone"))
    with working(server, "--config", str(path)) as worker:
        for name in (same, other, gone):
            registered(server, name)
        pid = result(server.port, same)
        path.write_text(stays + later + WORKER.format(name=new, answer="fresh"))
        worker.signal(signal.SIGHUP)
        registered(server, new)
        registered(server, gone, 0)
        assert b"new\n" == result(server.port, other)
        assert (pid, b"fresh\n") == (result(server.port, same), result(server.port, new))
        (line,) = [line for line in worker.said().splitlines() if "read its plans" in line]
    assert line.startswith("gear: has read its plans again: changed ")
    assert same not in line


def test_hup_may_only_change_how_many_there_are(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path = tmp_path / "workers.toml"
    text = f'[worker.{name}]\ncommand = ["sh", "-c", "while read n; do echo $$; done"]\npersistent = true\n'
    path.write_text(text)
    with working(server, "--config", str(path)) as worker:
        registered(server, name)
        pid = result(server.port, name)
        path.write_text(text + "slots = 3\n")
        worker.signal(signal.SIGHUP)
        registered(server, name, 3)
        path.write_text(text)
        worker.signal(signal.SIGHUP)
        registered(server, name, 1)
        assert pid.strip().isdigit()


def test_what_hup_cannot_change_is_said(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path = tmp_path / "workers.toml"
    path.write_text(WORKER.format(name=name, answer="old"))
    with working(server, "--config", str(path)) as worker:
        registered(server, name)
        path.write_text('servers = "other"\nconnect-timeout = 1\n' + WORKER.format(name=name, answer="old"))
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "once it is started again" in worker.said())
        assert b"old\n" == result(server.port, name)
        assert [
            "gear: has read its plans again: nothing has changed",
            "gear: servers, connect-timeout as the file says now: only once it is started again",
        ] == worker.said().splitlines()


def test_more_slots_than_files_may_be_open_change_nothing(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path = tmp_path / "workers.toml"
    path.write_text(WORKER.format(name=name, answer="old"))
    with working(server, "--config", str(path)) as worker:
        registered(server, name)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (256, 256))
        path.write_text(WORKER.format(name=name, answer="new") + "slots = 100\n")
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "gear: goes on as before: 100 slots with 1 server need " in worker.said())
        assert b"old\n" == result(server.port, name)


def test_a_file_that_has_become_wrong_changes_nothing(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path = tmp_path / "workers.toml"
    path.write_text(WORKER.format(name=name, answer="old"))
    with working(server, "--config", str(path)) as worker:
        registered(server, name)
        path.write_text(WORKER.format(name=name, answer="new") + "slots = 0\n")
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "gear: goes on as before: " in worker.said())
        assert f"{path}, line 4: worker.{name}.slots: " in worker.said()
        assert b"old\n" == result(server.port, name)


def test_a_job_that_runs_while_its_plan_goes_is_finished(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path, go = tmp_path / "workers.toml", tmp_path / "go"
    script = f"touch {tmp_path}/begun; until [ -e {go} ]; do sleep 0.01; done; echo done"
    path.write_text(f'[worker.{name}]\ncommand = ["sh", "-c", "{script}"]\n')
    with (
        working(server, "--config", str(path)) as worker,
        Gear("submit", *at(server.port), name, "x") as submitted,
    ):
        wait_until((tmp_path / "begun").exists)
        path.write_text(WORKER.format(name=a_name(), answer="x"))
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "read its plans again" in worker.said())
        go.touch()
        assert (0, b"done\n") == submitted.result()[:2]
        registered(server, name, 0)


def test_hup_that_was_ignored_has_the_file_read_again(server: ServerProcess, tmp_path: Path) -> None:
    name, path = a_name(), tmp_path / "workers.toml"
    path.write_text(WORKER.format(name=name, answer="old"))
    with under_nohup(), working(server, "--config", str(path)) as worker:
        registered(server, name)
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "gear: has read its plans again" in worker.said())

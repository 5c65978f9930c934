"""A server and workers of our own.  Each test runs in a fork of its own: both are forks, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support import DEADLINE, clean_environment

HEAD = """
import os, signal, sys, time
from gearcli.cli.private import _child, _noticing_the_end_of, private_server, private_workers
from gearcli.client.client import Client
from gearcli.errors import BindError, WorkersEnded
from gearcli.worker.plan import Plan, Recipe
from gearcli.worker.plan import Plan, Recipe, Settings
"""


def run(program: str, folder: Path) -> str:
    """What a program prints; it has to end well and leave nothing in its TMPDIR."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + program],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env={**clean_environment(), "TMPDIR": str(folder)},
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert [] == list(folder.iterdir())
    return done.stdout


def test_a_server_is_only_its_owners(tmp_path: Path) -> None:
    program = """
with private_server() as address:
    folder = os.path.dirname(address.path)
    print(oct(os.stat(folder).st_mode & 0o777), os.path.basename(folder).startswith("gear-run-"))
    with Client([address]) as client:
        print(client.echo(b"x") > 0)
"""
    assert "0o700 True\nTrue\n" == run(program, tmp_path)


def test_where_the_folder_for_temporary_files_has_a_long_name_another_is_taken(tmp_path: Path) -> None:
    program = """
with private_server() as address, Client([address]) as client:
    folder = os.path.dirname(address.path)
    print(oct(os.stat(folder).st_mode & 0o777), os.path.dirname(folder), client.echo(b"x") > 0)
print(os.path.exists(folder))
"""
    long = tmp_path / ("x" * 120)
    long.mkdir()
    assert "0o700 /tmp True\nFalse\n" == run(program, long)


def test_where_no_folder_can_be_made_that_is_said(tmp_path: Path) -> None:
    program = """
from gearcli.cli import private
private._SHORT = {short}
try:
    with private_server():
        print("here")
except BindError as error:
    print(error)
"""
    long = tmp_path / ("x" * 120)
    long.mkdir()
    said = "cannot make a folder for the private server: {}; have TMPDIR name another place\n"
    reason = f"the path of {long} is too long for a socket"
    assert said.format(reason) == run(program.format(short="()"), long)
    assert said.format("no such file or directory") == run(program.format(short="('/no/such/place',)"), long)


def test_a_server_ends_with_its_block_whatever_happens_in_it(tmp_path: Path) -> None:
    program = """
try:
    with private_server() as address:
        raise KeyError
except KeyError:
    print(os.path.exists(address.path))
try:
    os.wait()
except ChildProcessError:
    print("nobody")
"""
    assert "False\nnobody\n" == run(program, tmp_path)


def test_workers_work_while_their_block_lasts(tmp_path: Path) -> None:
    program = """
with private_server() as address, Client([address]) as client:
    settings = Settings([Plan("f", [b"f"], Recipe(["tr", "a-z", "A-Z"]), 2, 2)], [address])
    with private_workers(settings):
        job = client.submit("f", "hello")
        print(job.result())
    print(client.status(job.handle).known)
"""
    assert "b'HELLO'\nFalse\n" == run(program, tmp_path)


def test_workers_that_are_killed_are_noticed(tmp_path: Path) -> None:
    program = """
try:
    with _child(lambda lifeline: lifeline.recv(1)) as pid, _noticing_the_end_of(pid):
        os.kill(pid, signal.SIGKILL)
        signal.pause()
except WorkersEnded as error:
    print(error, error.status, signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL)
"""
    assert "the workers of this run have ended 0 True\n" == run(program, tmp_path)


def test_it_is_known_how_workers_ended(tmp_path: Path) -> None:
    program = """
try:
    with _child(lambda lifeline: 77) as pid, _noticing_the_end_of(pid):
        while True:
            time.sleep(0.01)  # a signal that comes just before a longer sleep would wait for its end
except WorkersEnded as error:
    print(error.status)
"""
    assert "77\n" == run(program, tmp_path)


def test_workers_that_ended_before_anybody_looked_are_noticed(tmp_path: Path) -> None:
    program = """
with _child(lambda lifeline: None) as pid:
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        with _noticing_the_end_of(pid):
            print("not noticed")
    except WorkersEnded:
        print("noticed")
"""
    assert "noticed\n" == run(program, tmp_path)


def test_the_end_of_another_child_is_none_of_its_business(tmp_path: Path) -> None:
    program = """
with _child(lambda lifeline: lifeline.recv(1)) as pid, _noticing_the_end_of(pid):
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
print("done")
"""
    assert "done\n" == run(program, tmp_path)


def test_ctrl_c_is_for_the_parent(tmp_path: Path) -> None:
    program = """
reading, writing = os.pipe()

def child(lifeline):
    os.write(writing, b"ready")
    lifeline.recv(1)
    os.write(writing, b"at the end")

with _child(child) as pid:
    os.read(reading, 5)
    os.kill(pid, signal.SIGINT)
print(os.read(reading, 10).decode())
"""
    assert "at the end\n" == run(program, tmp_path)

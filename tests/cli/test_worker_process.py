"""A worker as a process: what is around the pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from gearcli.cli.worker_process import run
from gearcli.errors import ConnectFailed, OutputError
from gearcli.protocol.address import Address
from gearcli.worker.plan import Plan, Recipe
from gearcli.worker.pool import Settings
from tests.support import free_port


def settings() -> Settings:
    """A worker for a server that is not there."""
    return Settings([Plan("f", [b"f"], Recipe(["cat"]))], [Address("127.0.0.1", free_port())])


def test_a_worker_that_cannot_begin_leaves_no_pid_file(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with pytest.raises(ConnectFailed):
        run(settings(), 0, log_format="text", metrics=None, pidfile=str(path))
    assert not path.exists()


def test_a_pid_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="--pidfile"):
        run(settings(), 0, log_format="text", metrics=None, pidfile=str(tmp_path / "no" / "folder"))

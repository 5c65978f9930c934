"""What is handed to systemd, logrotate and Docker is right, as far as they and we can tell."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from gearcli.units import duration
from tests.support import (
    DEADLINE,
    SYSTEMD_ANALYZE,
    Process,
    clean_environment,
    gear,
    gear_serve,
    needs_systemd,
)
from tests.test_systemd import hand_over

CONTRIB = Path(__file__).parent.parent / "contrib"
SERVER, WORKER = "gear-server.service", "gear-worker@.service"
SEARCHED = {"/usr/local/bin", "/usr/bin"}
"""Where systemd finds a program that a unit names without a folder, on every distribution."""
OPERATIONS = (CONTRIB.parent / "docs" / "operations.md").read_text()


def settings(unit: str) -> dict[str, list[str]]:
    """The settings of a unit; one may stand there several times."""
    found: dict[str, list[str]] = {}
    for line in (CONTRIB / unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def command_of(unit: str) -> list[str]:
    """What a unit has `gear` do."""
    program, *arguments = shlex.split(settings(unit)["ExecStart"][0])
    assert program == "gear"  # systemd looks for it in SEARCHED
    return arguments


def is_understood(arguments: list[str]) -> bool:
    """Whether `gear` knows all options of a command line; --help looks at them first."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    asked = [*arguments[:at], "--help", *arguments[at:]]
    return subprocess.run(gear(*asked), capture_output=True, check=False).returncode == 0


# -- systemd ------------------------------------------------------------------------------


@needs_systemd
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    program = tmp_path / "gear"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in CONTRIB.glob("gear-*"):
        text = path.read_text().replace("\nExecStart=gear ", f"\nExecStart={program} ")
        (tmp_path / path.name.replace("@", "@images")).write_text(text)
    units = sorted(str(path) for path in tmp_path.glob("gear-*"))
    assert len(units) == 3
    found = subprocess.run(
        [SYSTEMD_ANALYZE, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (0, "") == (found.returncode, found.stderr)


@needs_systemd
def test_systemd_looks_where_gear_is_installed() -> None:
    asked = [SYSTEMD_ANALYZE.replace("analyze", "path"), "search-binaries-default"]
    searched = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip().split(":")
    assert set(searched) >= SEARCHED


def test_documents_install_what_units_name() -> None:
    block = re.findall(r"^```sh[^\n]*other folders\n(.*?)^```", OPERATIONS, re.MULTILINE | re.DOTALL)[0]
    link, name = re.findall(r"ln -sf \S+ (\S+)/(\S+)$", block, re.MULTILINE)[0]
    assert link in SEARCHED
    assert all(settings(unit)["ExecStart"][0].startswith(f"{name} ") for unit in (SERVER, WORKER))
    assert all(folder in OPERATIONS and folder in (CONTRIB / SERVER).read_text() for folder in SEARCHED)
    assert re.findall(r"useradd .* (\S+)$", block, re.MULTILINE) == settings(SERVER)["User"]
    sources = re.findall(r"contrib/\S+", block)
    installed = {path.name for each in sources for path in CONTRIB.parent.glob(each)}
    assert {SERVER, WORKER, "gear-server.socket", "workers.toml"} == installed
    instance = re.findall(r"/etc/gear/(\w+)\.toml", block)
    assert instance
    assert settings(WORKER)["ExecStart"][0].endswith(" /etc/gear/%i.toml")
    assert f"gear-worker@{instance[0]}" in block


@needs_systemd
@pytest.mark.parametrize(("unit", "most"), [(SERVER, 20), (WORKER, 40)])
def test_systemd_finds_the_units_safe(unit: str, most: int) -> None:
    asked = [SYSTEMD_ANALYZE, "security", "--offline=yes", f"--threshold={most}", str(CONTRIB / unit)]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert 0 == found.returncode, found.stdout


def test_the_server_of_the_unit_takes_its_socket_and_feeds_its_watchdog(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(DEADLINE)
        manager.bind(path)
        environ = {**clean_environment(), "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}
        arguments = [each.replace("/var/lib/gear", str(tmp_path)) for each in command_of(SERVER)]
        command = [sys.executable, "-c", hand_over(("127.0.0.1", 0)), *gear(*arguments)]
        server = Process(command, environ=environ)
        try:
            assert [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"] == [manager.recv(99) for _ in range(3)]
            server.signal(signal.SIGTERM)
            assert 0 == server.exit_status()
        finally:
            server.end()


def test_the_worker_of_the_unit_becomes_ready(tmp_path: Path) -> None:
    file, path = tmp_path / "images.toml", str(tmp_path / "notify")
    with (
        gear_serve() as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        text = (CONTRIB / "workers.toml").read_text().replace("localhost:4730", f"localhost:{server.port}")
        file.write_text(text)
        manager.settimeout(DEADLINE)
        manager.bind(path)
        arguments = [each.replace("/etc/gear/%i.toml", str(file)) for each in command_of(WORKER)]
        worker = Process(gear(*arguments), environ={**clean_environment(), "NOTIFY_SOCKET": path})
        try:
            assert b"READY=1" == manager.recv(99)
            worker.signal(signal.SIGHUP)
            assert manager.recv(99).startswith(b"RELOADING=1")
            worker.signal(signal.SIGTERM)
            assert 0 == worker.exit_status()
        finally:
            worker.end()


@pytest.mark.parametrize(
    ("unit", "grace", "statuses"),
    [(SERVER, "25s", {2, 66, 77, 78}), (WORKER, "25s", {2, 77, 78, 126, 127})],
)
def test_units_wait_longer_than_grace_and_know_what_is_final(
    unit: str, grace: str, statuses: set[int]
) -> None:
    found = settings(unit)
    asked = dict(zip(command_of(unit), command_of(unit)[1:], strict=False)).get("--grace", grace)
    assert duration(found["TimeoutStopSec"][0]) > duration(asked) == duration(grace)
    final = statuses | {200, 203, 216, 217, 226}  # of systemd.exec(5): nothing of ours has begun
    assert final == set(map(int, found["RestartPreventExitStatus"][0].split()))
    assert ["notify", "mixed"] == [found["Type"][0], found["KillMode"][0]]


def test_a_damaged_store_is_not_tried_again(tmp_path: Path) -> None:
    """What the server of the unit ends with is one of those that systemd takes for final."""
    (tmp_path / "jobs.db").write_bytes(b"no store " * 999)
    arguments = [each.replace("/var/lib/gear", str(tmp_path)) for each in command_of(SERVER)]
    tried = subprocess.run(
        gear(*arguments, "-p", "0"), env=clean_environment(), capture_output=True, check=False
    )
    assert str(tried.returncode) in settings(SERVER)["RestartPreventExitStatus"][0].split(), tried.stderr


def test_a_restart_a_second_later_is_never_one_too_many() -> None:
    """Only what is started anew at once, by connections at its socket, meets the limit."""
    found = settings(SERVER)
    most = duration(found["StartLimitIntervalSec"][0]) / duration(found["RestartSec"][0])
    assert most < int(found["StartLimitBurst"][0])
    assert ["0"] == settings(WORKER)["StartLimitIntervalSec"]


def test_the_socket_is_for_this_machine() -> None:
    assert ["127.0.0.1:4730"] == settings("gear-server.socket")["ListenStream"]


# -- Docker ----------------------------------------------------------------------------------


def instructions() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile and what follows each."""
    text = re.sub(r"^#.*\n", "", (CONTRIB / "Dockerfile").read_text(), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield name, rest


def test_every_instruction_is_one_of_dockers() -> None:
    known = {"FROM", "COPY", "RUN", "ENV", "USER", "WORKDIR", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK"}
    assert {name for name, _ in instructions()} <= known | {"ENTRYPOINT", "CMD"}


def test_the_image_runs_gear_as_an_ordinary_user() -> None:
    last = dict(instructions())
    assert int(last["USER"]) >= 1000
    assert ["gear"] == json.loads(last["ENTRYPOINT"])
    assert is_understood(json.loads(last["CMD"]))
    names = [name for name, _ in instructions()]
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert all(":" in rest and "latest" not in rest for name, rest in instructions() if name == "FROM")


def test_the_image_is_built_from_all_that_the_package_is_made_of() -> None:
    lines = (CONTRIB / "Dockerfile.dockerignore").read_text().splitlines()
    ignored = [line for line in lines if not line.startswith("#")]
    made_of = {"gearcli", "man", "completions", "pyproject.toml", "README.md", "LICENSE"}
    assert set() == {name for name in made_of for pattern in ignored if fnmatch(name, pattern)}
    assert all(any(fnmatch(name, pattern) for pattern in ignored) for name in (".git", ".venv", "tests"))


def test_the_image_is_healthy_while_its_server_answers() -> None:
    words, _, command = dict(instructions())["HEALTHCHECK"].partition("CMD ")
    assert "--timeout=" in words
    program, *arguments = json.loads(command)
    assert program == "gear"
    with gear_serve() as server:
        environ = {**clean_environment(), "GEARMAN_SERVERS": f"localhost:{server.port}"}
        asked = subprocess.run(gear(*arguments), env=environ, capture_output=True, check=False)
        assert (0, b"") == (asked.returncode, asked.stdout)
    asked = subprocess.run(gear(*arguments), env=environ, capture_output=True, check=False)
    assert os.EX_UNAVAILABLE == asked.returncode


@pytest.mark.parametrize("line", re.findall(r"command: \[(.*)\]", (CONTRIB / "compose.yaml").read_text()))
def test_commands_of_compose_are_understood(line: str) -> None:
    assert is_understood([word.strip().strip('"') for word in line.split(",")])


def test_an_option_that_is_not_there_is_noticed() -> None:
    assert not is_understood(["serve", "--no-such-option"])

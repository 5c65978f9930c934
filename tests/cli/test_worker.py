"""`gear worker`: its options; what it does is tested with the pool."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, counts, run_gear
from tests.client.peer import listening
from tests.support import ServerProcess, wait_until


def registered(*options: str) -> list[tuple[PacketType, list[bytes]]]:
    """What a worker says before it asks for work."""
    with listening() as listener:
        command = ["worker", *at(listener.port), *options, "--", "cat"]
        with Gear(*command) as worker, listener.accept() as peer:
            packets = [peer.packet()]
            while packets[-1][0] is not PacketType.GRAB_JOB_UNIQ:
                packets.append(peer.packet())
            worker.signal(signal.SIGTERM)
            peer.close()
            assert 0 == worker.result().status
    return packets[:-1]


def test_functions_are_registered_and_the_first_one_last() -> None:
    """A server serves the one registered last first."""
    assert [(PacketType.CAN_DO, [b"b"]), (PacketType.CAN_DO, [b"a"])] == registered("-f", "a", "-f", "b")


def test_a_name_is_said_first() -> None:
    said = registered("-f", "a", "--name", "press 1")
    assert [(PacketType.SET_CLIENT_ID, [b"press 1"]), (PacketType.CAN_DO, [b"a"])] == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], ""),
        (["-v"], "gear: worker-says {handle} done in "),
    ],
)
def test_what_it_says_of_a_job(server: ServerProcess, options: list[str], said: str) -> None:
    with Gear("worker", *at(server.port), *options, "-f", "worker-says", "--", "cat") as worker:
        wait_until(lambda: counts(server.port, "worker-says")[2] == 1)
        submitted = run_gear("submit", *at(server.port), "-v", "worker-says", "x")
        handle = submitted.err.split()[-1]
        wait_until(lambda: said.format(handle=handle) in worker.said())
        worker.signal(signal.SIGTERM)
        result = worker.result()
    assert (0, b"") == result[:2]
    assert bool(said) == bool(result.err)


@pytest.mark.parametrize(
    ("options", "said"),
    [([], "failed after "), (["-q"], "")],
)
def test_what_it_says_of_a_failure(server: ServerProcess, options: list[str], said: str) -> None:
    with Gear("worker", *at(server.port), *options, "-f", "worker-fails", "--", "false") as worker:
        wait_until(lambda: counts(server.port, "worker-fails")[2] == 1)
        assert 1 == run_gear("submit", *at(server.port), "worker-fails", "x").status
        wait_until(lambda: said in worker.said())
        worker.signal(signal.SIGTERM)
        result = worker.result()
    assert (0, b"") == result[:2]
    assert bool(said) == bool(result.err)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-f", "", "--", "cat"], "-f has to name a function to take jobs of"),
        (["--", "cat"], "-f has to name a function to take jobs of"),
        (["-f", "x", "-f", "x", "--", "cat"], "-f names the same function twice"),
        (["-f", "x"], "say after -- what is to be run for each job"),
        (["-f", "x", "--check", "--", "cat"], "--check needs --config"),
        (["-f", "x", "--splay", "5s", "--", "cat"], "--splay needs --max-lifetime"),
        (["-f", "x", "-0", "--", "cat"], "-0 needs --persistent"),
        (["-f", "x", "--workdir", "/no/such", "--", "cat"], "--workdir: there is no folder /no/such"),
        (["-f", "x", "-I", "{}", "--", "cat"], "--replace: '{}' stands nowhere in the arguments"),
        (["-f", "x", "--retry-exit", "3", "--", "cat"], "--retry-exit: nothing is tried again"),
        (["-f", "x", "--persistent", "--stream", "--", "cat"], "--stream: a command that stays"),
        (["--config", "workers.toml", "-f", "x"], "with --config, functions, commands"),
        (["--config", "workers.toml", "--timeout", "5s"], "with --config, functions, commands"),
    ],
)
def test_what_makes_no_sense_is_a_wrong_usage(options: list[str], words: str) -> None:
    result = run_gear("worker", *options)
    assert 2 == result.status
    assert words in result.err


def test_a_file_may_only_be_checked(tmp_path: Path) -> None:
    path = tmp_path / "workers.toml"
    path.write_text('[worker.shout]\ncommand = ["tr", "a-z", "A-Z"]\n[worker.cat]\ncommand = ["cat"]\n')
    assert Result(0, b"", f"gear: {path} is right: shout, cat\n") == run_gear(
        "worker", "--config", str(path), "--check"
    )


def test_a_wrong_file_says_where_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "workers.toml"
    path.write_text('[worker.cat]\ncommand = ["no-such-command"]\n')
    result = run_gear("worker", "--config", str(path))
    assert (
        78,
        f"gear: {path}, line 2: worker.cat.command: cannot run no-such-command: command not found\n",
    ) == (
        result.status,
        result.err,
    )


def test_the_file_says_which_servers_unless_the_command_line_does(
    server: ServerProcess, tmp_path: Path
) -> None:
    path = tmp_path / "workers.toml"
    path.write_text(
        'servers = "127.0.0.1:1"\nname = "from the file"\n[worker.from-file]\ncommand = ["cat"]\n'
    )
    assert 69 == run_gear("worker", "--config", str(path)).status
    with Gear("worker", "--config", str(path), *at(server.port)):
        wait_until(lambda: counts(server.port, "from-file")[2] == 1)
        assert b"done" == run_gear("submit", *at(server.port), "from-file", "done").out

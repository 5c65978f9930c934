"""`gear worker`: its options; what it does is tested with the pool."""

from __future__ import annotations

import signal

import pytest

from gearcli.cli.worker import STDERR, destination
from gearcli.errors import UsageError
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


def test_a_function_needs_a_name() -> None:
    assert Result(2, b"", "gear: a function needs a name\n") == run_gear("worker", "-f", "", "--", "cat")


@pytest.mark.parametrize("name", STDERR)
def test_destinations(name: str) -> None:
    assert name == destination(name)


def test_a_destination_that_is_none() -> None:
    with pytest.raises(UsageError, match="'elsewhere' is not one of both, local, warning"):
        destination("elsewhere")

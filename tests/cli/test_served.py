"""Which servers have a worker, as real ones say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.cli.makers import Template
from gearcli.cli.served import required, requiring, serving
from gearcli.errors import ConnectFailed, NoWorker
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from tests.cli.driving import counts
from tests.support import ServerProcess, Wire, free_port, gear_serve, wait_until

TIMEOUT = 5.0


@pytest.fixture(scope="module")
def lonely() -> Iterator[Address]:
    """A server without workers."""
    with gear_serve() as server:
        yield Address("127.0.0.1", server.port)


@pytest.fixture(scope="module")
def served(server: ServerProcess) -> Iterator[Address]:
    """A server with a worker for `served`."""
    with Wire(server.port) as worker:
        worker.say(PacketType.CAN_DO, b"served")
        assert worker.works()
        yield Address("127.0.0.1", server.port)


def nobody() -> Address:
    """Where nobody listens."""
    return Address("127.0.0.1", free_port())


def test_the_servers_that_have_a_worker(lonely: Address, served: Address) -> None:
    assert [served] == serving([lonely, served], b"served", TIMEOUT)


def test_no_server_may_have_one(lonely: Address, served: Address) -> None:
    assert [] == serving([lonely, served], b"not-served", TIMEOUT)


def test_a_function_with_jobs_and_without_workers_is_not_served(served: Address) -> None:
    with Wire(served.port) as client:
        client.ask(PacketType.SUBMIT_JOB_BG, b"served-by-none", b"", b"x")
    assert [] == serving([served], b"served-by-none", TIMEOUT)


def test_a_server_that_is_down_has_no_worker(served: Address) -> None:
    assert [served] == serving([nobody(), served], b"served", TIMEOUT)


def test_with_one_server_that_answers_none_has_to_have_a_worker(lonely: Address) -> None:
    assert [] == serving([nobody(), lonely], b"served", TIMEOUT)


def test_it_is_said_when_no_server_can_be_reached() -> None:
    first = nobody()
    with pytest.raises(ConnectFailed, match=f"cannot connect to {first}"):
        serving([first, nobody()], b"served", TIMEOUT)


def test_who_is_required_and_there(lonely: Address, served: Address) -> None:
    assert [served] == required([lonely, served], b"served", TIMEOUT)


def test_who_is_required_and_not_there(served: Address) -> None:
    with pytest.raises(NoWorker) as error:
        required([served], b"not\x1bserved", TIMEOUT)
    said = "no worker serves not\\x1bserved; start one, or leave --require-worker out to queue the job"
    assert said == str(error.value)


def test_only_tasks_with_a_worker_are_made(served: Address) -> None:
    make = requiring(Template(b"served").task, [served], TIMEOUT)
    task = make(b"w", 1)
    assert task is not None
    assert b"w" == task.workload
    with pytest.raises(NoWorker, match="no worker serves not-served"):
        requiring(Template(b"not-served").task, [served], TIMEOUT)(b"w", 1)


def test_a_function_is_asked_about_once(server: ServerProcess) -> None:
    """That its worker has gone is not noticed."""
    make = requiring(Template(b"served-once").task, [Address("127.0.0.1", server.port)], TIMEOUT)
    with Wire(server.port) as worker:
        worker.say(PacketType.CAN_DO, b"served-once")
        assert worker.works()
        assert make(b"1", 1) is not None
    wait_until(lambda: counts(server.port, "served-once")[2] == 0)
    assert make(b"2", 2) is not None


def test_nothing_to_do_needs_no_worker() -> None:
    assert requiring(lambda workload, number: None, [nobody()], TIMEOUT)(b"", 1) is None

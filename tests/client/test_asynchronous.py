"""The client in an event loop, which it never blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gearcli.client.asynchronous import AsyncClient
from gearcli.errors import ConnectFailed, ConnectionLost, JobFailed
from gearcli.protocol.packets import PacketType
from tests.client.peer import Listener
from tests.support import DEADLINE, ServerProcess, free_port

P = PacketType


def run(main: Callable[[], Coroutine[Any, Any, object]]) -> object:
    """Run a coroutine to its end, not longer than anything may take."""
    return asyncio.run(asyncio.wait_for(main(), DEADLINE))


def test_jobs_are_awaited(server: ServerProcess, cat: str) -> None:
    async def main() -> object:
        async with AsyncClient(f"127.0.0.1:{server.port}") as client:
            jobs = [client.submit(cat, f"{number}") for number in range(50)]
            return await asyncio.gather(*(client.result(job) for job in jobs))

    assert [b"%d" % number for number in range(50)] == run(main)


def test_jobs_as_they_are_completed(server: ServerProcess, cat: str) -> None:
    async def main() -> object:
        async with AsyncClient(f"127.0.0.1:{server.port}") as client:
            jobs = [client.submit(cat, word) for word in ("one", "two")]
            return {job.result() async for job in client.as_completed(jobs)}

    assert {b"one", b"two"} == run(main)


def test_big_jobs_leave_and_arrive(server: ServerProcess, cat: str) -> None:
    big = bytes(range(256)) * (8 << 12)

    async def main() -> object:
        async with AsyncClient(f"127.0.0.1:{server.port}") as client:
            return await client.result(client.submit(cat, big))

    assert big == run(main)


def test_the_loop_goes_on_while_a_job_waits(listener: Listener) -> None:
    async def main() -> object:
        async with AsyncClient([listener.address]) as client:
            with listener.accept() as peer:
                waiting = asyncio.create_task(client.result(client.submit("f")))
                for _ in range(10):
                    await asyncio.sleep(0)
                assert not waiting.done()
                peer.say(P.JOB_CREATED, b"H:1")
                peer.say(P.WORK_EXCEPTION, b"H:1", b"because")
                return await waiting

    with pytest.raises(JobFailed, match="f failed: because"):
        run(main)


def test_a_job_that_is_done_is_not_waited_for(listener: Listener) -> None:
    async def main() -> object:
        async with AsyncClient([listener.address]) as client:
            with listener.accept() as peer:
                peer.say(P.JOB_CREATED, b"H:1")
                job = client.submit("f", background=True)
                return [await client.result(job) for _ in range(2)]

    assert [b"", b""] == run(main)


def test_a_lost_server_is_an_error_of_its_jobs(listener: Listener) -> None:
    async def main() -> object:
        async with AsyncClient([listener.address]) as client:
            with listener.accept() as peer:
                peer.say(P.OPTION_RES, b"exceptions")
                job = client.submit("f")
            return await client.result(job)

    with pytest.raises(ConnectionLost):
        run(main)


def test_with_patience_the_server_is_reached_again(listener: Listener) -> None:
    async def main() -> object:
        loop = asyncio.get_running_loop()
        async with AsyncClient([listener.address], patience=DEADLINE) as client:
            with listener.accept() as peer:
                peer.say(P.OPTION_RES, b"exceptions")
                waiting = asyncio.create_task(client.result(client.submit("f")))
            with await loop.run_in_executor(None, listener.accept) as peer:
                peer.say(P.JOB_CREATED, b"H:1")
                peer.say(P.WORK_COMPLETE, b"H:1", b"after all")
                return await waiting

    assert b"after all" == run(main)


def test_nobody_is_there() -> None:
    async def main() -> object:
        async with AsyncClient(f"127.0.0.1:{free_port()}"):
            return None

    with pytest.raises(ConnectFailed):
        run(main)

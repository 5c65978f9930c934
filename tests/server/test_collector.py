"""Serving makes no reference cycles: the loop does without the cycle collector, so they would stay."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
from collections.abc import Iterator

import pytest

from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.server.counters import Counters
from gearcli.server.counting import count
from gearcli.server.engine import Engine
from gearcli.server.listener import listen
from gearcli.server.log import Log
from gearcli.server.loop import Server
from gearcli.server.operator import Operator
from tests.server.simulator import Simulation
from tests.support import DEADLINE


@pytest.fixture
def by_hand() -> Iterator[None]:
    """What is only reachable by itself stays, and `gc.collect` puts it into `gc.garbage`."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield
    gc.set_debug(0)
    gc.enable()
    gc.garbage.clear()


def left_behind() -> list[object]:
    """Things of this project that nothing but themselves holds on to."""
    gc.collect()
    return [thing for thing in gc.garbage if type(thing).__module__.startswith("gearcli.")]


def test_the_collector_of_this_test_finds_a_cycle(by_hand: None) -> None:
    engine = Engine(b"H:")
    engine.handlers.clear()
    del engine
    assert [] != left_behind()


@pytest.mark.parametrize("seed", range(5))
def test_an_engine_leaves_nothing_behind(by_hand: None, seed: int) -> None:
    simulation = Simulation(seed, every=10_000)
    if seed % 2:
        count(simulation.engine, Counters())
    for _ in range(3000):
        simulation.step()
    assert [] == left_behind()


CONVERSATIONS = [
    request(P.CAN_DO, b"f") + request(P.PRE_SLEEP),
    request(P.CAN_DO_TIMEOUT, b"f", b"5000") + request(P.GRAB_JOB),
    request(P.SUBMIT_JOB, b"f", b"u", b"w") * 3 + request(P.SUBMIT_JOB_BG, b"g", b"-", b"w"),
    request(P.SUBMIT_JOB_EPOCH, b"f", b"", b"9999999999", b"w"),
    request(P.ECHO_REQ, bytes(100_000)) * 20,
    b"gear jobs\nworkers\nstatus\n",
    b"\0REQ\0\0\0\7\xff\xff\xff\xff",
    bytes(200),
]


def test_connections_leave_nothing_behind(by_hand: None) -> None:
    (listener,) = listen(Address("127.0.0.1", 0))
    engine = Engine(b"H:")
    server = Server(engine, Operator(engine, version="0", pid=0), [listener], log=Log(descriptor=None))

    def talk() -> None:
        """Say everything on connections of its own, hang up, and end the server."""
        for conversation in CONVERSATIONS * 3:
            with socket.create_connection(listener.getsockname(), DEADLINE) as connection:
                connection.sendall(conversation)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 20):
                    pass
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=talk)
    assert None is server.run(thread.start)
    thread.join()
    assert ([], {}) == (left_behind(), engine.peers)

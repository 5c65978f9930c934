"""Conversations with an engine, without sockets: packets in, the packets that leave compared whole."""

from __future__ import annotations

import json
from typing import Any

from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import REQUEST, RESPONSE, Packet, PacketType, request
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from gearcli.server.operator import Operator

NOOP: Packet = (P.NOOP, [])
NO_JOB: Packet = (P.NO_JOB, [])


class Talker:
    """One end of a connection to an engine: says packets and hears what comes back."""

    def __init__(self, engine: Engine, number: int = 0, host: bytes = b"-") -> None:
        self.engine = engine
        self.peer = engine.connect(number, host)
        self._decoder = Decoder(RESPONSE)

    def say(self, type_: PacketType, *fields: bytes) -> list[Packet]:
        """Say a packet; what is heard afterwards, also what had been said before and not been heard."""
        for received, arguments in Decoder(REQUEST).feed(request(type_, *fields)):
            self.engine.handlers[received](self.peer, *arguments)
        return self.heard()

    def heard(self) -> list[Packet]:
        """The packets that this end was told since the last time."""
        peer = self.peer
        data = b"".join(peer.outbox)
        assert not peer.outbox or peer in self.engine.talking
        peer.outbox.clear()
        self.engine.talking[:] = [other for other in self.engine.talking if other is not peer]
        return list(self._decoder.feed(data))

    def leave(self) -> None:
        """Hang up."""
        self.engine.disconnect(self.peer)

    # Whole conversations that many tests begin with.

    def submit(self, workload: bytes, *, function: bytes = b"f", unique: bytes = b"") -> bytes:
        """Submit a foreground job; its handle."""
        ((type_, (handle,)),) = self.say(P.SUBMIT_JOB, function, unique, workload)
        assert P.JOB_CREATED == type_
        return handle

    def submit_bg(self, workload: bytes, *, function: bytes = b"f", unique: bytes = b"") -> bytes:
        """Submit a background job; its handle."""
        ((type_, (handle,)),) = self.say(P.SUBMIT_JOB_BG, function, unique, workload)
        assert P.JOB_CREATED == type_
        return handle

    def can_do(self, *functions: bytes) -> Talker:
        """Register functions, so that the first is served first; returns this end."""
        for function in reversed(functions):
            assert [] == self.say(P.CAN_DO, function)
        return self

    def grab(self) -> bytes:
        """Ask for a job; its workload, or `no job`."""
        ((type_, fields),) = self.say(P.GRAB_JOB)
        return fields[2] if type_ is P.JOB_ASSIGN else b"no job"

    def take(self) -> bytes:
        """Take a job, which is there; its handle."""
        ((type_, fields),) = self.say(P.GRAB_JOB)
        assert P.JOB_ASSIGN == type_
        return fields[0]

    def sleep(self) -> None:
        """Fall asleep, without being woken at once."""
        assert [] == self.say(P.PRE_SLEEP)


class FakeHost:
    """A process that notes what it is told."""

    def __init__(self) -> None:
        self.level = "NOTICE"
        self.stops: list[bool] = []

    def verbosity(self) -> str:
        return self.level

    def set_verbosity(self, level: str) -> bool:
        if level.upper() not in {"NOTICE", "DEBUG"}:
            return False
        self.level = level.upper()
        return True

    def stop(self, graceful: bool) -> None:
        self.stops.append(graceful)


class Console:
    """A connection of an operator, number 9 from ::1."""

    def __init__(self, engine: Engine) -> None:
        self.operator = Operator(engine, version="1.2.3", pid=4567, settings={"port": 4730})
        self.host = self.operator.host = FakeHost()
        self._peer = engine.connect(9, b"::1", "[::1]:55555")

    def ask(self, line: bytes) -> bytes:
        """The reply to a command."""
        self.operator.text(self._peer, line if line.endswith(b"\n") else line + b"\n")
        reply = b"".join(self._peer.outbox)
        self._peer.outbox.clear()
        return reply

    def documents(self, line: bytes) -> list[dict[str, Any]]:
        """The reply to a command that answers with JSON."""
        *lines, end = self.ask(line).splitlines(keepends=True)
        assert b".\n" == end
        return [json.loads(each) for each in lines]


def tick(engine: Engine, now: float) -> float:
    """Tell the engine the time; when it wants to be told next."""
    engine.tick(now)
    return engine.due()


def created(handle: bytes) -> Packet:
    """The answer to a submission."""
    return P.JOB_CREATED, [handle]


def completed(handle: bytes, result: bytes) -> Packet:
    """How a listener hears of a result."""
    return P.WORK_COMPLETE, [handle, result]


def failed(handle: bytes) -> Packet:
    """How a listener hears of a failure."""
    return P.WORK_FAIL, [handle]


def error(refusal: Refusal) -> Packet:
    """An ERROR."""
    return P.ERROR, [refusal.code, refusal.text]

"""Who talks to a simulated server: clients, workers of all tempers, and an operator.

An actor sees only bytes that have arrived, and knows what it may be told: an
answer that nobody asked for, an end too many or a job it cannot do is an
AssertionError.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from math import inf
from typing import Protocol

from gearcli.errors import ProtocolError
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import (
    REQUEST,
    RESPONSE,
    SUBMIT_TYPES,
    Packet,
    PacketType,
    Priority,
    request,
)
from gearcli.protocol.packets import PacketType as P
from gearcli.server import answers
from gearcli.server.engine import Engine

FUNCTIONS = (b"a", b"b", b"c")
GRABS = {P.GRAB_JOB: P.JOB_ASSIGN, P.GRAB_JOB_UNIQ: P.JOB_ASSIGN_UNIQ, P.GRAB_JOB_ALL: P.JOB_ASSIGN_UNIQ}
ASSIGNED = (P.JOB_ASSIGN, P.JOB_ASSIGN_UNIQ, P.JOB_ASSIGN_ALL)
ENDS = (P.WORK_COMPLETE, P.WORK_FAIL, P.WORK_EXCEPTION)
TOLD = (P.WORK_DATA, P.WORK_WARNING, P.WORK_STATUS)
BIG = bytes(range(256)) * 80

REFUSED = [
    request(P.CAN_DO_TIMEOUT, b"a", b"soon"),
    request(P.SUBMIT_JOB, b"a"),
    request(P.SUBMIT_JOB, b"a", b"u" * 65, b""),
    request(P.SUBMIT_JOB_EPOCH, b"a", b"", b"9" * 30, b""),
    request(P.SUBMIT_JOB_SCHED, b"a", b"", b"61", b"", b"", b"", b"", b""),
    request(P.OPTION_REQ, b"luck"),
    request(P.NOOP),
    RESPONSE + request(P.ECHO_REQ, b"a response?")[4:],
]
"""Packets that are answered by one ERROR; the connection goes on."""

GARBAGE = [
    b"\0what is this",
    REQUEST + b"\0\0\0\x63" + bytes(4),
    REQUEST + b"\0\0\0\x10\xff\xff\xff\xff",
    b"x" * 400,
]
"""Bytes in which the next packet cannot be found any longer: the connection ends."""


class World(Protocol):
    """What actors know of the simulation."""

    chance: random.Random
    now: float
    wall: float
    calm: bool
    """Whether nothing new is begun and nothing goes wrong any longer."""
    done: Counter[str]
    newest: int
    """The number of the newest job that a client knows of."""

    def leave(self, actor: Actor) -> None:
        """Cut an actor's connection, perhaps in the middle of a packet."""


class Wire:
    """A connection: bytes on their way to the server and back."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.peer = engine.connect()
        self.up = bytearray()
        self.down = bytearray()
        self.open = True
        self._at_server = Decoder(REQUEST, limit=100_000, line_limit=300)
        self._at_end = Decoder(RESPONSE)

    def deliver_up(self, size: int) -> None:
        """Let so many bytes reach the server; it hangs up when they mean nothing."""
        data = bytes(self.up[:size])
        del self.up[:size]
        try:
            for type_, fields in self._at_server.feed(data):
                self.engine.handlers[type_](self.peer, *fields)
        except ProtocolError as error:
            self.peer.tell(answers.ERROR, error.code.encode(), str(error).encode())
            self.hang_up()

    def deliver_down(self, size: int) -> list[Packet]:
        """Let so many bytes reach the other end; the packets that they complete."""
        data = bytes(self.down[:size])
        del self.down[:size]
        return list(self._at_end.feed(data))

    def hang_up(self) -> None:
        """The server knows that the connection is gone."""
        self.open = False
        self.up.clear()
        self.engine.disconnect(self.peer)


class Actor:
    """One end of a connection."""

    def __init__(self, world: World, wire: Wire) -> None:
        self.world = world
        self.chance = world.chance
        self.wire = wire
        self.asked: deque[tuple[PacketType, ...]] = deque()
        """What may answer each question that is not answered yet."""
        self.begin()

    def begin(self) -> None:
        """Say what is said first."""

    def act(self) -> None:
        """Do something unasked, or nothing."""
        raise NotImplementedError

    def say(self, type_: PacketType, *fields: bytes) -> None:
        """Send a packet."""
        self.wire.up += request(type_, *fields)

    def ask(self, answers: tuple[PacketType, ...], type_: PacketType, *fields: bytes) -> None:
        """Send a packet that one of some others will answer."""
        self.asked.append(answers)
        self.say(type_, *fields)

    def hear(self, type_: PacketType, fields: list[bytes]) -> None:
        """Take in a packet; answers come in the order of the questions."""
        assert self.asked, f"{type_.name} {fields[:2]} answers nothing"
        assert type_ in self.asked.popleft(), f"{type_.name} {fields[:2]} is no answer"

    def misbehave(self) -> None:
        """Send what cannot be accepted, break off, or leave."""
        chance = self.chance.random()
        if chance < 0.3:
            self.asked.append((P.ERROR,))
            self.wire.up += self.chance.choice(REFUSED)
        elif chance < 0.4:
            self.asked.append((P.ERROR,))
            self.wire.up += self.chance.choice(GARBAGE)
        else:
            self.world.leave(self)


class Client(Actor):
    """Submits jobs of all kinds and keeps account of the ends it is owed."""

    def begin(self) -> None:
        self.submitted: deque[tuple[bytes, bool]] = deque()
        self.owed = Counter[bytes]()
        self.workloads: dict[bytes, bytes] = {}
        self.exceptions = self.chance.random() < 0.5
        if self.exceptions:
            self.ask((P.OPTION_RES,), P.OPTION_REQ, b"exceptions")

    def act(self) -> None:
        chance = self.chance.random()
        if chance < 0.04:
            self.misbehave()
        elif chance < 0.07:
            self.ask((P.STATUS_RES,), P.GET_STATUS, next(iter(self.workloads), b"H:1"))
        elif chance < 0.1:
            self.ask((P.STATUS_RES_UNIQUE,), P.GET_STATUS_UNIQUE, b"u1")
        elif chance < 0.12:
            self.ask((P.ECHO_RES,), P.ECHO_REQ, b"\0echo\0")
        else:
            self.submit()

    def submit(self) -> None:
        """Ask for a job; a unique goes with its workload, so that its result is known."""
        chance, number = self.chance, self.chance.randrange(6)
        workload = (b"", b"\0", b"%d" % number, b"x\n", b"y", BIG)[number]
        unique = chance.choice((b"", b"", b"-", b"u%d" % number))
        priority, background = chance.choice(tuple(Priority)), chance.random() < 0.5
        type_ = SUBMIT_TYPES[priority, background]
        extra: tuple[bytes, ...] = ()
        match chance.randrange(12):
            case 0:
                due = int(self.world.wall) + chance.choice((-1, 1, 10, 100))
                type_, extra, background = P.SUBMIT_JOB_EPOCH, (b"%d" % due,), True
            case 1:
                type_, extra, background = P.SUBMIT_JOB_SCHED, (b"",) * 5, True
            case 2:
                type_, extra, background = P.SUBMIT_REDUCE_JOB, (b"r", b""), False
        self.submitted.append((workload, background))
        self.ask((P.JOB_CREATED, P.ERROR), type_, chance.choice(FUNCTIONS), unique, *extra, workload)

    def hear(self, type_: PacketType, fields: list[bytes]) -> None:
        self.world.done[f"client {type_.name}"] += 1
        if type_ in ENDS or type_ in TOLD:
            self.told(type_, *fields)
            return
        if self.asked and P.JOB_CREATED in self.asked[0]:
            workload, background = self.submitted.popleft()
            if type_ is P.JOB_CREATED:
                self.owed[fields[0]] += not background
                self.workloads[fields[0]] = workload
                self.world.newest = max(self.world.newest, int(fields[0][2:]))
        super().hear(type_, fields)

    def told(self, type_: PacketType, handle: bytes, *words: bytes) -> None:
        """Take in what a worker said of a job."""
        assert self.owed[handle] > 0, f"{type_.name} of {handle!r}, which is owed no end"
        self.owed[handle] -= type_ in ENDS
        if type_ is P.WORK_COMPLETE:
            assert [result_of(self.workloads[handle])] == [*words]
        assert self.exceptions or type_ is not P.WORK_EXCEPTION


class Worker(Actor):
    """Grabs, works and sleeps, in its own way; in a calm world it is a good worker."""

    def begin(self) -> None:
        chance, calm = self.chance, self.world.calm
        self.grab = chance.choice(tuple(GRABS))
        self.lag = 0.0 if calm else chance.choice((0.0, 0.0, 0.0, 0.1, 1.0, inf))
        """How long it takes to come when it is woken."""
        self.all_yours = chance.random() < 0.2
        if self.all_yours:
            self.say(P.ALL_YOURS)
        self.known: set[bytes] = set()
        for function in FUNCTIONS if calm else chance.sample(FUNCTIONS, chance.randint(1, 3)):
            self.learn(function)
        self.asleep = False
        self.until = 0.0
        """When it goes on."""
        self.job: tuple[bytes, bytes] | None = None
        self.grabbing = False

    def learn(self, function: bytes) -> None:
        """Register a function, perhaps with a time limit."""
        self.known.add(function)
        if self.chance.random() < 0.3:
            self.say(P.CAN_DO_TIMEOUT, function, self.chance.choice((b"0", b"500", b"2500")))
        else:
            self.say(P.CAN_DO, function)

    def act(self) -> None:
        chance = self.chance.random()
        if not self.world.calm and chance < 0.06:
            self.bother(chance)
        elif self.job is not None:
            self.work(*self.job)
        elif not self.asleep and not self.grabbing and self.world.now >= self.until:
            self.grabbing = True
            self.say(self.grab)

    def bother(self, chance: float) -> None:
        """Do what a worker seldom does."""
        if chance < 0.015:
            self.misbehave()
        elif chance < 0.02:
            type_ = self.chance.choice(ENDS + TOLD)
            self.say(type_, b"H:0", *(b"1", b"2")[: len(type_.fields) - 1])
        elif chance < 0.03:
            self.say(P.CANT_DO, self.chance.choice(FUNCTIONS))
        elif chance < 0.035:
            self.say(P.RESET_ABILITIES)
        elif chance < 0.05:
            self.learn(self.chance.choice(FUNCTIONS))
        elif self.until == inf:
            self.world.leave(self)
        elif self.asleep and not self.all_yours:  # to whom a job may be on its way
            self.asleep = False  # of its own accord, as libgearman's workers do when they have a timeout
            self.until = self.world.now

    def work(self, handle: bytes, workload: bytes) -> None:
        """Report on the job, and in the end its end."""
        if self.world.now < self.until:
            if self.chance.random() < 0.3:
                type_ = self.chance.choice(TOLD)
                self.say(type_, handle, *(b"1", b"2")[: len(type_.fields) - 1])
            return
        self.job = None
        end = P.WORK_COMPLETE if self.world.calm or self.chance.random() < 0.8 else self.chance.choice(ENDS)
        self.say(end, handle, *(result_of(workload),)[: len(end.fields) - 1])

    def hear(self, type_: PacketType, fields: list[bytes]) -> None:
        self.world.done[f"worker {type_.name}"] += 1
        if type_ is P.NOOP:
            self.until = self.world.now + self.lag if self.asleep else self.until
            self.asleep = False
        elif type_ is P.NO_JOB:
            assert self.grabbing
            self.grabbing, self.asleep = False, True
            self.say(P.PRE_SLEEP)
        elif type_ in ASSIGNED:
            self.assigned(type_, fields)
        else:
            assert type_ is P.ERROR  # the job was taken away meanwhile

    def assigned(self, type_: PacketType, fields: list[bytes]) -> None:
        """Begin to work on a job."""
        assert self.grabbing or self.all_yours
        assert self.job is None
        handed = self.all_yours and type_ is P.JOB_ASSIGN
        assert handed or type_ is GRABS[self.grab] or (self.grab, type_) == (P.GRAB_JOB_ALL, P.JOB_ASSIGN_ALL)
        assert fields[1] in self.known
        self.asleep = self.grabbing = False
        self.job = fields[0], fields[-1]
        longest = 0.0 if self.world.calm else self.chance.choice((0.0, 0.0, 0.0, 0.1, 0.5, 8.0))
        self.until = self.world.now + longest


class Admin(Actor):
    """An operator who types now and then."""

    def act(self) -> None:
        function, chance = self.chance.choice(FUNCTIONS), self.chance
        if chance.random() < 0.7:
            self.type(b"resume " + function)
            return
        self.type(
            chance.choice((
                b"pause " + function, b"purge " + function, b"drop function " + function,
                b"create function " + function, b"maxqueue %b %d" % (function, chance.choice((0, 0, 5, 10))),
                b"cancel job H:%d" % (self.world.newest - chance.randint(-2, 20)), b"jobs", b"status",
                b"prioritystatus", b"workers", b"clients", b"functions", b"show jobs", b"what is this",
                b"dead", b"dead %b 2" % function, b"purge %b dead" % function,
                b"retry H:%d" % (self.world.newest - chance.randint(-2, 200)),
            ))
        )  # fmt: skip

    def type(self, line: bytes) -> None:
        """Send a text command."""
        self.wire.up += line + self.chance.choice((b"\n", b"\r\n"))

    def hear(self, type_: PacketType, fields: list[bytes]) -> None:
        assert P.TEXT == type_


def result_of(workload: bytes) -> bytes:
    """What every worker makes of a workload."""
    return b"<" + workload[::-1] + b">"

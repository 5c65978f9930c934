"""A whole server's day in seconds: real engine, operator and decoders, virtual clocks, one seed.

Connections are byte streams, and what arrives of them at once is cut
anywhere.  A step lets some bytes arrive at either end, lets somebody act, or
lets time pass; after it the invariants are looked at.  The same seed does the
same again.
"""

from __future__ import annotations

import random
from collections import Counter
from math import inf

from gearcli.protocol.packets import PacketType
from gearcli.server.engine import Engine
from gearcli.server.operator import Operator
from gearcli.server.peers import Peer
from tests.server.actors import FUNCTIONS, Actor, Admin, Client, Wire, Worker
from tests.server.invariants import look_around, look_at_sleepers

CAST = (Client, Client, Client, Worker, Worker, Worker, Worker, Worker, Worker, Admin)
TIDES = (3, 40, 1, 12)
"""Jobs from which on clients wait until there are fewer, in turn: workers are to sleep as well as to lag."""
TIDE = 400
"""Steps until the next tide."""
PATIENCE = 2000
"""Rounds in which good workers must have done all that is left."""


class Simulation:
    """An engine, those who talk to it, and the time; see `World` for the attributes."""

    def __init__(self, seed: int, every: int = 1) -> None:
        """With `every` > 1 the costly invariants are looked at only every so many steps."""
        self.chance = chance = random.Random(seed)
        self.now, self.wall = 0.0, 1_700_000_000.0
        self.calm = False
        self.done = Counter[str]()
        self.newest = 0
        self.engine = Engine(
            b"H:",
            retries=chance.choice((-1, 0, 2)),
            lease=chance.choice((0.0, 0.0, 5.0)),
            worker_wakeup=chance.choice((0, 0, 3)),
        )
        self.engine.handlers[PacketType.TEXT] = Operator(self.engine, version="0", pid=1).text
        self._every = every
        self._steps = 0
        self._cast: dict[Peer, Actor] = {}
        self.pass_time(0.0)
        for role in CAST:
            self.join(role)

    # -- who is there --------------------------------------------------------------------

    def join(self, role: type[Actor]) -> None:
        """A connection more."""
        wire = Wire(self.engine)
        self._cast[wire.peer] = role(self, wire)

    def leave(self, actor: Actor) -> None:
        """Cut an actor's connection: the server has seen some of what was sent, perhaps half a packet."""
        wire = actor.wire
        if wire.open:
            self._deliver_up(actor, self.chance.randint(0, len(wire.up)))
        if wire.open:
            wire.hang_up()
        wire.down.clear()

    def _replace_gone(self) -> None:
        """Let another one come for each that the server has hung up on and that knows it."""
        for peer, actor in list(self._cast.items()):
            if not actor.wire.open and not actor.wire.down:
                del self._cast[peer]
                self.done["left"] += 1
                if not self.calm:
                    self.join(type(actor))

    # -- steps -------------------------------------------------------------------------------

    def step(self) -> None:
        """Let one thing happen, and look at what must hold."""
        self._happen()
        self._collect()
        self._replace_gone()
        self._steps += 1
        if self._steps % self._every:
            look_at_sleepers(self.engine)
        else:
            look_around(self.engine)

    def _happen(self) -> None:
        chance = self.chance.random()
        actors = list(self._cast.values())
        down = [actor for actor in actors if actor.wire.down]
        up = [actor for actor in actors if actor.wire.up]
        if chance < (0.02 if up or down else 0.3):
            self._let_time_pass()
        elif down and chance < 0.4:
            actor = self.chance.choice(down)
            self._deliver_down(actor, self._cut(len(actor.wire.down)))
        elif up and chance < 0.75:
            actor = self.chance.choice(up)
            self._deliver_up(actor, self._cut(len(actor.wire.up)))
        else:
            actor = self.chance.choice(actors)
            if actor.wire.open and not (isinstance(actor, Client) and self._busy()):
                actor.act()

    def _busy(self) -> bool:
        return len(self.engine.registry.jobs) >= TIDES[self._steps // TIDE % len(TIDES)]

    def _cut(self, size: int) -> int:
        """How many bytes of `size` arrive at once."""
        return size if self.chance.random() < 0.6 else self.chance.randint(1, size)

    def _deliver_up(self, actor: Actor, size: int) -> None:
        actor.wire.deliver_up(size)
        self._collect()

    def _deliver_down(self, actor: Actor, size: int) -> None:
        for type_, fields in actor.wire.deliver_down(size):
            actor.hear(type_, fields)

    def _collect(self) -> None:
        """Send off what the engine says."""
        for peer in self.engine.talking:
            self._cast[peer].wire.down += b"".join(peer.outbox)
            peer.outbox.clear()
        self.engine.talking.clear()

    # -- time -----------------------------------------------------------------------------------

    def _let_time_pass(self) -> None:
        """Let the clocks go on: to when the engine wants to be told, too late, or a little."""
        due, chance = self.engine.due() - self.now, self.chance.random()
        if chance < 0.3 and due < 1000:
            self.pass_time(due)
        else:
            self.pass_time(self.chance.choice((0.001, 0.05, 0.1, 0.25, 2.0)))
        if chance > 0.98:
            self.wall += self.chance.choice((1.0, 60.0, 3600.0))  # somebody sets the clock
            self.pass_time(0.0)

    def pass_time(self, seconds: float) -> None:
        """Let both clocks go on."""
        self.now += max(0.0, seconds)
        self.wall += max(0.0, seconds)
        self.engine.tick(self.now, self.wall)
        self._collect()

    # -- the end --------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Let good workers do what is left; then nothing is left, and every client has been told."""
        self._settle()
        self.calm = True
        for actor in list(self._cast.values()):
            if not isinstance(actor, Client):
                self.leave(actor)
        self._replace_gone()
        operator = self.engine.handlers[PacketType.TEXT]
        self.join(Admin)
        admin = next(reversed(self._cast))
        for function in FUNCTIONS:
            operator(admin, b"maxqueue %b 0\n" % function)
            operator(admin, b"resume %b\n" % function)
        for _ in range(3):
            self.join(Worker)
        self._work_off()
        self._look_at_the_end()

    def _settle(self) -> None:
        """Assert that when nobody woken comes, all are woken that could do what waits."""
        while self.engine.registry.wakeups.due() < inf:
            self.pass_time(self.engine.registry.wakeups.due() - self.now)
        for queue in self.engine.registry.queues.values():
            assert not queue.runnable or not any(peer.asleep for peer in queue.sleepers)

    def _work_off(self) -> None:
        for _ in range(PATIENCE):
            self._collect()
            for actor in list(self._cast.values()):
                if actor.wire.open:
                    self._deliver_up(actor, len(actor.wire.up))
                self._deliver_down(actor, len(actor.wire.down))
                if isinstance(actor, Worker):
                    actor.act()
            self._replace_gone()
            look_around(self.engine)
            if any(actor.wire.up or actor.wire.down for actor in self._cast.values()):
                continue
            if not self.engine.registry.jobs:
                return
            self.pass_time(min(self.engine.due() - self.now, 60.0))
        raise AssertionError(f"{len(self.engine.registry.jobs)} jobs are not done by good workers")

    def _look_at_the_end(self) -> None:
        for actor in self._cast.values():
            if isinstance(actor, Client):
                assert {} == +actor.owed, "an end is missing"
                assert not actor.asked
        self.pass_time(1.0)
        assert inf == self.engine.due()

"""Streams of bytes that are almost Gearman's: valid packets and lines, mutated, cut and put together anew.

    python -m tests.fuzz.streams [COUNT [SEED]]     so many streams, as fast as they go
    python -m tests.fuzz.guided [SECONDS]           guided by coverage (needs atheris)

Whatever harms the engine belongs into `corpus/`, a file each: all of it is
tried again with every run.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gearcli.errors import ProtocolError
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import OPAQUE, REQUEST, PacketType, request
from gearcli.protocol.text import COMMANDS
from gearcli.server.engine import Engine
from gearcli.server.operator import Operator
from gearcli.server.peers import Peer
from tests.server.invariants import look_around, look_at_sleepers

CORPUS = Path(__file__).parent / "corpus"

_NAMES = (b"", b"f", b"g", b"a\tb", b"\xff\xfe", b"x" * 65, b"x" * 600, b"..", b"%", b"\n")
_NUMBERS = (b"", b"0", b"1", b"-1", b"999", b"4294967296", b"9" * 40, b"1e9", b" 7", b"\xd9\xa1")
_SIZES = (0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1)
_HANDLES = tuple(b"H:%d" % number for number in range(1, 9))
_RENEWED = 2000
"""Streams after which an engine has seen enough: what must hold is looked at, and a new one made."""
_PEERS = 6


class _Silent:
    """The process around an engine that shall go on whatever is asked of it."""

    def verbosity(self) -> str:
        return "INFO"

    def set_verbosity(self, level: str) -> bool:
        return level == "INFO"

    def stop(self, graceful: bool) -> None:
        pass


def seeds(chance: random.Random) -> list[bytes]:
    """Valid packets of every type and lines of every command, a few of each, to begin with."""
    packets = [
        request(type_, *(_argument(chance, name) for name in type_.fields))
        for type_ in PacketType
        if REQUEST in type_.magics
        for _ in range(4)
    ]
    lines = [
        b" ".join([name.encode(), *(_argument(chance, "function") for _ in range(chance.randrange(4)))]) + end
        for name in COMMANDS
        for end in (b"\n", b"\r\n")
    ]
    return [*packets, *lines, *corpus()]


def corpus() -> list[bytes]:
    """What harmed once, or went where nothing else does."""
    return [path.read_bytes() for path in sorted(CORPUS.glob("*.bin"))]


def _argument(chance: random.Random, name: str) -> bytes:
    if name in OPAQUE:
        return chance.randbytes(chance.choice((0, 1, 20)))
    if name == "handle":
        return chance.choice(_HANDLES)
    if name in ("function", "unique", "reducer", "client_id", "option"):
        return chance.choice(_NAMES[:4])
    return chance.choice(_NUMBERS)


def mutated(chance: random.Random, pool: list[bytes]) -> bytes:
    """One to four pieces of the pool, most of them spoilt in one way or another."""
    pieces = [chance.choice(pool) for _ in range(chance.choice((1, 2, 2, 3, 4)))]
    return b"".join(_spoilt(chance, piece, pool) for piece in pieces)


def _spoilt(chance: random.Random, piece: bytes, pool: list[bytes]) -> bytes:
    way = chance.randrange(11)
    if way < 3 or not piece:
        return piece
    place = chance.randrange(len(piece))
    if way == 3:
        return piece[:place] + bytes([piece[place] ^ 1 << chance.randrange(8)]) + piece[place + 1 :]
    if way == 4:
        return piece[:place]
    if way == 5:
        return piece[:place] + piece[chance.randrange(len(piece)) :]
    if way == 6:
        return piece[:place] + chance.choice(_NAMES) + piece[place:]
    if way == 7:
        return piece[:4] + chance.randbytes(4) + piece[8:]  # a type of all there are
    if way == 8:
        return piece[:8] + chance.choice(_SIZES).to_bytes(4, "big") + piece[12:]
    if way == 9:
        return piece * chance.choice((2, 9, 30))
    return piece[:place] + chance.choice(pool)[place:]


class Target:
    """An engine and its connections, as the loop drives them, without sockets."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        keep_results, lease = seed % 2 * 60.0, 30.0 if seed % 3 == 0 else 0.0
        self.engine = Engine(b"H:", keep_results=keep_results, lease=lease)
        operator = Operator(self.engine, version="0", pid=1)
        operator.host = _Silent()
        self.engine.handlers[PacketType.TEXT] = operator.text
        self._now = 0.0
        self._ends: list[tuple[Peer, Decoder]] = [self._end() for _ in range(_PEERS)]

    def _end(self) -> tuple[Peer, Decoder]:
        decoder = Decoder(REQUEST)
        decoder.in_runs = True
        return self.engine.connect(), decoder

    def take(self, stream: bytes) -> None:
        """Let a stream arrive on one of the connections, whole or in two pieces.

        A connection whose stream ends in the middle of a packet, or breaks the
        protocol, is replaced.  Raises whatever the engine does that is no ProtocolError.
        """
        number = self._chance.randrange(_PEERS)
        peer, decoder = self._ends[number]
        cut = self._chance.randrange(len(stream) + 1) if self._chance.random() < 0.3 else len(stream)
        try:
            for piece in (stream[:cut], stream[cut:]):
                if piece:
                    for type_, fields in decoder.feed(piece):
                        self.engine.handlers[type_](peer, *fields)
            whole = decoder.idle
        except ProtocolError:
            whole = False
        if not whole or self._chance.random() < 0.02:
            self.engine.disconnect(peer)
            self._ends[number] = self._end()
        self._pass()

    def _pass(self) -> None:
        """Answers are read, time goes by."""
        for peer in self.engine.talking:
            peer.outbox.clear()
            peer.bulky = False
        self.engine.talking.clear()
        self._now += 0.05
        self.engine.tick(self._now, 1.7e9 + self._now)

    def look(self) -> None:
        """Assert what must hold; less of it where results are kept, whose timers are no job's."""
        if self.engine.keep_results:
            look_at_sleepers(self.engine)
        else:
            look_around(self.engine)


def streams(seed: int, count: int) -> Iterator[bytes]:
    """So many streams; the same for the same seed."""
    chance = random.Random(seed)
    pool = seeds(chance)
    for _ in range(count):
        yield mutated(chance, pool)


def fuzz(seed: int, count: int) -> None:
    """Try so many streams.  Raises AssertionError with the stream that an engine did not bear."""
    target = Target(seed)
    for number, stream in enumerate(streams(seed, count), 1):
        try:
            target.take(stream)
            if number % _RENEWED == 0:
                target.look()
                target = Target(seed + number)
        except Exception as error:
            raise AssertionError(f"seed {seed}, stream {number}: {stream!r}") from error


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    begin = time.monotonic()
    fuzz(int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 2**32, wanted)
    print(f"{wanted:,} streams, {wanted / (time.monotonic() - begin):,.0f} a second, nothing harmed")

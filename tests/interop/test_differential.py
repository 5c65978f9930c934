"""gearmand and `gear serve` side by side: the same conversations, the same answers.

Each row of the table is played with both.  After each step every connection
asks for an echo and listens until it comes; gearmand answers in order (with
one thread, as here) and so do we, so what came before the echo is all that
the step made the server say, and nobody has to wait to see whether more comes.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.protocol.packets import HEADER_SIZE, PacketType, request
from gearcli.protocol.packets import PacketType as P
from tests.interop import conversations_jobs, conversations_packets, conversations_text, conversations_workers
from tests.interop.conversations import Row, Speech, Step
from tests.support import DEADLINE, ServerProcess, gear_serve, gearmand, needs_peers, wait_until

pytestmark = needs_peers

TABLE = [
    *conversations_packets.ROWS,
    *conversations_jobs.ROWS,
    *conversations_workers.ROWS,
    *conversations_text.ROWS,
]
ONE_THREAD = ("-t", "1")
"""With several, gearmand's answers on several connections come in any order."""
TYPES = {int(type_): type_ for type_ in PacketType}
LONG = 200
"""Bytes of an argument that are shown; of a longer one, its length and checksum."""
ECHO = b"\xffecho\xff"


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """gearmand and our server, for all rows that need nothing special."""
    with gearmand(*ONE_THREAD) as theirs, gear_serve() as ours:
        yield theirs, ours


def test_there_are_enough_conversations_and_none_twice() -> None:
    assert len(TABLE) >= 150
    assert len(TABLE) == len({row.name for row in TABLE})
    assert len(TABLE) == len({row.steps for row in TABLE})


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_both_servers_say_the_same(row: Row, both: tuple[ServerProcess, ServerProcess]) -> None:
    theirs, ours = played_fresh(row) if row.fresh else played_with(both, row)
    for step, their_lines, our_lines in zip(row.steps, theirs, ours, strict=True):
        if step.expected is None:
            assert their_lines == our_lines, step
        else:
            assert list(step.expected) == our_lines, step
            assert their_lines != our_lines, f"there is no difference any longer: {step}"
    assert bool(row.differs) == any(step.expected is not None for step in row.steps)


def played_with(both: tuple[ServerProcess, ServerProcess], row: Row) -> list[list[list[str]]]:
    """What is heard, step by step, from servers of which other rows have their functions too."""
    return [played(row, server, b"function-%03d-" % TABLE.index(row)) for server in both]


def played_fresh(row: Row) -> list[list[list[str]]]:
    """What is heard, step by step, from servers that are started for this row."""
    with gearmand(*ONE_THREAD, *row.options) as theirs, gear_serve(*row.options) as ours:
        return [played(row, server, b"f") for server in (theirs, ours)]


def played(row: Row, server: ServerProcess, function: bytes) -> list[list[str]]:
    """What is heard from a server at each step."""
    with contextlib.ExitStack() as stack:
        conversation = Conversation(server, stack, function, all_rows=row.fresh)
        return [conversation.play(step) for step in row.steps]


class Hearing:
    """A connection that hears what is said byte for byte, without help of what is tested."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard = bytearray()
        self.open = True

    def fileno(self) -> int:
        """Its descriptor, for `select`."""
        return self._socket.fileno()

    def say(self, data: bytes) -> None:
        """Say bytes, if anybody listens."""
        with contextlib.suppress(ConnectionError):
            if self.open:
                self._socket.sendall(data)

    def close(self) -> None:
        """Hang up."""
        self.open = False
        self._socket.close()

    def until_echo(self, token: bytes) -> Iterator[tuple[PacketType, bytes]]:
        """Everything that is said before the echo of a token, or before the end of the connection."""
        self.say(request(P.ECHO_REQ, token))
        while True:
            heard = self._next()
            if heard is None:
                self.close()
                return
            if heard == (P.ECHO_RES, token):
                return
            yield heard

    def _next(self) -> tuple[PacketType, bytes] | None:
        """The next packet and its body, or the next line as TEXT; None at the end."""
        while (said := self._complete()) is None:
            try:
                data = self._socket.recv(1 << 20)
            except ConnectionError:
                data = b""
            if not data:
                assert not self._heard, "the connection ends in the middle of a packet"
                return None
            self._heard += data
        return said

    def _complete(self) -> tuple[PacketType, bytes] | None:
        """Take out the first packet or line that has arrived whole."""
        if self._heard[:1] != b"\0":
            end = self._heard.find(b"\n") + 1
            return (P.TEXT, self._taken(end)) if end else None
        if len(self._heard) < HEADER_SIZE:
            return None
        magic, type_, size = struct.unpack_from(">4sII", self._heard)
        assert magic == b"\0RES"
        if len(self._heard) < HEADER_SIZE + size:
            return None
        return TYPES[type_], self._taken(HEADER_SIZE + size)[HEADER_SIZE:]

    def _taken(self, size: int) -> bytes:
        taken = bytes(self._heard[:size])
        del self._heard[:size]
        return taken


class Conversation:
    """A row being played with one server."""

    def __init__(
        self, server: ServerProcess, stack: contextlib.ExitStack, function: bytes, *, all_rows: bool
    ) -> None:
        self._server = server
        self._stack = stack
        self._function = function
        self._all_rows = all_rows
        self._handles: list[bytes] = []
        self._ends: dict[str, Hearing] = {}
        self._observer = Hearing(server.port)
        stack.callback(self._observer.close)
        self._echoes = 0

    def play(self, step: Step) -> list[str]:
        """Take a step; what is heard on every connection, the speaking one first."""
        end = self._ends.get(step.end) or self._begin(step.end)
        if step.hangs_up:
            end.close()
            wait_until(lambda: self._connections() == 1 + sum(end.open for end in self._ends.values()))
        elif step.waits:
            assert select.select([other for other in self._ends.values() if other.open], [], [], DEADLINE)[0]
        else:
            end.say(b"".join(self._bytes(speech) for speech in step.speeches))
        names = sorted(self._ends, key=lambda name: name != step.end)
        return [line for name in names if self._ends[name].open for line in self._heard(name)]

    def _begin(self, name: str) -> Hearing:
        end = self._ends[name] = Hearing(self._server.port)
        self._stack.callback(end.close)
        assert [] == self._heard(name)
        return end

    def _connections(self) -> int:
        """How many connections the server has, that of the observer too."""
        self._observer.say(b"workers\n")
        return len([line for _, line in self._observer.until_echo(ECHO) if line != b".\n"])

    def _bytes(self, speech: Speech) -> bytes:
        """A speech as it is sent."""
        if isinstance(speech, str):
            return self._filled(speech)
        type_, *fields = speech
        return request(type_, *map(self._filled, fields))

    def _filled(self, text: str) -> bytes:
        """Text with this conversation's function and handles in their places."""
        data = text.encode("latin-1").replace(b"{f}", self._function)
        for number, handle in enumerate(self._handles, 1):
            data = data.replace(b"{%d}" % number, handle)
        return data

    # -- what is heard ----------------------------------------------------------------

    def _heard(self, name: str) -> list[str]:
        """What a connection hears until all that was said has had its effect."""
        self._echoes += 1
        end = self._ends[name]
        heard = list(end.until_echo(ECHO + b"%d" % self._echoes))
        shown = [self._shown(*said) for said in heard if self._wanted(*said)]
        if (P.TEXT, b".\n") in heard:
            shown.sort()  # gearmand's rows are in the order of a hash table
        return [f"{name}: {said}" for said in (*shown, *([] if end.open else ["closed"]))]

    def _wanted(self, type_: PacketType, line: bytes) -> bool:
        """Whether something said is about this conversation."""
        said = (b"OK", b"ERR", b".\n")
        names = (self._function, *self._handles)
        return (
            self._all_rows
            or type_ is not P.TEXT
            or line.startswith(said)
            or any(name in line for name in names)
        )

    def _shown(self, type_: PacketType, body: bytes) -> str:
        """A packet in words, or a line."""
        if type_ is P.TEXT:
            return self._plain(body)
        if type_ is P.JOB_CREATED and body not in self._handles:
            self._handles.append(body)
        if not type_.fields and not body:
            return type_.name
        fields = body.split(b"\0", max(0, len(type_.fields) - 1))
        return f"{type_.name} {' | '.join(map(self._plain, fields))}"

    def _plain(self, data: bytes) -> str:
        """Bytes without what differs from start to start."""
        if len(data) > LONG:
            return f"{len(data)} bytes with checksum {zlib.crc32(data):08x}"
        for number, handle in enumerate(self._handles, 1):
            data = re.sub(rb"(?<![\w.:-])%b(?!\d)" % re.escape(handle), b"H%d" % number, data)
        data = data.replace(self._function, b"{f}") if len(self._function) > 1 else data
        data = re.sub(rb"^OK %d\n" % self._server.pid, rb"OK PID\n", data)
        data = re.sub(rb"^OK (gear )?\d+\..*", b"OK VERSION", data)
        data = re.sub(rb"^\d+ 127\.0\.0\.1 ", b"FD 127.0.0.1 ", data)
        return data.decode("latin-1").encode("unicode_escape").decode("ascii")


def test_the_document_lists_every_difference_and_no_other() -> None:
    document = (Path(__file__).parent.parent.parent / "docs/server.md").read_text()
    section = document.partition("## Where it differs from gearmand")[2].partition("\n## ")[0]
    listed = [
        line.split(" | ")[1].removesuffix(" |") for line in section.splitlines() if line.startswith("| ")
    ]
    assert {row.differs for row in TABLE if row.differs} == set(listed) - {"difference"}

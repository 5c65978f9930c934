"""Packets in words, for `gear serve -vv` and `-vvv`: one line each, nothing of it can harm a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gearcli.errors import ProtocolError
from gearcli.escape import shown
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import OPAQUE, PACKET_LIMIT, RESPONSE, SUBMISSIONS, Packet, PacketType
from gearcli.server.log import Level, Log

_QUOTED = 60
"""Bytes of an opaque argument that are quoted; of a larger one the first so many."""

_MISLEADING = re.compile(r'[ ="]')

_ABOUT_JOBS = frozenset(
    t for t in PacketType if "handle" in t.fields or t in SUBMISSIONS or t is PacketType.ERROR
)
"""The packets that -vv shows: what happens to jobs, not who asks and sleeps."""


def in_words(type_: PacketType, fields: Iterable[bytes]) -> str:
    """A packet as one line: its name, then its arguments by name."""
    words = [type_.name]
    for name, field in zip(type_.fields, fields, strict=True):
        if name in OPAQUE:
            dots = "…" if len(field) > _QUOTED else ""
            quoted = f' "{shown(field[:_QUOTED])}"{dots}' if field else ""
            words.append(f"{name}={len(field)} bytes{quoted}")
        else:
            words.append(f"{name}={_word(field)}")
    return " ".join(words)


def _word(field: bytes) -> str:
    """An argument as one word, in quotes where it could be taken for more or for nothing."""
    text = shown(field)
    return text if text and not _MISLEADING.search(text) else '"' + text.replace('"', '\\"') + '"'


class Trace:
    """Says the packets of one connection, in both directions."""

    def __init__(self, log: Log, who: str) -> None:
        self._log = log
        self._who = who
        self._answers = _decoder()
        self.said = 0
        """How many parts of the outbox were said already; the loop keeps it right."""

    def received(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        """Pass packets on and say each as it is taken."""
        for type_, fields in packets:
            self._say("->", type_, fields)
            yield type_, fields

    def sent(self, outbox: list[bytes | memoryview]) -> None:
        """Say the packets in an outbox that were not said yet; text replies line by line."""
        try:
            for type_, fields in self._answers.feed(b"".join(outbox[self.said :])):
                self._say("<-", type_, fields)
        except ProtocolError:  # a row that is longer than the longest packet
            self._answers = _decoder()

    def _say(self, arrow: str, type_: PacketType, fields: list[bytes]) -> None:
        level = Level.JOBS if type_ in _ABOUT_JOBS else Level.PACKETS
        if self._log.says(level):
            fields = [fields[0].rstrip(b"\r\n")] if type_ is PacketType.TEXT else fields
            self._log.say(level, f"{self._who} {arrow} {in_words(type_, fields)}")


def _decoder() -> Decoder:
    """Takes answers apart; a row of one is as long as the names in it."""
    return Decoder(RESPONSE, line_limit=PACKET_LIMIT)

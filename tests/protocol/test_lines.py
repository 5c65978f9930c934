"""Lines of the text protocol, however they were cut, and what an answer may cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gearcli.errors import ProtocolError
from gearcli.protocol.lines import ANSWER_LIMIT, LINE_COST, Lines
from gearcli.protocol.packets import PacketType
from tests.support import FRAGMENTATIONS


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_lines_arrive_however_they_are_cut(cut: Callable[[bytes], list[bytes]]) -> None:
    lines = Lines()
    found = [packet for piece in cut(b"OK\r\na\tb\n\nc\0d\n.\n") for packet in lines.feed(piece)]
    assert [(PacketType.TEXT, [line]) for line in (b"OK", b"a\tb", b"", b"c\0d", b".")] == found
    assert lines.idle


def test_a_line_in_progress() -> None:
    lines = Lines()
    assert lines.idle
    assert [] == list(lines.feed(b"half"))
    assert not lines.idle
    assert [(PacketType.TEXT, [b"half a line"])] == list(lines.feed(b" a line\n"))
    assert lines.idle


def test_an_answer_may_not_be_longer_than_is_allowed() -> None:
    lines = Lines()
    lines.allow(2 * LINE_COST + 4)
    assert 2 == len(list(lines.feed(b"a\nb\n")))
    with pytest.raises(ProtocolError, match="its answer is longer than 0 MiB"):
        list(lines.feed(b"c"))


@pytest.mark.parametrize("piece", [b"x" * (1 << 20), b"\n" * (1 << 20)], ids=["a line", "lines"])
def test_an_endless_answer_ends(piece: bytes) -> None:
    lines = Lines()

    def fed() -> int:
        return sum(1 for _ in range(ANSWER_LIMIT // len(piece) + 1) for _ in lines.feed(piece))

    with pytest.raises(ProtocolError, match="its answer is longer than 64 MiB"):
        fed()


def test_each_answer_has_its_own_allowance() -> None:
    lines = Lines()
    for _ in range(3):
        lines.allow(LINE_COST + 2)
        assert 1 == len(list(lines.feed(b"a\n")))


@pytest.mark.parametrize("before", [b"", b"a line\n"])
def test_a_binary_packet_is_no_line(before: bytes) -> None:
    lines = Lines()
    with pytest.raises(ProtocolError, match="it answers a text command with a binary packet"):
        list(lines.feed(before + b"\0RES"))

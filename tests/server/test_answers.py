"""The headers of responses: right for every size, few of them kept."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import response
from gearcli.server import answers
from gearcli.server.answers import Answer


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_536, 1 << 24])
def test_a_header_announces_its_body(size: int) -> None:
    body = bytes(size)
    assert response(P.ECHO_RES, body) == answers.ECHO_RES[size] + body


def test_every_answer_bears_the_name_of_its_packet() -> None:
    named = {name: answer for name, answer in vars(answers).items() if isinstance(answer, Answer)}
    assert {name: response(P[name]) for name in named} == {name: each[0] for name, each in named.items()}


def test_a_header_is_made_once() -> None:
    answer = Answer(P.WORK_DATA)
    assert answer[17] is answer[17]


def test_peers_cannot_have_headers_pile_up() -> None:
    answer = Answer(P.WORK_DATA)
    for size in range(20_000):
        _ = answer[size]
    assert len(answer) < 5000

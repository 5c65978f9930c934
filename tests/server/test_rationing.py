"""Lines that peers can cause: a few at once, or one, the others counted or left out."""

from __future__ import annotations

from gearcli.server.rationing import BURST, PERIOD, Rationed, Seldom


def test_what_is_said_too_often_is_counted_and_said_later() -> None:
    said, now = list[str](), [100.0]
    rationed = Rationed(said.append, lambda: now[0])
    for number in range(BURST + 3):
        rationed.say(str(number))
    assert [str(number) for number in range(BURST)] == said
    now[0] += PERIOD
    rationed.say("again")
    assert "again (3 more such lines were left out before)" == said[-1]
    now[0] += PERIOD
    rationed.say("quiet")
    assert "quiet" == said[-1]


def test_what_is_said_seldom_may_be_said_once_in_a_period() -> None:
    seldom = Seldom()
    assert [True, False, False] == [seldom.due(now) for now in (100.0, 100.0, 99.9 + PERIOD)]
    assert [True, False] == [seldom.due(now) for now in (100.0 + PERIOD, 100.0 + PERIOD)]

"""Packets that are refused for want of room, and those that are not."""

from __future__ import annotations

from gearcli.protocol.packets import ABILITIES, SUBMISSIONS, request
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from tests.server.transcript import Talker

NO_ROOM = [(P.ERROR, [Refusal.MEMORY.code, Refusal.MEMORY.text])]


def test_what_is_refused_is_answered_and_nothing_is_queued(engine: Engine, client: Talker) -> None:
    engine.admission.refuse(SUBMISSIONS)
    assert NO_ROOM == client.say(P.SUBMIT_JOB, b"f", b"", b"")
    assert NO_ROOM == client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"1", b"")
    engine.run(client.peer, request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * 10)
    assert NO_ROOM * 10 == client.heard()
    assert 0 == len(engine.registry.jobs)
    client.can_do(b"f")


def test_abilities_are_refused_besides(engine: Engine, client: Talker) -> None:
    engine.admission.refuse(SUBMISSIONS | ABILITIES)
    assert NO_ROOM == client.say(P.CAN_DO, b"f")
    assert NO_ROOM == client.say(P.CAN_DO_TIMEOUT, b"f", b"1")
    engine.run(client.peer, request(P.CAN_DO, b"f") * 10)
    assert NO_ROOM * 10 == client.heard()


def test_what_is_refused_no_more_is_as_before(engine: Engine, client: Talker, worker: Talker) -> None:
    handlers = dict(engine.handlers)
    engine.admission.refuse(SUBMISSIONS | ABILITIES)
    engine.admission.refuse(SUBMISSIONS)
    assert SUBMISSIONS == engine.admission.refused
    client.can_do(b"g")
    engine.admission.refuse(())
    assert handlers == engine.handlers
    engine.run(client.peer, request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * 10)
    assert [P.JOB_CREATED] * 10 == [type_ for type_, _ in client.heard()]


def test_a_server_that_drains_takes_no_jobs_whatever_was_refused_before(
    engine: Engine, client: Talker
) -> None:
    engine.admission.refuse(SUBMISSIONS)
    engine.drain()
    for _ in range(2):
        ((_, fields),) = client.say(P.SUBMIT_JOB, b"f", b"", b"")
        assert [Refusal.DRAINING.code, Refusal.DRAINING.text] == fields
        engine.admission.refuse(())


def test_functions_with_names_that_are_too_long_are_refused(engine: Engine, client: Talker) -> None:
    too_long = [(P.ERROR, [Refusal.FUNCTION.code, Refusal.FUNCTION.text])]
    name = b"f" * 513
    assert too_long == client.say(P.SUBMIT_JOB, name, b"", b"")
    assert too_long == client.say(P.CAN_DO, name)
    assert too_long == client.say(P.CAN_DO_TIMEOUT, name, b"5")
    engine.run(client.peer, request(P.SUBMIT_JOB_BG, name, b"", b"w") * 10)
    assert too_long * 10 == client.heard()
    assert ({}, {}) == (engine.registry.queues, client.peer.timeouts)


def test_functions_that_are_named_at_once_have_no_time_limit_any_longer(
    engine: Engine, client: Talker
) -> None:
    client.say(P.CAN_DO_TIMEOUT, b"a", b"5000")
    engine.run(client.peer, request(P.CAN_DO, b"a") * 8 + request(P.CAN_DO, b"b") * 8)
    assert {} == client.peer.timeouts
    assert {b"a", b"b"} == client.peer.abilities.keys()

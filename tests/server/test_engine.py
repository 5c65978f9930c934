"""Packets to the engine and what it answers: jobs, results, abilities, status, refusals.

More of the engine, by concept: `test_submissions`, `test_assignments`,
`test_reports`, `test_engine_options`, `test_model`, `test_simulation`.
"""

from __future__ import annotations

import inspect

import pytest

from gearcli.protocol.packets import HANDLE_LIMIT, REQUEST, PacketType
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from tests.server.transcript import NO_JOB, NOOP, Talker, completed, created, error

UNEXPECTED = [
    type_ for type_ in PacketType if type_ > 0 and (REQUEST not in type_.magics or type_ is P.UNUSED)
]


# -- the table ------------------------------------------------------------------------


@pytest.mark.parametrize("type_", sorted({P.REJECTED, *PacketType} - {P.TEXT, *UNEXPECTED}))
def test_a_handler_has_the_arguments_of_its_packet(engine: Engine, type_: P) -> None:
    handler = engine.handlers[type_]
    assert type_.name.lower() == handler.__name__
    parameters = inspect.signature(handler).parameters.values()
    assert ["peer", *type_.fields] == [each.name for each in parameters if each.default is each.empty]


def test_every_packet_has_a_handler(engine: Engine) -> None:
    assert set(PacketType) == set(engine.handlers)


@pytest.mark.parametrize("type_", UNEXPECTED)
def test_what_nobody_may_say_is_refused_and_the_connection_goes_on(engine: Engine, type_: P) -> None:
    talker = Talker(engine)
    engine.handlers[type_](talker.peer, *(name.encode() for name in type_.fields))
    assert [error(Refusal.COMMAND)] == talker.heard()
    assert [(P.ECHO_RES, [b"on"])] == talker.say(P.ECHO_REQ, b"on")


def test_what_the_decoder_rejects_is_answered_with_an_error(engine: Engine, client: Talker) -> None:
    engine.handlers[P.REJECTED](client.peer, Refusal.FIELDS.code, Refusal.FIELDS.text)
    assert [error(Refusal.FIELDS)] == client.heard()


# -- a job from beginning to end --------------------------------------------------------


def test_a_job_is_handed_out_and_its_result_returned(client: Talker, worker: Talker) -> None:
    assert [created(b"H:1")] == client.say(P.SUBMIT_JOB, b"f", b"u", b"work\0load")
    assert [(P.JOB_ASSIGN, [b"H:1", b"f", b"work\0load"])] == worker.say(P.GRAB_JOB)
    assert [] == worker.say(P.WORK_COMPLETE, b"H:1", b"re\0sult")
    assert [completed(b"H:1", b"re\0sult")] == client.heard()


@pytest.mark.parametrize(
    ("grab", "assigned"),
    [
        (P.GRAB_JOB, (P.JOB_ASSIGN, [b"H:1", b"f", b"w"])),
        (P.GRAB_JOB_UNIQ, (P.JOB_ASSIGN_UNIQ, [b"H:1", b"f", b"u", b"w"])),
        (P.GRAB_JOB_ALL, (P.JOB_ASSIGN_UNIQ, [b"H:1", b"f", b"u", b"w"])),
    ],
)
def test_every_way_to_ask_for_a_job(
    client: Talker, worker: Talker, grab: P, assigned: tuple[P, list[bytes]]
) -> None:
    assert [NO_JOB] == worker.say(grab)
    client.submit_bg(b"w", unique=b"u")
    assert [assigned] == worker.say(grab)
    assert [NO_JOB] == worker.say(grab)


def test_a_worker_is_given_only_what_it_can_do(client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w", function=b"other")
    assert [NO_JOB] == worker.say(P.GRAB_JOB)


def test_an_empty_function_name_is_a_name(engine: Engine, client: Talker) -> None:
    client.submit_bg(b"w", function=b"")
    assert b"w" == Talker(engine).can_do(b"").grab()


def test_handles_are_never_used_twice(client: Talker, worker: Talker) -> None:
    first = client.submit_bg(b"w")
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    assert first != client.submit_bg(b"w")


def test_a_worker_may_hold_several_jobs(client: Talker, worker: Talker) -> None:
    client.submit(b"1")
    client.submit(b"2")
    first, second = worker.take(), worker.take()
    worker.say(P.WORK_COMPLETE, second, b"b")
    worker.say(P.WORK_COMPLETE, first, b"a")
    assert [completed(second, b"b"), completed(first, b"a")] == client.heard()


# -- exceptions and options ---------------------------------------------------------------


@pytest.mark.parametrize("option", [b"exceptions", b"EXCEPTIONS", b"Exceptions"])
def test_the_option_is_answered_as_it_was_said(client: Talker, option: bytes) -> None:
    assert [(P.OPTION_RES, [option])] == client.say(P.OPTION_REQ, option)


@pytest.mark.parametrize("option", [b"", b"exception", b"x" * 100])
def test_any_other_option_is_refused(client: Talker, option: bytes) -> None:
    assert [error(Refusal.OPTION)] == client.say(P.OPTION_REQ, option)


# -- status ---------------------------------------------------------------------------------------


def test_status_of_a_job(client: Talker, worker: Talker) -> None:
    handle = client.submit_bg(b"w")
    assert [(P.STATUS_RES, [handle, b"1", b"0", b"0", b"0"])] == client.say(P.GET_STATUS, handle)
    worker.take()
    assert [(P.STATUS_RES, [handle, b"1", b"1", b"0", b"0"])] == client.say(P.GET_STATUS, handle)
    worker.say(P.WORK_STATUS, handle, b"2", b"3")
    assert [(P.STATUS_RES, [handle, b"1", b"1", b"2", b"3"])] == client.say(P.GET_STATUS, handle)
    worker.say(P.WORK_COMPLETE, handle, b"")
    assert [(P.STATUS_RES, [handle, b"0", b"0", b"0", b"0"])] == client.say(P.GET_STATUS, handle)


def test_status_of_a_handle_that_is_too_long_is_refused_not_ignored(client: Talker) -> None:
    assert [(P.STATUS_RES, [b"H" * 63, b"0", b"0", b"0", b"0"])] == client.say(P.GET_STATUS, b"H" * 63)
    assert HANDLE_LIMIT == 63
    assert [error(Refusal.HANDLE)] == client.say(P.GET_STATUS, b"H" * 64)


# -- the rest ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("workload", [b"", b"x", b"any\0thing", b"x" * 100_000])
def test_an_echo_is_what_was_said(client: Talker, workload: bytes) -> None:
    assert [(P.ECHO_RES, [workload])] == client.say(P.ECHO_REQ, workload)


def test_a_draining_server_takes_no_job_and_gives_none(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    running, waiting = client.submit(b"running"), client.submit(b"waiting")
    worker.take()
    engine.drain()
    assert [error(Refusal.DRAINING)] == client.say(P.SUBMIT_JOB, b"f", b"", b"new")
    assert [error(Refusal.DRAINING)] == client.say(P.SUBMIT_JOB_BG, b"f", b"", b"new")
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    worker.sleep()
    assert [(P.STATUS_RES, [waiting, b"1", b"0", b"0", b"0"])] == client.say(P.GET_STATUS, waiting)
    worker.say(P.WORK_COMPLETE, running, b"done")
    assert [completed(running, b"done")] == client.heard()
    assert 0 == engine.registry.running


def test_a_draining_server_wakes_nobody(engine: Engine, client: Talker, worker: Talker) -> None:
    sleeper = Talker(engine).can_do(b"f")
    client.submit(b"w")
    worker.take()
    sleeper.sleep()
    engine.drain()
    worker.leave()
    assert [] == sleeper.heard()


def test_worker_and_client_may_be_one_connection(engine: Engine) -> None:
    both = Talker(engine).can_do(b"f")
    both.sleep()
    assert [NOOP, created(b"H:1")] == both.say(P.SUBMIT_JOB, b"f", b"", b"w")
    both.take()
    assert [completed(b"H:1", b"r")] == both.say(P.WORK_COMPLETE, b"H:1", b"r")
    both.submit(b"again")
    both.take()
    both.leave()
    assert [] == list(engine.registry.jobs)

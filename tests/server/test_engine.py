"""Packets to the engine and what it answers: jobs, results, abilities, status, refusals.

More of the engine, by concept: `test_engine_unique`, `test_engine_sleep`,
`test_engine_order`, `test_engine_walk`.
"""

from __future__ import annotations

import inspect
from math import inf

import pytest

from gearcli.protocol.packets import HANDLE_LIMIT, REQUEST, PacketType, response
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import CLIENT_ID_LIMIT, Engine, number
from tests.server.transcript import NO_JOB, NOOP, Talker, completed, created, error, failed, tick

LATER = {P.SUBMIT_JOB_SCHED, P.SUBMIT_JOB_EPOCH, P.SUBMIT_REDUCE_JOB, P.SUBMIT_REDUCE_JOB_BACKGROUND}
"""Requests that are not served yet."""

UNEXPECTED = [
    type_
    for type_ in PacketType
    if type_ > 0 and (REQUEST not in type_.magics or type_ in {P.UNUSED, P.ALL_YOURS, *LATER})
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


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        (P.WORK_DATA, [b"da\0ta"]),
        (P.WORK_WARNING, [b"war\0ning"]),
        (P.WORK_STATUS, [b"1", b"3"]),
    ],
)
def test_what_a_worker_says_meanwhile_is_forwarded(
    client: Talker, worker: Talker, type_: P, fields: list[bytes]
) -> None:
    client.submit(b"w")
    handle = worker.take()
    assert [] == worker.say(type_, handle, *fields)
    worker.say(type_, handle, *fields)
    assert [(type_, [handle, *fields])] * 2 == client.heard()


def test_a_big_result_arrives_whole(client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w")
    worker.take()
    result = bytes(range(256)) * 400
    worker.say(P.WORK_COMPLETE, handle, result)
    assert [completed(handle, result)] == client.heard()


def test_nobody_hears_of_a_background_job(client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    handle = worker.take()
    assert [] == worker.say(P.WORK_DATA, handle, b"data")
    assert [] == worker.say(P.WORK_COMPLETE, handle, b"result")
    assert [] == client.heard()


def test_a_job_that_ended_is_in_no_index(engine: Engine, client: Talker, worker: Talker) -> None:
    client.submit(b"w", unique=b"u")
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    queue = engine.registry.queues[b"f"]
    assert ({}, {}, 0, 0, 0) == (
        engine.registry.jobs,
        queue.uniques,
        queue.waiting,
        queue.running,
        engine.registry.running,
    )
    assert ({}, {}) == (client.peer.listening, worker.peer.running)


def test_a_failure_is_told_without_a_trailing_nul(client: Talker, worker: Talker) -> None:
    """Old libgearman reads a WORK_FAIL with a NUL as one about another job, and waits for ever."""
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_FAIL, handle + b"\0")
    assert response(P.WORK_FAIL, handle) == b"".join(client.peer.outbox)


def test_a_failed_job_is_not_offered_again(client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w")
    worker.take()
    assert [] == worker.say(P.WORK_FAIL, handle)
    assert [failed(handle)] == client.heard()
    assert [NO_JOB] == worker.say(P.GRAB_JOB)


# -- exceptions and options ---------------------------------------------------------------


@pytest.mark.parametrize("option", [b"exceptions", b"EXCEPTIONS", b"Exceptions"])
def test_the_option_is_answered_as_it_was_said(client: Talker, option: bytes) -> None:
    assert [(P.OPTION_RES, [option])] == client.say(P.OPTION_REQ, option)


@pytest.mark.parametrize("option", [b"", b"exception", b"x" * 100])
def test_any_other_option_is_refused(client: Talker, option: bytes) -> None:
    assert [error(Refusal.OPTION)] == client.say(P.OPTION_REQ, option)


def test_who_asked_for_exceptions_gets_them_and_others_a_failure(engine: Engine, worker: Talker) -> None:
    asking, plain = Talker(engine), Talker(engine)
    asking.say(P.OPTION_REQ, b"exceptions")
    handle = asking.submit(b"w", unique=b"u")
    plain.submit(b"w", unique=b"u")
    worker.take()
    assert [] == worker.say(P.WORK_EXCEPTION, handle, b"no such\0file")
    assert [(P.WORK_EXCEPTION, [handle, b"no such\0file"])] == asking.heard()
    assert response(P.WORK_FAIL, handle) == b"".join(plain.peer.outbox)


def test_an_exception_ends_the_job(client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_EXCEPTION, handle, b"oh")
    assert [error(Refusal.RESULT)] == worker.say(P.WORK_FAIL, handle)
    assert [failed(handle)] == client.heard()
    assert [NO_JOB] == worker.say(P.GRAB_JOB)


# -- who may report ---------------------------------------------------------------------------

REPORTS = [
    (P.WORK_DATA, [b"x"], Refusal.UPDATE),
    (P.WORK_WARNING, [b"x"], Refusal.UPDATE),
    (P.WORK_STATUS, [b"1", b"2"], Refusal.RESULT),
    (P.WORK_COMPLETE, [b"x"], Refusal.RESULT),
    (P.WORK_FAIL, [], Refusal.RESULT),
    (P.WORK_EXCEPTION, [b"x"], Refusal.EXCEPTION),
]


@pytest.mark.parametrize(("type_", "fields", "refusal"), REPORTS)
def test_only_the_worker_that_runs_a_job_may_report(
    engine: Engine, client: Talker, worker: Talker, type_: P, fields: list[bytes], refusal: Refusal
) -> None:
    handle = client.submit(b"w")
    assert [error(refusal)] == worker.say(type_, handle, *fields), "it waits"
    worker.take()
    assert [error(refusal)] == Talker(engine).can_do(b"f").say(type_, handle, *fields), "another runs it"
    assert [error(refusal)] == worker.say(type_, b"H:99", *fields), "there is none"
    assert [error(refusal)] == worker.say(type_, b"", *fields), "no handle"
    assert [] == client.heard()
    worker.say(P.WORK_COMPLETE, handle, b"still mine")
    assert [completed(handle, b"still mine")] == client.heard()
    assert [error(refusal)] == worker.say(type_, handle, *fields), "it has ended"


def test_a_failure_of_a_handle_that_is_too_long_is_refused_as_in_gearmand(worker: Talker) -> None:
    assert [error(Refusal.RESULT)] == worker.say(P.WORK_FAIL, b"H" * 63)
    assert [error(Refusal.FAILED_HANDLE)] == worker.say(P.WORK_FAIL, b"H" * 64)


# -- abilities --------------------------------------------------------------------------------


def test_abilities_are_counted_once(engine: Engine) -> None:
    worker = Talker(engine).can_do(b"f", b"f", b"g")
    assert [1, 1] == [engine.registry.queues[name].workers for name in (b"f", b"g")]
    worker.say(P.CANT_DO, b"f")
    worker.say(P.CANT_DO, b"f")
    worker.say(P.CANT_DO, b"never said")
    assert [0, 1] == [engine.registry.queues[name].workers for name in (b"f", b"g")]
    worker.say(P.RESET_ABILITIES)
    assert [0, 0] == [engine.registry.queues[name].workers for name in (b"f", b"g")]


def test_a_worker_that_left_is_not_counted(engine: Engine, worker: Talker) -> None:
    worker.leave()
    assert (0, {}) == (engine.registry.queues[b"f"].workers, engine.peers)


def test_what_a_worker_gave_up_it_is_not_given(client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    worker.say(P.CANT_DO, b"f")
    assert b"no job" == worker.grab()
    worker.say(P.CAN_DO, b"f")
    assert b"w" == worker.grab()


@pytest.mark.parametrize("said", [(P.CANT_DO, b"f"), (P.RESET_ABILITIES,)])
def test_a_worker_that_gives_a_function_up_loses_its_jobs_of_it(
    engine: Engine, client: Talker, said: tuple[P, *tuple[bytes, ...]]
) -> None:
    worker = Talker(engine).can_do(b"g", b"f")
    handle = client.submit(b"w")
    worker.take()
    worker.say(*said)
    assert [error(Refusal.RESULT)] == worker.say(P.WORK_COMPLETE, handle, b"late")
    other = Talker(engine).can_do(b"f")
    assert handle == other.take()
    other.say(P.WORK_COMPLETE, handle, b"done")
    assert [completed(handle, b"done")] == client.heard()


def test_jobs_of_other_functions_stay_with_the_worker(engine: Engine, client: Talker) -> None:
    worker = Talker(engine).can_do(b"f", b"g")
    handle = client.submit(b"w", function=b"g")
    worker.take()
    worker.say(P.CANT_DO, b"f")
    assert [] == worker.say(P.WORK_COMPLETE, handle, b"done")
    assert [completed(handle, b"done")] == client.heard()


# -- workers that go away -----------------------------------------------------------------------


def test_a_job_whose_worker_dies_goes_to_the_next(engine: Engine, client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_STATUS, handle, b"1", b"2")
    client.heard()
    worker.leave()
    assert [(P.STATUS_RES, [handle, b"1", b"0", b"0", b"0"])] == client.say(P.GET_STATUS, handle)
    assert handle == Talker(engine).can_do(b"f").take()


def test_attempts_are_counted(engine: Engine, client: Talker) -> None:
    handle = client.submit(b"w")
    for attempt in (1, 2, 3):
        worker = Talker(engine).can_do(b"f")
        worker.take()
        assert attempt == engine.registry.jobs[handle].attempt
        worker.leave()


def test_all_jobs_of_a_dead_worker_are_offered_again(engine: Engine, client: Talker, worker: Talker) -> None:
    jobs = [client.submit_bg(b"%d" % i) for i in range(3)]
    for _ in jobs:
        worker.take()
    worker.leave()
    other = Talker(engine).can_do(b"f")
    assert jobs == [other.take() for _ in jobs]


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


def test_progress_that_is_no_number_is_forwarded_and_counts_as_nothing(
    client: Talker, worker: Talker
) -> None:
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_STATUS, handle, b"half", b"-3")
    assert [
        (P.WORK_STATUS, [handle, b"half", b"-3"]),
        (P.STATUS_RES, [handle, b"1", b"1", b"0", b"0"]),
    ] == client.say(P.GET_STATUS, handle)


@pytest.mark.parametrize(
    ("field", "value"),
    [(b"0", 0), (b"42", 42), (b"", 0), (b"x", 0), (b"-1", 0), (b"1.5", 0), (b"9" * 5000, 2**32 - 1)],
)
def test_numbers_are_read_as_gearmand_reads_them(field: bytes, value: int) -> None:
    assert value == number(field)


# -- timeouts -------------------------------------------------------------------------------------


def test_a_job_that_takes_too_long_fails(engine: Engine, client: Talker) -> None:
    engine.tick(100.0)
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"1500")
    handle = client.submit(b"w")
    worker.take()
    assert 101.5 == tick(engine, 101.4)
    assert [] == client.heard()
    assert inf == tick(engine, 101.5)
    assert [failed(handle)] == client.heard()
    assert [] == worker.heard()
    assert [error(Refusal.RESULT)] == worker.say(P.WORK_COMPLETE, handle, b"late")
    assert b"no job" == worker.grab()


def test_a_job_that_ends_in_time_leaves_no_timer(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"1500")
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_COMPLETE, handle, b"done")
    assert inf == tick(engine, 1.0)
    engine.tick(100.0)
    assert [completed(handle, b"done")] == client.heard()


def test_the_next_worker_of_a_job_has_its_own_time(engine: Engine, client: Talker) -> None:
    first, second = Talker(engine), Talker(engine)
    for worker in (first, second):
        worker.say(P.CAN_DO_TIMEOUT, b"f", b"2000")
    handle = client.submit(b"w")
    first.take()
    engine.tick(1.5)
    first.leave()
    second.take()
    assert 3.5 == tick(engine, 2.0)
    engine.tick(3.5)
    assert [failed(handle)] == client.heard()


def test_a_worker_that_leaves_takes_its_timers_along(engine: Engine, client: Talker, worker: Talker) -> None:
    hasty = Talker(engine)
    hasty.say(P.CAN_DO_TIMEOUT, b"f", b"1000")
    handle = client.submit(b"w")
    hasty.take()
    hasty.leave()
    worker.take()
    assert inf == tick(engine, 50.0)
    worker.say(P.WORK_COMPLETE, handle, b"in time")
    assert [completed(handle, b"in time")] == client.heard()


@pytest.mark.parametrize(
    ("timeout", "due"), [(b"1", 1.0), (b"999", 1.0), (b"1001", 1.001), (b"0", inf), (b"9" * 30, 4294967.295)]
)
def test_less_than_a_second_is_a_second_and_nothing_is_no_limit(
    engine: Engine, client: Talker, timeout: bytes, due: float
) -> None:
    worker = Talker(engine)
    assert [] == worker.say(P.CAN_DO_TIMEOUT, b"f", timeout)
    client.submit(b"w")
    worker.take()
    assert due == tick(engine, 0.0)


@pytest.mark.parametrize("timeout", [b"", b"-1", b"soon", b"1.5"])
def test_a_timeout_that_is_no_number_is_refused(engine: Engine, timeout: bytes) -> None:
    worker = Talker(engine)
    assert [error(Refusal.NUMBER)] == worker.say(P.CAN_DO_TIMEOUT, b"f", timeout)
    assert {} == engine.registry.queues


def test_can_do_takes_a_timeout_back(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"1000")
    worker.say(P.CAN_DO, b"f")
    client.submit(b"w")
    worker.take()
    assert inf == tick(engine, 0.0)


# -- the rest ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("workload", [b"", b"x", b"any\0thing", b"x" * 100_000])
def test_an_echo_is_what_was_said(client: Talker, workload: bytes) -> None:
    assert [(P.ECHO_RES, [workload])] == client.say(P.ECHO_REQ, workload)


def test_a_client_id_is_kept_up_to_its_limit(client: Talker) -> None:
    assert [] == client.say(P.SET_CLIENT_ID, b"worker 7")
    assert b"worker 7" == client.peer.client_id
    client.say(P.SET_CLIENT_ID, b"x" * 200)
    assert b"x" * CLIENT_ID_LIMIT == client.peer.client_id


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
    assert {} == engine.registry.jobs

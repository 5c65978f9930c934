"""Jobs in flight: which answer belongs to which.  No connection."""

from __future__ import annotations

import pytest

from gearcli.client import tasks as tasks_module
from gearcli.client.tasks import EXCEPTIONS, Event, Task, Tasks, packet_of, server_error
from gearcli.errors import ProtocolError, QueueFull, ServerError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import REQUEST, SUBMITS, PacketType, Priority

P = PacketType
SERVER = Address("there", 1)


def task(number: int = 1, *, background: bool = False) -> Task:
    return Task(b"f", b"w", number=number, background=background)


def in_flight(*tasks: Task) -> Tasks:
    """Tasks that have been submitted in this order."""
    flight = Tasks(SERVER)
    for each in tasks:
        flight.submitted(each)
    return flight


def told(flight: Tasks, type_: PacketType, *fields: bytes) -> list[Event]:
    """What a packet means."""
    return list(flight.events((type_, list(fields))))


# -- the packet -------------------------------------------------------------------


@pytest.mark.parametrize("type_", SUBMITS)
def test_priority_and_background_choose_the_packet(type_: PacketType) -> None:
    priority, background = SUBMITS[type_]
    parts = packet_of(Task(b"f", b"w\0", b"u", priority=priority, background=background))
    assert [(type_, [b"f", b"u", b"w\0"])] == list(Decoder(REQUEST).feed(b"".join(parts)))


def test_the_workload_is_not_copied() -> None:
    workload = bytes(1000)
    assert packet_of(Task(b"f", workload))[1] is workload


@pytest.mark.parametrize(
    ("function", "unique", "words"),
    [
        (b"", b"", "a function without a name"),
        (b"a\0b", b"", r"cannot submit to a\\x00b: a function cannot contain a NUL byte"),
        (b"f", b"a\0b", "a unique cannot contain a NUL byte"),
        (b"f", b"k" * 65, "a unique has at most 64 bytes; this one has 65"),
    ],
)
def test_what_the_protocol_cannot_carry(function: bytes, unique: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        packet_of(Task(function, b"", unique))


def test_the_option_is_a_packet() -> None:
    assert [(P.OPTION_REQ, [b"exceptions"])] == list(Decoder(REQUEST).feed(EXCEPTIONS))


def test_a_task_begins_with_defaults() -> None:
    new = Task(b"f", b"w")
    assert (b"", Priority.NORMAL, False, 1, b"", False) == (
        new.unique, new.priority, new.background, new.number, new.handle, new.ended,
    )  # fmt: skip


# -- answers in the order of the submissions ------------------------------------------


def test_handles_are_given_in_order() -> None:
    one, two = task(1), task(2)
    flight = in_flight(one, two)
    assert [Event(one, P.JOB_CREATED, [])] == told(flight, P.JOB_CREATED, b"H:1")
    assert [Event(two, P.JOB_CREATED, [])] == told(flight, P.JOB_CREATED, b"H:2")
    assert [b"H:1", b"H:2"] == [one.handle, two.handle]


def test_an_error_answers_the_oldest_without_answer() -> None:
    one, two, three = task(1), task(2), task(3)
    flight = in_flight(one, two, three)
    told(flight, P.JOB_CREATED, b"H:1")
    assert [Event(two, P.ERROR, [b"QUEUE_ERROR", b"full"])] == told(flight, P.ERROR, b"QUEUE_ERROR", b"full")
    told(flight, P.JOB_CREATED, b"H:3")
    assert [(b"H:1", False), (b"", True), (b"H:3", False)] == [(t.handle, t.ended) for t in (one, two, three)]


def test_a_refusal_that_comes_too_late_is_no_second_end() -> None:
    late, job = task(1), task(2)
    flight = in_flight(late, job)
    late.ended = True
    assert [] == told(flight, P.ERROR, b"QUEUE_ERROR", b"full")
    assert [job] == [event.task for event in told(flight, P.ERROR, b"QUEUE_ERROR", b"full")]
    assert 0 == len(flight)


def test_a_background_task_ends_when_it_is_created() -> None:
    job = task(background=True)
    (event,) = told(in_flight(job), P.JOB_CREATED, b"H:1")
    assert event.ends


def test_reports_do_not_end_a_task_and_ends_do() -> None:
    job = task()
    flight = in_flight(job)
    told(flight, P.JOB_CREATED, b"H:1")
    packets = [
        (P.WORK_DATA, [b"H:1", b"d"]),
        (P.WORK_STATUS, [b"H:1", b"1", b"2"]),
        (P.WORK_WARNING, [b"H:1", b"w"]),
        (P.WORK_COMPLETE, [b"H:1", b"r"]),
    ]
    events = [(event, event.ends) for packet in packets for event in list(flight.events(packet))]
    assert [P.WORK_DATA, P.WORK_STATUS, P.WORK_WARNING, P.WORK_COMPLETE] == [e.kind for e, _ in events]
    assert [[b"d"], [b"1", b"2"], [b"w"], [b"r"]] == [event.fields for event, _ in events]


@pytest.mark.parametrize("type_", [P.WORK_COMPLETE, P.WORK_FAIL, P.WORK_EXCEPTION])
def test_an_end_that_is_said_twice_counts_once(type_: PacketType) -> None:
    flight = in_flight(task())
    told(flight, P.JOB_CREATED, b"H:1")
    assert [1, 0] == [len(told(flight, type_, b"H:1", b"r")) for _ in range(2)]


def test_a_handle_that_is_not_ours_means_nothing() -> None:
    assert [] == told(in_flight(task()), P.WORK_COMPLETE, b"H:9", b"r")


def test_identical_jobs_share_a_handle_and_each_is_told() -> None:
    one, two = task(1), task(2)
    flight = in_flight(one, two)
    told(flight, P.JOB_CREATED, b"H:1")
    told(flight, P.JOB_CREATED, b"H:1")
    said = [told(flight, type_, b"H:1", b"x") for type_ in [P.WORK_DATA] * 4 + [P.WORK_COMPLETE] * 2]
    assert [one, two, one, two, one, two] == [event.task for (event,) in said]
    assert one.ended
    assert two.ended


def test_a_task_that_ran_out_of_time_is_not_heard_of_again() -> None:
    job = task()
    flight = in_flight(job)
    told(flight, P.JOB_CREATED, b"H:1")
    job.ended = True
    assert [] == told(flight, P.WORK_DATA, b"H:1", b"late")
    assert [] == told(flight, P.WORK_COMPLETE, b"H:1", b"late")


# -- the option ---------------------------------------------------------------------------


def test_a_server_may_answer_the_option() -> None:
    flight = in_flight(task())
    assert [] == told(flight, P.OPTION_RES, b"exceptions")
    assert 1 == len(told(flight, P.JOB_CREATED, b"H:1"))


def test_a_server_may_refuse_the_option() -> None:
    flight = in_flight(task())
    assert [] == told(flight, P.ERROR, b"UNKNOWN_OPTION", b"what?")
    assert 1 == len(told(flight, P.JOB_CREATED, b"H:1"))


def test_only_one_error_is_about_the_option() -> None:
    job = task()
    flight = in_flight(job)
    told(flight, P.ERROR, b"UNKNOWN_OPTION", b"what?")
    assert [job] == [event.task for event in told(flight, P.ERROR, b"UNKNOWN_OPTION", b"what?")]


def test_an_error_after_an_answer_is_about_a_job() -> None:
    one, two = task(1), task(2)
    flight = in_flight(one, two)
    told(flight, P.JOB_CREATED, b"H:1")
    assert [two] == [event.task for event in told(flight, P.ERROR, b"UNKNOWN_OPTION", b"")]


# -- broken rules ---------------------------------------------------------------------------


def test_a_job_that_was_not_submitted_cannot_be_created() -> None:
    with pytest.raises(ProtocolError, match=r"^there:1 named a job that was not submitted"):
        told(Tasks(SERVER), P.JOB_CREATED, b"H:1")


@pytest.mark.parametrize("type_", [P.NOOP, P.TEXT, P.ECHO_RES, P.JOB_ASSIGN, P.REJECTED])
def test_packets_that_nobody_asked_for(type_: PacketType) -> None:
    with pytest.raises(ProtocolError, match=f"{type_.name}, which nobody asked for"):
        told(in_flight(task()), type_, b"x", b"y")


def test_an_error_that_answers_nothing_is_an_error() -> None:
    with pytest.raises(ServerError, match=r"the server refused: no \(CODE\)"):
        told(Tasks(SERVER), P.ERROR, b"CODE", b"no")


def test_a_full_queue_is_an_error_of_its_own() -> None:
    error = server_error(b"QUEUE_ERROR", b"full\x1b")
    assert (QueueFull, "QUEUE_ERROR", "full\\x1b") == (type(error), error.code, error.text)


def test_what_is_about_nothing_of_ours_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_module, "STRANGE_MOST", 10)
    tasks, task = Tasks(SERVER), Task(b"f", b"w")
    tasks.submitted(task)
    list(tasks.events((PacketType.JOB_CREATED, [b"H:1"])))
    for _ in range(3):
        for _ in range(5):
            assert [] == list(tasks.events((PacketType.WORK_FAIL, [b"H:other"])))
            assert [] == list(tasks.events((PacketType.OPTION_RES, [b"exceptions"])))
        assert [task] == [
            event.task for event in tasks.events((PacketType.WORK_STATUS, [b"H:1", b"1", b"2"]))
        ]
    for _ in range(10):
        list(tasks.events((PacketType.WORK_FAIL, [b"H:other"])))
    with pytest.raises(ProtocolError, match=r"^there:1 tells of nothing but jobs that are not ours"):
        list(tasks.events((PacketType.WORK_FAIL, [b"H:other"])))

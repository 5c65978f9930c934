"""A client against a server that the test plays, in turns."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from gearcli.client import client as module
from gearcli.client.client import Client, JobStatus
from gearcli.client.records import Given, Splitter, Stream
from gearcli.client.tasks import Event, Task
from gearcli.errors import ConnectFailed, ConnectionLost, ProtocolError, ServerError, TimeLimit, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, response
from tests.client.peer import Listener, Peer, listening
from tests.support import FRAGMENTATIONS, free_port

P = PacketType


def make(workload: bytes, number: int) -> Task:
    return Task(b"f", workload, number=number)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def client(listener: Listener) -> Iterator[Client]:
    with Client([listener.address]) as client:
        yield client


@pytest.fixture
def peer(client: Client, listener: Listener) -> Iterator[Peer]:
    """The server's side of the client's connection."""
    with listener.accept() as peer:
        yield peer


def seen(events: Iterator[Event]) -> list[tuple[int, PacketType, list[bytes]]]:
    return [(event.task.number, event.type_, event.fields) for event in events]


def workloads(peer: Peer, count: int) -> list[bytes]:
    """The workloads of the next jobs; the option comes before the first."""
    found: list[bytes] = []
    while len(found) < count:
        type_, fields = peer.packet()
        if type_ is not P.OPTION_REQ:
            assert P.SUBMIT_JOB == type_
            found.append(fields[2])
    return found


# -- jobs ---------------------------------------------------------------------


def test_a_job_from_its_submission_to_its_result(client: Client, peer: Peer) -> None:
    peer.say(P.OPTION_RES, b"exceptions")
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_DATA, b"H:1", b"part")
    peer.say(P.WORK_COMPLETE, b"H:1", b"rest")
    events = seen(client.run(Given([b"work\0load"]), make))
    assert [(1, P.JOB_CREATED, []), (1, P.WORK_DATA, [b"part"]), (1, P.WORK_COMPLETE, [b"rest"])] == events
    assert [b"exceptions"] == peer.expect(P.OPTION_REQ)
    assert [b"f", b"", b"work\0load"] == peer.expect(P.SUBMIT_JOB)


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_answers_may_come_in_any_fragments(
    client: Client, peer: Peer, cut: Callable[[bytes], list[bytes]]
) -> None:
    answers = response(P.OPTION_RES, b"exceptions") + response(P.JOB_CREATED, b"H:1")
    answers += response(P.WORK_STATUS, b"H:1", b"1", b"2") + response(P.WORK_COMPLETE, b"H:1", b"\0\0")

    def say() -> None:
        for piece in cut(answers):
            peer.send(piece)

    saying = threading.Thread(target=say)
    saying.start()
    events = seen(client.run(Given([b"x"]), make))
    saying.join()
    assert [
        (1, P.JOB_CREATED, []),
        (1, P.WORK_STATUS, [b"1", b"2"]),
        (1, P.WORK_COMPLETE, [b"\0\0"]),
    ] == events


def test_no_records_are_no_jobs(client: Client, peer: Peer) -> None:
    assert [] == seen(client.run(Given([]), make))


def test_an_empty_workload_is_a_job(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"")
    assert [(1, P.JOB_CREATED, []), (1, P.WORK_COMPLETE, [b""])] == seen(client.run(Given([b""]), make))
    assert [b""] == workloads(peer, 1)


def test_a_background_job_ends_when_it_is_created(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    events = seen(client.run(Given([b"x"]), lambda w, n: Task(b"f", w, background=True, number=n)))
    assert [(1, P.JOB_CREATED, [])] == events


def test_a_refused_job_does_not_stop_the_others(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.ERROR, b"QUEUE_ERROR", b"full")
    peer.say(P.JOB_CREATED, b"H:3")
    peer.say(P.WORK_COMPLETE, b"H:3", b"three")
    peer.say(P.WORK_FAIL, b"H:1")
    assert [
        (1, P.JOB_CREATED, []),
        (2, P.ERROR, [b"QUEUE_ERROR", b"full"]),
        (3, P.JOB_CREATED, []),
        (3, P.WORK_COMPLETE, [b"three"]),
        (1, P.WORK_FAIL, []),
    ] == seen(client.run(Given([b"a", b"b", b"c"]), make))


def test_identical_jobs_are_told_everything_each(client: Client, peer: Peer) -> None:
    for type_, *fields in [(P.JOB_CREATED,)] * 2 + [(P.WORK_DATA, b"d")] * 2 + [(P.WORK_COMPLETE, b"r")] * 2:
        peer.say(type_, b"H:1", *fields)
    events = seen(client.run(Given([b"same", b"same"]), make))
    assert [(1, P.WORK_DATA, [b"d"]), (2, P.WORK_DATA, [b"d"])] == events[2:4]
    assert [(1, P.WORK_COMPLETE, [b"r"]), (2, P.WORK_COMPLETE, [b"r"])] == events[4:]


@pytest.mark.parametrize(
    "answer",
    [b"", response(P.OPTION_RES, b"exceptions"), response(P.ERROR, b"UNKNOWN_OPTION", b"no such option")],
    ids=["unanswered", "accepted", "refused"],
)
def test_any_answer_to_the_option_will_do(client: Client, peer: Peer, answer: bytes) -> None:
    peer.send(answer)
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert [P.JOB_CREATED, P.WORK_COMPLETE] == [
        type_ for _, type_, _ in seen(client.run(Given([b"x"]), make))
    ]


def test_a_client_can_run_batch_after_batch(client: Client, peer: Peer) -> None:
    for handle in (b"H:1", b"H:2"):
        peer.say(P.JOB_CREATED, handle)
        peer.say(P.WORK_COMPLETE, handle, handle)
        assert (1, P.WORK_COMPLETE, [handle]) == seen(client.run(Given([b"x"]), make))[-1]


def test_a_big_job_and_a_big_result_cross(client: Client, peer: Peer) -> None:
    """Neither side reads before it has written, unless it has to."""
    workload = os.urandom(8 << 20)

    def serve() -> None:
        peer.say(P.JOB_CREATED, b"H:1")
        peer.say(P.WORK_DATA, b"H:1", workload)
        peer.say(P.WORK_COMPLETE, b"H:1", workloads(peer, 1)[0])

    serving = threading.Thread(target=serve)
    serving.start()
    events = seen(client.run(Given([workload]), make))
    serving.join()
    assert [[], [workload], [workload]] == [fields for _, _, fields in events]


# -- how many at a time ----------------------------------------------------------------


class Maker:
    """Makes tasks and knows which were submitted."""

    def __init__(self) -> None:
        self.made: list[int] = []

    def __call__(self, workload: bytes, number: int) -> Task:
        self.made.append(number)
        return make(workload, number)


def created(peer: Peer, events: Iterator[Event], *handles: bytes) -> None:
    """The server creates the jobs that it was sent."""
    for handle in handles:
        peer.say(P.JOB_CREATED, handle)
        assert P.JOB_CREATED == next(events).type_


def told(peer: Peer, events: Iterator[Event], type_: PacketType, handle: bytes) -> None:
    """The server says something about a job."""
    peer.say(type_, handle, b"x")
    assert type_ == next(events).type_


def test_no_more_than_the_window_are_in_flight(client: Client, peer: Peer) -> None:
    maker = Maker()
    events = client.run(Given([b"a", b"b", b"c"]), maker, window=2)
    created(peer, events, b"H:1", b"H:2")
    told(peer, events, P.WORK_DATA, b"H:1")
    assert [1, 2] == maker.made
    told(peer, events, P.WORK_COMPLETE, b"H:2")
    told(peer, events, P.WORK_DATA, b"H:1")
    assert [1, 2, 3] == maker.made
    assert [b"a", b"b", b"c"] == workloads(peer, 3)


def test_none_is_too_far_ahead_of_the_oldest(client: Client, peer: Peer) -> None:
    maker = Maker()
    events = client.run(Given([b"x"] * 9), maker, window=64, ahead=3)
    created(peer, events, b"H:1", b"H:2", b"H:3", b"H:4")
    for handle in (b"H:2", b"H:3", b"H:4"):
        told(peer, events, P.WORK_COMPLETE, handle)
    told(peer, events, P.WORK_DATA, b"H:1")
    assert [1, 2, 3, 4] == maker.made
    told(peer, events, P.WORK_COMPLETE, b"H:1")
    created(peer, events, b"H:5")
    assert 5 < maker.made[-1] <= 8


def test_results_leave_while_the_source_is_open(client: Client, peer: Peer) -> None:
    def serve() -> None:
        for handle in (b"H:1", b"H:2"):
            (workload,) = workloads(peer, 1)
            peer.say(P.JOB_CREATED, handle)
            peer.say(P.WORK_COMPLETE, handle, workload.upper())

    serving = threading.Thread(target=serve)
    serving.start()
    reading, writing = os.pipe()
    events = client.run(Stream([reading], ["standard input"], Splitter(b"\n")), make)
    for number, line in enumerate((b"one", b"two"), start=1):
        os.write(writing, line + b"\n")
        assert P.JOB_CREATED == next(events).type_
        assert (number, P.WORK_COMPLETE, [line.upper()]) == seen(iter([next(events)]))[0]
    os.close(writing)
    assert [] == list(events)
    os.close(reading)
    serving.join()


# -- the end of patience, and of the server ----------------------------------------------


def test_a_job_that_takes_too_long_ends(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    events = client.run(Given([b"x"]), make, timeout=0.02)
    assert P.JOB_CREATED == next(events).type_
    late = next(events)
    assert (P.REJECTED, True) == (late.type_, late.ends)
    assert [] == list(events)


def test_each_job_has_its_own_time(client: Client, peer: Peer) -> None:
    """The second one is submitted when the first has run out of time."""
    events = client.run(Given([b"1", b"2"]), make, window=1, timeout=0.02)
    assert [(1, P.REJECTED, [b"TIMEOUT", b""])] == seen(iter([next(events)]))
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.JOB_CREATED, b"H:2")
    assert [1, 2, 2] == [number for number, _, _ in seen(events)]


def test_a_late_result_is_not_that_of_another(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    assert 2 == len(list(client.run(Given([b"late"]), make, timeout=0.02)))
    peer.say(P.WORK_COMPLETE, b"H:1", b"too late")
    peer.say(P.JOB_CREATED, b"H:2")
    peer.say(P.WORK_COMPLETE, b"H:2", b"in time")
    assert [[], [b"in time"]] == [event.fields for event in client.run(Given([b"x"]), make)]


def test_a_job_that_was_not_created_when_the_server_went(client: Client, peer: Peer) -> None:
    peer.close()
    with pytest.raises(ConnectionLost):
        list(client.run(Given([b"x"]), make))


def test_a_job_that_was_created_when_the_server_went(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_DATA, b"H:1", b"part")
    events = client.run(Given([b"x"]), make)
    assert [P.JOB_CREATED, P.WORK_DATA] == [next(events).type_ for _ in range(2)]
    peer.close()
    with pytest.raises(ConnectionLost):
        next(events)


def test_a_server_that_goes_after_the_last_answer_is_no_loss(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    peer.socket.shutdown(1)
    assert [P.JOB_CREATED, P.WORK_COMPLETE] == [event.type_ for event in client.run(Given([b"x"]), make)]


@pytest.mark.parametrize("garbage", [b"220 mail ready\r\n", b"\0RES\0\0\0\x63\0\0\0\0", response(P.NOOP)])
def test_a_server_that_speaks_something_else(client: Client, peer: Peer, garbage: bytes) -> None:
    peer.send(garbage)
    with pytest.raises(ProtocolError):
        list(client.run(Given([b"x"]), make))


def test_a_job_that_cannot_be_submitted(client: Client, peer: Peer) -> None:
    with pytest.raises(UsageError):
        list(client.run(Given([b"x"]), lambda w, n: Task(b"", w, number=n)))


def test_the_first_server_that_is_there_is_taken(listener: Listener) -> None:
    with Client([Address("127.0.0.1", free_port()), listener.address]) as client:
        assert listener.address == client.address


def test_no_server_is_there() -> None:
    with pytest.raises(ConnectFailed):
        Client([Address("127.0.0.1", free_port())])


# -- questions ------------------------------------------------------------------------------


def test_the_status_of_a_job(client: Client, peer: Peer) -> None:
    peer.say(P.OPTION_RES, b"exceptions")
    peer.say(P.STATUS_RES, b"H:1", b"1", b"0", b"3", b"10")
    assert JobStatus(True, False, 3, 10) == client.status(b"H:1")
    assert [b"exceptions"] == peer.expect(P.OPTION_REQ)
    assert [b"H:1"] == peer.expect(P.GET_STATUS)


def test_a_status_without_progress_is_at_zero(client: Client, peer: Peer) -> None:
    peer.say(P.STATUS_RES, b"H:1", b"0", b"0", b"", b"")
    assert JobStatus(False, False, 0, 0) == client.status(b"H:1")


def test_the_status_of_a_unique(client: Client, peer: Peer) -> None:
    peer.say(P.STATUS_RES_UNIQUE, b"key", b"1", b"1", b"0", b"0", b"2")
    assert JobStatus(True, True, 0, 0, 2) == client.status_unique(b"key")


def test_a_status_with_numbers_that_are_none(client: Client, peer: Peer) -> None:
    peer.say(P.STATUS_RES, b"H:1", b"1", b"1", b"half", b"full")
    with pytest.raises(ProtocolError, match="numbers that are none"):
        client.status(b"H:1")


def test_an_echo_takes_some_time(client: Client, peer: Peer) -> None:
    peer.say(P.ECHO_RES, b"a\0b")
    assert 0 < client.echo(b"a\0b")


def test_an_echo_of_other_bytes(client: Client, peer: Peer) -> None:
    peer.say(P.ECHO_RES, b"b")
    with pytest.raises(ProtocolError, match="answered an echo with other bytes"):
        client.echo(b"a")


def test_a_question_after_a_refused_option(client: Client, peer: Peer) -> None:
    peer.say(P.ERROR, b"UNKNOWN_OPTION", b"no such option")
    peer.say(P.ECHO_RES, b"x")
    assert client.echo(b"x")


def test_a_question_that_is_refused(client: Client, peer: Peer) -> None:
    peer.say(P.ERROR, b"NO", b"not you")
    with pytest.raises(ServerError, match="not you"):
        client.echo(b"x")


def test_a_question_among_late_words_about_a_job(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    list(client.run(Given([b"late"]), make, timeout=0.02))
    peer.say(P.WORK_COMPLETE, b"H:1", b"too late")
    peer.say(P.ECHO_RES, b"x")
    assert client.echo(b"x")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", response(P.NOOP)])
def test_an_answer_to_another_question(client: Client, peer: Peer, answer: bytes) -> None:
    peer.send(answer)
    with pytest.raises(ProtocolError):
        client.echo(b"x")


def test_a_question_that_nobody_answers(client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_TIMEOUT", 0.02)
    with pytest.raises(TimeLimit):
        client.echo(b"x")


def test_a_question_that_the_protocol_cannot_carry(client: Client) -> None:
    with pytest.raises(UsageError, match="a handle has at most 63 bytes"):
        client.status(b"H" * 64)

"""Callbacks of the Python client that do something themselves: ask, wait, submit, raise."""

from __future__ import annotations

import threading

import pytest

from gearcli.client.client import Client
from gearcli.client.jobs import Job
from gearcli.errors import JobFailed, QueueFull, ServerError, TimeLimit, UsageError
from gearcli.protocol.packets import PacketType
from tests.client.peer import Peer

P = PacketType


def parts(peer: Peer, count: int) -> bytes:
    """Say a job's result in parts; all of it."""
    peer.say(P.JOB_CREATED, b"H:1")
    for number in range(count):
        peer.say(P.WORK_DATA, b"H:1", b"%d," % number)
    peer.say(P.WORK_COMPLETE, b"H:1", b"end")
    return b"".join(b"%d," % number for number in range(count)) + b"end"


def test_a_callback_may_ask_a_question(client: Client, peer: Peer) -> None:
    """What comes between the question and its answer keeps its order."""
    peer.say(P.OPTION_RES, b"exceptions")
    expected = parts(peer, 5)
    for _ in range(5):
        peer.say(P.ECHO_RES, b"x")
    job = client.submit("f", on_data=lambda data: seen.append((data, client.echo(b"x") > 0)))
    seen: list[tuple[bytes, bool]] = []
    assert expected == job.result()
    assert [(b"%d," % number, True) for number in range(5)] == seen


def test_a_callback_may_wait_for_another_job(client: Client, peer: Peer) -> None:
    results: list[bytes] = []

    def another(data: bytes) -> None:
        if not results:
            results.append(b"")
            job = client.submit("g")
            peer.say(P.JOB_CREATED, b"H:2")
            peer.say(P.WORK_COMPLETE, b"H:2", b"inner")
            results[0] = job.result()

    job = client.submit("f", on_data=another)
    expected = parts(peer, 3)
    assert (expected, [b"inner"]) == (job.result(), results)


def test_a_callback_that_raises_loses_nothing(client: Client, peer: Peer) -> None:
    def bad(data: bytes) -> None:
        raise RuntimeError(data.decode())

    job = client.submit("f", on_data=bad)
    expected = parts(peer, 3)
    said = []
    while not job.done:
        try:
            job.result()
        except RuntimeError as error:
            said.append(str(error))
    assert (["0,", "1,", "2,"], expected) == (said, job.result())


def test_everybody_hears_of_an_end_though_somebody_raises(client: Client, peer: Peer) -> None:
    def bad(job: Job) -> None:
        raise RuntimeError

    heard: list[Job] = []
    job = client.submit("f", background=True)
    for callback in (heard.append, bad, heard.append):
        job.call_when_done(callback)
    peer.say(P.JOB_CREATED, b"H:1")
    with pytest.raises(RuntimeError):
        job.result()
    assert ([job, job], b"") == (heard, job.result())


def test_a_question_while_a_job_is_in_flight(client: Client, peer: Peer) -> None:
    job = client.submit("f")
    peer.say(P.OPTION_RES, b"exceptions")
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    peer.say(P.STATUS_RES, b"H:9", b"0", b"0", b"0", b"0")
    assert not client.status("H:9").known
    assert b"r" == job.result()


def test_a_refusal_belongs_to_whoever_it_was_said_to(client: Client, peer: Peer) -> None:
    job = client.submit("f")
    peer.say(P.ERROR, b"QUEUE_ERROR", b"full")
    peer.say(P.ERROR, b"NO", b"not you")
    with pytest.raises(ServerError, match="not you"):
        client.status("H:9")
    assert isinstance(job.exception(), QueueFull)


def test_a_job_for_later(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    assert b"" == client.submit("f", "x", unique="u", at=1_900_000_000.25).result()
    assert P.OPTION_REQ == peer.packet()[0]
    assert [b"f", b"u", b"1900000001", b"x"] == peer.expect(P.SUBMIT_JOB_EPOCH)


def test_what_a_worker_says_meanwhile(client: Client, peer: Peer) -> None:
    said: list[object] = []
    job = client.submit(
        "f", on_status=lambda n, d: said.append((n, d)), on_data=said.append, on_warning=said.append
    )
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_STATUS, b"H:1", b"1", b"3")
    peer.say(P.WORK_STATUS, b"H:1", b"half", b"")
    peer.say(P.WORK_DATA, b"H:1", b"data")
    peer.say(P.WORK_WARNING, b"H:1", b"careful")
    peer.say(P.WORK_COMPLETE, b"H:1", b"")
    assert b"data" == job.result()
    assert [(1, 3), b"data", b"careful"] == said
    assert (1, 3, [b"careful"]) == (job.numerator, job.denominator, job.warnings)


@pytest.mark.parametrize(
    ("packet", "error", "words"),
    [
        ((P.WORK_FAIL, b"H:1"), JobFailed, "f failed"),
        ((P.WORK_EXCEPTION, b"H:1", b"no \x1b disk"), JobFailed, r"f failed: no \\x1b disk"),
    ],
)
def test_a_job_that_fails(
    packet: tuple[PacketType, bytes], error: type[Exception], words: str, client: Client, peer: Peer
) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(*packet)
    job = client.submit("f")
    with pytest.raises(error, match=words):
        job.result()
    assert isinstance(job.exception(), error)


@pytest.mark.parametrize(("code", "error"), [(b"QUEUE_ERROR", QueueFull), (b"OTHER", ServerError)])
def test_a_job_that_is_refused(code: bytes, error: type[Exception], client: Client, peer: Peer) -> None:
    peer.say(P.ERROR, code, b"no")
    assert error is type(client.submit("f").exception())


def test_success_is_no_exception(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert None is client.submit("f").exception()


def test_patience_may_end_before_the_job(client: Client, peer: Peer) -> None:
    job = client.submit("f")
    with pytest.raises(TimeLimit, match=r"f: no result within 0\.02 s; the job goes on"):
        job.result(0.02)
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"late")
    assert b"late" == job.result()


def test_what_cannot_be_submitted(client: Client) -> None:
    for function, unique in (("", "u"), ("f\0", "u"), ("f", "u" * 65)):
        with pytest.raises(UsageError):
            client.submit(function, unique=unique)


def answer(peer: Peer, count: int) -> None:
    """Do the next jobs: their workloads backwards; all are created first, the last is done first."""
    types = []
    workloads: list[bytes] = []
    while len(workloads) < count:
        type_, fields = peer.packet()
        types.append(type_)
        if type_ is not P.OPTION_REQ:
            workloads.append(fields[2])
    for workload in workloads:
        peer.say(P.JOB_CREATED, b"H:" + workload)
    for workload in reversed(workloads):
        peer.say(P.WORK_COMPLETE, b"H:" + workload, workload[::-1])


def test_jobs_as_they_are_completed(client: Client, peer: Peer) -> None:
    jobs = [client.submit("f", word) for word in ("ab", "cd", "ef")]
    client.pump(0.0)
    answer(peer, 3)
    assert [b"fe", b"dc", b"ba"] == [job.result() for job in client.as_completed(jobs)]
    assert 3 == len(list(client.as_completed(jobs)))


def test_completion_may_be_waited_for_in_vain(client: Client, peer: Peer) -> None:
    with pytest.raises(TimeLimit, match="did not end in time"):
        next(client.as_completed([client.submit("f")], timeout=0.02))
    assert not client.wait([client.submit("f")], timeout=0.02)


def test_a_map_keeps_the_order(client: Client, peer: Peer) -> None:
    def serve() -> None:
        for count in (2, 1, 1):
            answer(peer, count)

    serving = threading.Thread(target=serve)
    serving.start()
    assert [b"ba", b"dc", b"fe", b"hg"] == list(client.map("f", ["ab", "cd", "ef", "gh"], window=2))
    serving.join()


def test_a_callback_is_called_once_and_also_afterwards(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    job = client.submit("f", background=True)
    called: list[object] = []
    job.call_when_done(called.append)
    job.result()
    job.call_when_done(called.append)
    assert [job, job] == called

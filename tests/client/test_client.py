"""The Python client against a server that the test plays, in turns, and against a real one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gearcli.client import dispatch
from gearcli.client.client import Client, JobStatus
from gearcli.client.jobs import Job
from gearcli.errors import (
    AddressError,
    ConnectFailed,
    ConnectionLost,
    JobFailed,
    ProtocolError,
    QueueFull,
    ServerError,
    TimeLimit,
    UsageError,
)
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, Priority, response
from tests.client.peer import Listener, Peer, listening
from tests.support import ServerProcess, free_port, wait_until

P = PacketType


@pytest.fixture
def client(listener: Listener) -> Iterator[Client]:
    with Client([listener.address]) as client:
        yield client


@pytest.fixture
def peer(client: Client, listener: Listener) -> Iterator[Peer]:
    """The server's side of the client's connection."""
    with listener.accept() as peer:
        yield peer


# -- jobs ---------------------------------------------------------------------


def test_a_job_from_its_submission_to_its_result(client: Client, peer: Peer) -> None:
    job = client.submit("f", b"work\0load", unique="key", priority="high")
    assert (False, b"") == (job.done, job.handle)
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_DATA, b"H:1", b"part ")
    peer.say(P.WORK_COMPLETE, b"H:1", b"rest")
    assert b"part rest" == job.result()
    assert (True, b"H:1", b"f", b"key") == (job.done, job.handle, job.function, job.unique)
    assert b"part rest" == job.result()
    assert [b"exceptions"] == peer.expect(P.OPTION_REQ)
    assert [b"f", b"key", b"work\0load"] == peer.expect(P.SUBMIT_JOB_HIGH)


def test_texts_are_utf_8(client: Client, peer: Peer) -> None:
    client.submit("größe", "naïve", unique="ключ", priority=Priority.LOW, background=True)
    peer.say(P.JOB_CREATED, b"H:1")
    client.pump()
    assert P.OPTION_REQ == peer.packet()[0]
    assert ["größe".encode(), "ключ".encode(), "naïve".encode()] == peer.expect(P.SUBMIT_JOB_LOW_BG)


def test_every_job_has_a_unique(client: Client, peer: Peer) -> None:
    jobs = [client.submit("f") for _ in range(2)]
    assert {32} == {len(job.unique) for job in jobs}
    assert jobs[0].unique != jobs[1].unique


def test_a_background_job_is_done_when_it_is_taken(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    job = client.submit("f", background=True)
    assert (b"", b"H:1") == (job.result(), job.handle)


def test_a_job_leaves_when_it_is_submitted(client: Client, peer: Peer) -> None:
    client.submit("f", b"now")
    assert [P.OPTION_REQ, P.SUBMIT_JOB] == peer.types(2)


def test_closing_waits_until_background_jobs_are_taken(listener: Listener) -> None:
    with Client([listener.address]) as client, listener.accept() as peer:
        job = client.submit("f", background=True)
        peer.say(P.JOB_CREATED, b"H:1")
        client.close()
        assert (True, b"H:1") == (job.done, job.handle)
        assert [P.OPTION_REQ, P.SUBMIT_JOB_BG] == peer.types(2)


def test_closing_does_not_wait_for_a_server_that_is_gone(client: Client, peer: Peer) -> None:
    job = client.submit("f", background=True)
    peer.close()
    with pytest.raises(ConnectionLost):
        client.close()
    assert ConnectionLost is type(job.exception())


def test_a_background_job_that_was_not_taken_is_not_lost_in_silence(listener: Listener) -> None:
    client = Client([listener.address])
    with listener.accept() as peer:
        client.submit("f", background=True)
        peer.say(P.ERROR, b"QUEUE_ERROR", b"full")
        with pytest.raises(QueueFull):
            client.close()


def test_nor_is_it_said_twice(listener: Listener) -> None:
    with Client([listener.address]) as client, listener.accept() as peer:
        job = client.submit("f", background=True)
        peer.say(P.ERROR, b"QUEUE_ERROR", b"full")
        assert isinstance(job.exception(), QueueFull)


def test_another_error_goes_on(listener: Listener) -> None:
    client = Client([listener.address])
    with listener.accept() as peer:
        client.submit("f", background=True)
        peer.say(P.ERROR, b"QUEUE_ERROR", b"full")
        client.__exit__(KeyError, KeyError(), None)


def test_after_closing_jobs_have_failed_and_no_more_are_taken(client: Client, peer: Peer) -> None:
    job = client.submit("f")
    client.close()
    client.close()
    with pytest.raises(ConnectionLost, match="the client was closed before the job had ended"):
        job.result()
    with pytest.raises(UsageError, match="the client is closed"):
        client.submit("f")


def test_a_result_can_be_asked_for_without_waiting(client: Client, peer: Peer) -> None:
    job = client.submit("f")
    with pytest.raises(TimeLimit):
        job.result(0)
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")

    def there() -> bool:
        return job.exception(0) is None

    wait_until(there)
    assert b"r" == job.result(0)


@pytest.mark.parametrize("timeout", [86400.0 * 365, float("inf")])
def test_patience_may_be_long(timeout: float, client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_COMPLETE, b"H:1", b"r")
    assert b"r" == client.submit("f").result(timeout)


@pytest.mark.parametrize("options", [{"priority": "urgent"}, {"at": float("nan")}, {"at": float("inf")}])
def test_options_that_make_no_sense(options: dict[str, Any], client: Client) -> None:
    with pytest.raises(UsageError):
        client.submit("f", **options)


# -- callbacks that do something themselves -------------------------------------------


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


# -- servers ------------------------------------------------------------------------


def test_the_server_goes_before_the_answer(client: Client, peer: Peer) -> None:
    jobs = [client.submit("f"), client.submit("f")]
    peer.close()
    assert [ConnectionLost, ConnectionLost] == [type(job.exception()) for job in jobs]


def test_the_server_comes_back(client: Client, peer: Peer, listener: Listener) -> None:
    """What was idle when it went is no loss."""
    peer.say(P.JOB_CREATED, b"H:1")
    assert b"" == client.submit("f", background=True).result()
    peer.close()
    client.pump()
    job = client.submit("f", background=True)
    client.pump(0.0)
    with listener.accept() as again:
        again.say(P.JOB_CREATED, b"H:2")
        assert (b"", b"H:2") == (job.result(), job.handle)


def test_with_patience_a_job_survives_its_server(listener: Listener) -> None:
    with Client([listener.address], patience=30) as client:
        with listener.accept() as peer:
            job = client.submit("f", "x")
            peer.say(P.JOB_CREATED, b"H:1")
            peer.say(P.WORK_DATA, b"H:1", b"half of it")
            client.pump()
        serving = threading.Thread(target=lambda: serve_once(listener))
        serving.start()
        assert b"again" == job.result()
        serving.join()


def serve_once(listener: Listener) -> None:
    with listener.accept() as peer:
        assert [P.OPTION_REQ, P.SUBMIT_JOB] == peer.types(2)
        peer.say(P.JOB_CREATED, b"H:2")
        peer.say(P.WORK_COMPLETE, b"H:2", b"again")


@pytest.mark.parametrize("garbage", [b"220 mail ready\r\n", b"\0RES\0\0\0\x63\0\0\0\0", response(P.NOOP)])
def test_a_server_that_speaks_something_else(client: Client, peer: Peer, garbage: bytes) -> None:
    peer.send(garbage)
    with pytest.raises(ProtocolError):
        client.submit("f").result()


def test_the_first_server_that_is_there_is_taken(listener: Listener) -> None:
    with Client([Address("127.0.0.1", free_port()), str(listener.address)]) as client:
        assert listener.address == client.address


def test_servers_may_be_one_text(listener: Listener) -> None:
    with Client(f"127.0.0.1:{free_port()},{listener.address}") as client:
        assert listener.address == client.address


def test_the_environment_names_the_servers(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEARMAN_SERVERS", str(listener.address))
    with Client() as client:
        assert listener.address == client.address


def test_no_server_is_there() -> None:
    with pytest.raises(ConnectFailed):
        Client([Address("127.0.0.1", free_port())])


def test_an_address_that_is_none() -> None:
    with pytest.raises(AddressError):
        Client("[::1")


def test_a_real_server(server: ServerProcess, cat: str) -> None:
    with Client(f"127.0.0.1:{server.port}") as client:
        assert [b"%d" % number for number in range(300)] == list(client.map(cat, map(str, range(300))))
        big = bytes(range(256)) * 4096
        assert big == client.submit(cat, big).result()


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
    with pytest.raises(ProtocolError, match="answered another question"):
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
    with pytest.raises(TimeLimit):
        client.submit("f", "late").result(0.02)
    peer.say(P.WORK_COMPLETE, b"H:1", b"too late")
    peer.say(P.ECHO_RES, b"x")
    assert client.echo(b"x")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", response(P.NOOP)])
def test_an_answer_to_another_question(client: Client, peer: Peer, answer: bytes) -> None:
    peer.send(answer)
    with pytest.raises(ProtocolError):
        client.echo(b"x")


def test_a_question_that_nobody_answers(client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "ANSWER_TIMEOUT", 0.02)
    with pytest.raises(TimeLimit):
        client.echo(b"x")


def test_a_question_that_the_protocol_cannot_carry(client: Client) -> None:
    with pytest.raises(UsageError, match="a handle has at most 63 bytes"):
        client.status(b"H" * 64)


def test_an_answer_that_is_late_is_not_that_of_the_next_question(
    client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = client.submit("f")
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "ANSWER_TIMEOUT", 0.02)
        for name in ("H:1", "H:2"):
            with pytest.raises(TimeLimit):
                client.status(name)
    peer.say(P.JOB_CREATED, b"H:7")
    peer.say(P.STATUS_RES, b"H:1", b"1", b"1", b"0", b"0")
    peer.say(P.STATUS_RES, b"H:3", b"0", b"0", b"0", b"0")
    assert not client.status("H:3").known
    peer.say(P.STATUS_RES, b"H:2", b"1", b"1", b"0", b"0")
    peer.say(P.WORK_COMPLETE, b"H:7", b"r")
    assert b"r" == job.result()


def test_a_question_after_the_server_was_restarted(client: Client, peer: Peer, listener: Listener) -> None:
    peer.close()
    asked = []
    asking = threading.Thread(target=lambda: asked.append(client.status("H:1")))
    asking.start()
    with listener.accept() as again:
        again.say(P.STATUS_RES, b"H:1", b"0", b"0", b"0", b"0")
        asking.join()
    assert [JobStatus(False, False, 0, 0)] == asked


def test_a_status_comes_from_the_server_that_knows_the_job() -> None:
    with (
        listening() as one,
        listening() as two,
        Client([one.address, two.address]) as client,
        one.accept() as ignorant,
    ):
        ignorant.say(P.STATUS_RES, b"H:1", b"0", b"0", b"0", b"0")
        asking = threading.Thread(target=lambda: know(two))
        asking.start()
        assert JobStatus(True, True, 1, 2) == client.status("H:1")
        asking.join()


def know(listener: Listener) -> None:
    with listener.accept() as peer:
        peer.say(P.STATUS_RES, b"H:1", b"1", b"1", b"1", b"2")
        assert [P.OPTION_REQ, P.GET_STATUS] == peer.types(2)


def test_a_status_from_those_that_are_there(listener: Listener) -> None:
    dead = Address("127.0.0.1", free_port())
    with Client([dead, listener.address]) as client, listener.accept() as peer:
        peer.say(P.STATUS_RES, b"H:1", b"0", b"0", b"0", b"0")
        assert not client.status("H:1").known

"""The Python client against a server that the test plays, in turns, and against a real one."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from gearcli.client.client import Client
from gearcli.errors import (
    AddressError,
    ConnectFailed,
    ConnectionLost,
    ProtocolError,
    QueueFull,
    TimeLimit,
    UsageError,
)
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, Priority, response
from tests.client.peer import Listener, Peer
from tests.support import ServerProcess, free_port, wait_until

P = PacketType


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

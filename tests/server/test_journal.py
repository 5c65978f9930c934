"""Stored before JOB_CREATED leaves: what is noted, what waits, and what becomes of it."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from gearcli.server.journal import ENDED_MOST, Gate, Journal, restore
from gearcli.server.registry import Registry
from gearcli.server.store import RESERVED, StoredJob
from tests.server.stores import Disk, MemoryStore, job
from tests.server.transcript import NO_JOB, NOOP, Talker, completed, created, error, failed


class House:
    """An engine with a store; nothing is stored before `commit`."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.start()

    def start(self) -> None:
        """The server starts, or starts again without having been stopped."""
        self.engine = Engine(b"H:")
        self.engine.clock(50.0, 1000.0)
        self.store = MemoryStore(self.disk)
        self.engine.registry.name_handles(self.store.prefix(b"H:"))
        restore(self.engine.registry, self.store.load())
        self.engine.registry.number_from(self.store.begin())
        self.journal = Journal(self.engine.registry)

    def commit(self, stored: bool = True) -> None:
        """Make a transaction of what was noted."""
        batch = self.journal.take()
        if stored:
            self.store.commit(batch.changes)
        self.journal.settle(batch, stored)

    def stored(self) -> list[bytes]:
        """The workloads that are stored."""
        return [stored.workload for stored in self.store.load()]


class Gated(Talker):
    """A talker that hears what gates let through."""

    def heard(self) -> list[tuple[P, list[bytes]]]:
        outbox: list[object] = [*self.peer.outbox]
        leaving: list[bytes] = []
        for part in outbox:
            if isinstance(part, Gate) and part.leaving is None:
                break
            leaving.append(part.leaving if isinstance(part, Gate) else part)  # type: ignore[arg-type]
        self.peer.outbox[:] = self.peer.outbox[len(leaving) :]
        self.engine.talking.clear()
        return list(self._decoder.feed(b"".join(leaving)))


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def client(house: House) -> Gated:
    return Gated(house.engine)


@pytest.fixture
def worker(house: House) -> Gated:
    talker = Gated(house.engine)
    talker.can_do(b"f")
    return talker


def delayed(house: House, function: bytes = b"f") -> int:
    return house.engine.registry.queues[function].delayed


# -- submissions wait ------------------------------------------------------------------


def test_a_background_job_is_stored_before_it_is_acknowledged(
    house: House, client: Gated, worker: Gated
) -> None:
    assert [] == client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    house.commit()
    assert [b"w"] == house.stored()
    assert [created(b"H:1")] == client.heard()
    assert b"w" == worker.grab()


def test_a_foreground_job_is_not_stored(house: House, client: Gated) -> None:
    assert [created(b"H:1")] == client.say(P.SUBMIT_JOB, b"f", b"", b"w")
    assert not house.journal.batch.changes


def test_later_answers_to_the_same_peer_wait_in_their_order(house: House, client: Gated) -> None:
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"1")
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"2")
    client.say(P.ECHO_REQ, b"x")
    assert [] == client.say(P.SUBMIT_JOB_BG, b"f", b"", b"3")
    assert [(P.ECHO_RES, [b"y"])] == Gated(house.engine).say(P.ECHO_REQ, b"y")
    house.commit()
    assert [created(b"H:1"), created(b"H:2"), (P.ECHO_RES, [b"x"]), created(b"H:3")] == client.heard()


def test_what_comes_during_a_transaction_waits_for_the_next(house: House, client: Gated) -> None:
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"1")
    first = house.journal.take()
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"2")
    assert [client.peer] == house.journal.settle(first, True)
    assert [created(b"H:1")] == client.heard()
    house.commit()
    assert [created(b"H:2")] == client.heard()


def test_a_run_of_jobs_is_one_gate(house: House, client: Gated, worker: Gated) -> None:
    packets = request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * 20
    house.engine.run(client.peer, packets)
    assert [] == client.heard()
    assert 1 == len(client.peer.outbox)
    assert 20 == delayed(house)
    house.commit()
    assert [created(b"H:%d" % number) for number in range(1, 21)] == client.heard()
    assert 20 == len(house.stored())
    assert 0 == delayed(house)
    assert b"w" == worker.grab()


def test_a_run_of_foreground_jobs_waits_for_nothing(house: House, client: Gated) -> None:
    house.engine.run(client.peer, request(P.SUBMIT_JOB, b"f", b"", b"w") * 20)
    assert 20 == len(client.heard())


def test_a_gate_is_as_long_as_what_waits_with_it(house: House, client: Gated) -> None:
    client.say(P.SUBMIT_JOB_BG, b"f", b"", bytes(1000))
    (gate,) = client.peer.outbox
    assert len(gate) > 1000
    house.commit()
    assert len(gate) == 12 + len(b"H:1")


def test_sleepers_are_woken_when_the_job_is_stored(house: House, client: Gated, worker: Gated) -> None:
    worker.sleep()
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    assert [] == worker.heard()
    house.commit()
    assert [NOOP] == worker.heard()


@pytest.mark.parametrize("due", [b"1500", b"900"])
def test_a_job_that_is_due_later_is_given_out_then(
    house: House, client: Gated, worker: Gated, due: bytes
) -> None:
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", due, b"w")
    house.commit()
    assert [created(b"H:1")] == client.heard()
    assert (b"no job" if due == b"1500" else b"w") == worker.grab()
    house.engine.tick(550.0, 1500.0)
    assert (b"w" if due == b"1500" else b"no job") == worker.grab()


def test_a_queue_that_is_full_counts_what_is_not_stored_yet(house: House, client: Gated) -> None:
    house.engine.registry.limit(b"f", (0, 1, 0))
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"1")
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"2")
    house.commit()
    assert [created(b"H:1"), error(Refusal.FULL)] == client.heard()


# -- identical jobs ------------------------------------------------------------------------


def test_who_meets_a_job_that_is_not_stored_yet_waits_too(house: House, client: Gated) -> None:
    other = Gated(house.engine)
    client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    assert [] == other.say(P.SUBMIT_JOB, b"f", b"u", b"w")
    house.commit()
    assert [created(b"H:1")] == client.heard() == other.heard()
    assert [created(b"H:1")] == other.say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    assert [b"w"] == house.stored()


def test_a_foreground_job_that_is_wanted_in_the_background_is_stored(
    house: House, client: Gated, worker: Gated
) -> None:
    other = Gated(house.engine)
    other.say(P.SUBMIT_JOB, b"f", b"u", b"w")
    assert [] == client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    other.leave()
    house.commit()
    assert [created(b"H:1")] == client.heard()
    house.start()
    assert b"w" == Gated(house.engine).can_do(b"f").grab()


def test_it_may_run_and_end_meanwhile(house: House, client: Gated, worker: Gated) -> None:
    other = Gated(house.engine)
    handle = other.submit(b"w", unique=b"u")
    client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    batch = house.journal.take()
    assert handle == worker.take()
    worker.say(P.WORK_COMPLETE, handle, b"done")
    assert [completed(handle, b"done")] == other.heard()
    house.store.commit(batch.changes)
    house.journal.settle(batch, True)
    assert [created(handle)] == client.heard()
    house.commit()
    assert [] == house.stored()


# -- ends ------------------------------------------------------------------------------------


def test_what_is_over_is_removed(house: House, client: Gated, worker: Gated) -> None:
    for number in (b"1", b"2", b"3"):
        client.say(P.SUBMIT_JOB_BG, b"f", b"", number)
    house.commit()
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    worker.say(P.WORK_FAIL, worker.take())
    house.commit()
    assert [b"3"] == house.stored()


def test_few_are_removed_at_once(house: House) -> None:
    ended = [*range(ENDED_MOST + 3)]
    house.journal.batch.changes.ended += ended
    assert ended[:ENDED_MOST] == house.journal.take().changes.ended
    assert ended[ENDED_MOST:] == house.journal.take().changes.ended


def test_a_job_can_be_cancelled_before_it_is_stored(house: House, client: Gated, worker: Gated) -> None:
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"9999", b"later")
    house.engine.registry.purge(house.engine.registry.queues[b"f"])
    assert 0 == delayed(house)
    house.commit()
    assert [created(b"H:1"), created(b"H:2")] == client.heard()
    assert b"no job" == worker.grab()
    assert [] == house.stored()


def test_a_running_job_that_is_cancelled_is_removed(house: House, client: Gated, worker: Gated) -> None:
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    house.commit()
    handle = worker.take()
    job = house.engine.registry.jobs.get(handle)
    assert job is not None
    house.engine.registry.cancel(job)
    house.commit()
    assert [] == house.stored()
    worker.say(P.WORK_COMPLETE, handle, b"")
    assert not house.journal.batch.changes


def test_a_lost_worker_is_counted(house: House, client: Gated, worker: Gated) -> None:
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    house.commit()
    worker.take()
    worker.leave()
    house.commit()
    (stored,) = house.store.load()
    assert 1 == stored.losses


def test_a_lost_worker_of_a_foreground_job_is_not(house: House, client: Gated, worker: Gated) -> None:
    client.submit(b"w")
    worker.take()
    worker.leave()
    assert not house.journal.batch.changes


# -- failures ----------------------------------------------------------------------------------


def test_who_is_not_stored_is_told_so_and_not_queued(house: House, client: Gated, worker: Gated) -> None:
    other = Gated(house.engine)
    client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"1")
    client.say(P.ECHO_REQ, b"x")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"9999", b"2")
    other.say(P.SUBMIT_JOB, b"f", b"u", b"1")
    house.commit(stored=False)
    assert [error(Refusal.STORE), (P.ECHO_RES, [b"x"]), error(Refusal.STORE)] == client.heard()
    assert [error(Refusal.STORE)] == other.heard()
    assert 0 == len(house.engine.registry.jobs)
    assert 0 == delayed(house)
    assert not other.peer.listening
    assert b"no job" == worker.grab()
    assert not house.journal.batch.changes
    client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"1")
    house.commit()
    assert [created(b"H:3")] == client.heard()


def test_a_job_that_had_listeners_goes_on_for_them(house: House, client: Gated, worker: Gated) -> None:
    other = Gated(house.engine)
    handle = other.submit(b"w", unique=b"u")
    client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    house.commit(stored=False)
    assert [error(Refusal.STORE)] == client.heard()
    worker.say(P.WORK_FAIL, worker.take())
    assert [failed(handle)] == other.heard()
    assert not house.journal.batch.changes


def test_one_whose_listener_has_left_goes_too(house: House, client: Gated, worker: Gated) -> None:
    other = Gated(house.engine)
    other.submit(b"w", unique=b"u")
    client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    other.leave()
    house.commit(stored=False)
    assert b"no job" == worker.grab()
    assert 0 == len(house.engine.registry.jobs)


def test_what_is_over_is_noted_again(house: House, client: Gated, worker: Gated) -> None:
    for number in (b"1", b"2"):
        client.say(P.SUBMIT_JOB_BG, b"f", b"", number)
    house.commit()
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    worker.take()
    worker.leave()
    house.commit(stored=False)
    assert [b"1", b"2"] == house.stored()
    house.commit()
    (stored,) = house.store.load()
    assert (b"2", 1) == (stored.workload, stored.losses)


# -- a restart -----------------------------------------------------------------------------------


def test_everything_is_as_it_was(house: House) -> None:
    house.disk.jobs = {
        stored.number: stored
        for stored in (
            job(1, priority=2),
            job(2, unique=b"u"),
            job(3, priority=0, reducer=b"r", losses=2, submitted=900.0),
            job(4, due=2000.0),
            job(5, unique=b"-", due=10.0),
            job(6, unique=b"-", workload=b""),
        )
    }
    house.disk.prefix = b"H:old-"
    house.start()
    registry = house.engine.registry
    third = registry.jobs.get(b"H:old-3")
    assert third is not None
    assert 1 == registry.queues[b"f"].delayed
    assert -50.0 == third.submitted  # a hundred seconds before now
    client, worker = Gated(house.engine), Gated(house.engine).can_do(b"f")
    assert [created(b"H:old-2")] == client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    assert [created(b"H:old-5")] == client.say(P.SUBMIT_JOB_BG, b"f", b"-", b"workload 5")
    ((type_, fields),) = worker.say(P.GRAB_JOB_ALL)
    assert (P.JOB_ASSIGN_ALL, [b"H:old-3", b"f", b"", b"r", b"workload 3"]) == (type_, fields)
    assert 3 == third.attempt
    assert [b"workload 2", b"workload 5", b"", b"workload 1", b"no job"] == [worker.grab() for _ in range(5)]
    house.engine.tick(1050.0, 2000.0)
    assert b"workload 4" == worker.grab()


def test_a_new_job_has_a_new_number(house: House, client: Gated) -> None:
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    house.commit()
    house.start()
    other = Gated(house.engine)
    other.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    house.commit()
    assert [created(b"H:%d" % (1 + RESERVED))] == other.heard(), "numbers that were set aside are not given"


def test_fields_of_a_stored_job(house: House, client: Gated) -> None:
    client.say(P.SUBMIT_REDUCE_JOB_BACKGROUND, b"f", b"u", b"r", b"", b"w")
    client.say(P.SUBMIT_JOB_HIGH_BG, b"g", b"", b"")
    assert [
        StoredJob(1, b"f", b"u", b"w", 1, 1000.0, None, 0, b"r"),
        StoredJob(2, b"g", b"", b"", 0, 1000.0),
    ] == house.journal.batch.changes.added


def test_what_is_restored_counts_as_held() -> None:
    registry = Registry(b"H:")
    before = registry.weight
    stored = StoredJob(1, b"f" * 600, b"", b"w" * 1000, 1, 0.0, None, 0, b"")
    assert 1 == restore(registry, [stored])
    assert registry.weight - before > 1600

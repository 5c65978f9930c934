"""`gear store`, and `gear serve --store`, from outside."""

from __future__ import annotations

import json
import re
import resource
import signal
import socket
import sqlite3
import sys
import threading
import time
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.server.sqlite import SqliteStore
from tests.cli.driving import at, run_gear
from tests.server.stores import changes, job
from tests.support import ServerProcess, Wire, gear_serve, gearmand, needs_peers, wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.db"


def filled(path: Path) -> None:
    store = SqliteStore(str(path))
    store.prefix(b"H:one-")
    store.begin()
    store.commit(
        changes(
            job(1, unique=b"u", priority=0),
            job(2, workload=b"\xff\0", due=4e9),
            job(3, function=b"\xff"),
            job(4, unique=b"\xff", reducer=b"r"),
        )
    )
    store.close()


def test_a_restart_keeps_background_jobs(path: Path) -> None:
    with gear_serve("--store", str(path)) as server:
        said = server.said()
        handles = run_gear("submit", *at(server.port), "-b", "f", "one", "two").out.split()
        run_gear("submit", *at(server.port), "-b", "-p", "high", "f", "three")
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
        assert "3 jobs never begun, kept in the store" in server.said()
    assert "in memory only" not in said
    with gear_serve("--store", str(path)) as server, server.wire() as wire:
        assert "3 of them from before" in server.said()
        assert b"f\t3\t0\t0\n" in wire.rows(b"status")
        assert 2 == len(handles)


def test_handles_begin_as_they_did_and_no_number_is_given_again(path: Path) -> None:
    """Also to foreground jobs, which no store knows, and after a kill."""
    numbers, prefixes = list[int](), set[bytes]()
    for prefix, end in ((b"H:one", signal.SIGTERM), (b"H:two", signal.SIGKILL), (b"H:two", signal.SIGTERM)):
        with gear_serve("--store", str(path), "--job-handle-prefix", prefix.decode()) as server:
            assert (prefix == b"H:two") == ("as they always have in this store" in server.said())
            with server.wire() as wire:
                for type_ in (P.SUBMIT_JOB_BG, P.SUBMIT_JOB):
                    _, (handle,) = wire.ask(type_, b"f", b"", b"x")
                    before, _, number = handle.rpartition(b"-")
                    prefixes.add(before)
                    numbers.append(int(number))
            server.signal(end)
            server.exit_status()
    (begin,) = prefixes
    assert begin.startswith(b"H:one:")
    assert [1, 2, 3, 4] == numbers[:4], "after an end in peace nothing is left out"
    assert sorted(set(numbers)) == numbers


def test_a_server_that_uses_it_is_respected(path: Path) -> None:
    with gear_serve("--store", str(path)):
        for action in ("check", "export", "compact"):
            result = run_gear("store", action, str(path))
            assert 75 == result.status
            assert "in use by another gear process" in result.err
        assert 75 == run_gear("serve", "-p", "0", "--store", str(path)).status


def test_a_damaged_store_is_not_served(path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DELETE FROM job WHERE number = 2")
    connection.close()
    result = run_gear("serve", "-p", "0", "--store", str(path))
    assert 66 == result.status
    assert "'gear store check'" in result.err
    assert "listening" not in result.err


def test_export_can_be_submitted(path: Path) -> None:
    filled(path)
    result = run_gear("store", "export", str(path))
    assert 1 == result.status
    assert [
        {"function": "f", "workload": "workload 1", "unique": "u", "priority": "high", "background": True},
        {"function": "f", "workload_base64": "/wA=", "at": 4e9, "background": True},
        {"function": "f", "workload": "workload 4", "background": True},
    ] == [json.loads(line) for line in result.out.splitlines()]
    assert "H:one-3: left out: its function is no text" in result.err
    with gear_serve() as server:
        again = run_gear("submit", *at(server.port), "f", "--jsonl", stdin=result.out)
        assert 0 == again.status
        assert 3 == len(again.out.splitlines())


def test_check_counts(path: Path) -> None:
    filled(path)
    result = run_gear("store", "check", str(path))
    assert (0, b"f\t3\t1\t0\n%FF\t1\t0\t0\n") == result[:2]
    assert "no damage, 4 jobs" in result.err


def test_dead_jobs_are_told_apart(path: Path) -> None:
    store = SqliteStore(str(path))
    store.prefix(b"H:one-")
    store.begin()
    store.commit(
        changes(
            job(1), job(2, died=1.0, reason="why", due=4e9), job(3, function=b"kill", died=1.0, reason="")
        )
    )
    store.close()
    result = run_gear("store", "check", str(path))
    assert (0, b"f\t1\t0\t1\nkill\t0\t0\t1\n") == result[:2]
    assert "no damage, 1 job, 2 dead jobs\n" in result.err
    result = run_gear("store", "export", str(path))
    assert 1 == result.status
    assert ["workload 1"] == [json.loads(line)["workload"] for line in result.out.splitlines()]
    assert "left out: 2 dead jobs; 'gear retry' queues them on a server" in result.err
    with gear_serve("--store", str(path)) as server:
        assert (
            "1 of them from before; dead ones besides, which 'gear jobs --dead' shows: 2\n" in server.said()
        )


def test_check_saves_what_is_left(path: Path, tmp_path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE job SET workload = x'00' WHERE number = 1")
    connection.close()
    new = tmp_path / "new.db"
    result = run_gear("store", "check", str(path), "--salvage", str(new))
    assert 1 == result.status
    assert "3 jobs can be read; lost: 1" in result.err
    assert "ends in -1, which has changed" in result.err
    assert 0 == run_gear("store", "check", str(new)).status
    assert 74 == run_gear("store", "check", str(path), "--salvage", str(new)).status


def test_compact(path: Path) -> None:
    filled(path)
    assert "bytes before" in run_gear("store", "compact", str(path)).err


def test_a_missing_file(path: Path) -> None:
    for action in ("check", "export", "compact"):
        assert 66 == run_gear("store", action, str(path)).status
    assert 66 == run_gear("store", "import", str(path), str(path) + "x").status
    assert not path.exists()


def test_a_file_of_somebody_else_is_left_as_it_is(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE gearman_queue (x)")
    connection.close()
    before = path.read_bytes()
    for action in ("check", "export", "compact"):
        result = run_gear("store", action, str(path))
        assert 66 == result.status
        assert "is no store of gear; 'gear store import' reads" in result.err
    result = run_gear("serve", "-p", "0", "--store", str(path))
    assert 66 == result.status
    assert "is no store of gear" in result.err
    assert before == path.read_bytes()
    assert [path] == list(path.parent.iterdir())


def test_a_text_is_no_store_whoever_is_given_it(path: Path, tmp_path: Path) -> None:
    path.write_text("a list of things to do\n")
    queue = tmp_path / "queue.db"
    connection = sqlite3.connect(queue)
    columns = "unique_key, function_name, priority, data, when_to_run"
    connection.execute(f"CREATE TABLE gearman_queue ({columns})")
    connection.close()
    for words in (
        ["store", "check", str(path)],
        ["store", "check", str(path), "--salvage", str(tmp_path / "new.db")],
        ["store", "export", str(path)],
        ["store", "compact", str(path)],
        ["store", "import", str(path), str(queue)],
        ["serve", "-p", "0", "--store", str(path)],
    ):
        said = f"gear: {path} is no store of gear; it is no database of SQLite\n"
        assert (66, b"", said) == run_gear(*words)
    assert "a list of things to do\n" == path.read_text()


def test_an_empty_file_is_no_store(path: Path) -> None:
    path.touch()
    result = run_gear("store", "check", str(path))
    assert 66 == result.status
    assert "is empty" in result.err
    assert b"" == path.read_bytes()


@needs_peers
def test_import_from_the_real_gearmand(path: Path, tmp_path: Path) -> None:
    queue = tmp_path / "queue.db"
    with gearmand("-q", "libsqlite3", f"--libsqlite3-db={queue}") as server:
        assert 0 == run_gear("submit", *at(server.port), "-b", "f", "one", "two").status
        assert 0 == run_gear("submit", *at(server.port), "-b", "-p", "low", "-u", "key", "g", "three").status
    for count in (3, 0):
        result = run_gear("store", "import", str(path), str(queue))
        assert (0, f"gear: {count} jobs imported into {path}\n") == (result.status, result.err)
    lines = [json.loads(line) for line in run_gear("store", "export", str(path)).out.splitlines()]
    assert [("f", "one"), ("f", "two"), ("g", "three")] == [(e["function"], e["workload"]) for e in lines]
    assert ("key", "low") == (lines[2]["unique"], lines[2]["priority"])


# -- while others suffer ------------------------------------------------------------------


def test_a_locked_file_delays_nobody_else(path: Path) -> None:
    """Pings during a lock; who submits is answered after it."""
    with gear_serve("--store", str(path)) as server, server.wire() as pinger, server.wire() as client:
        lock = sqlite3.connect(path, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
        rounds = []
        for _ in range(40):
            begin = time.monotonic()
            assert pinger.works()
            rounds.append(time.monotonic() - begin)
            threading.Event().wait(0.01)
        assert pinger.rows(b"status")[0].startswith(b"f\t1\t")
        lock.execute("ROLLBACK")
        assert P.JOB_CREATED == client.packet()[0]
        lock.close()
    assert sorted(rounds)[len(rounds) // 2] < 1.0


def test_a_full_disk_refuses_and_recovers(path: Path) -> None:
    """A limit of file sizes plays the disk: it fills, is emptied and fills again."""
    with gear_serve("--store", str(path)) as server, server.wire() as client, server.wire() as worker:
        worker.say(P.CAN_DO, b"f")
        waiting, done = set[bytes](), list[bytes]()
        for cycle in range(3):
            size = max(each.stat().st_size for each in path.parent.iterdir()) + 400_000
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            answers = {P.JOB_CREATED: 0, P.ERROR: 0}
            while answers[P.ERROR] < 5:
                workload = b"%d-%d " % (cycle, sum(answers.values()))
                type_, _ = client.ask(P.SUBMIT_JOB_BG, b"f", b"", workload + bytes(20_000))
                answers[type_] += 1
                if type_ is P.JOB_CREATED:
                    waiting.add(workload)
            for _ in range(3):  # draining goes on
                done.append(work(worker))
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            assert P.JOB_CREATED == client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"after ")[0]
            waiting.add(b"after ")
            while len(done) < len(waiting):
                done.append(work(worker))
            waiting.discard(b"after ")
            done.remove(b"after ")
        assert sorted(waiting) == sorted(done)
        wait_until(lambda: (P.NO_JOB, []) == worker.ask(P.GRAB_JOB))
        assert "new background jobs are refused" in server.said()
        assert "background jobs are stored again" in server.said()
    with gear_serve("--store", str(path)) as server:
        assert ", 0 of them from before" in server.said()


@pytest.mark.parametrize("limit", [200 << 10, 3 << 20], ids=["small", "big"])
def test_a_disk_that_stays_full_takes_jobs_again_when_some_are_done(path: Path, limit: int) -> None:
    """Nobody makes room but the workers; what they have done is not done again."""
    with gear_serve("--store", str(path)) as server, server.wire() as client, server.wire() as worker:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        worker.say(P.CAN_DO, b"f")
        workload, kept = bytes(limit // 50), list[int]()
        for _ in range(3):
            stored = 0
            while client.ask(P.SUBMIT_JOB_BG, b"f", b"", workload)[0] is P.JOB_CREATED:
                stored += 1
            for _ in range(stored):
                work(worker)
            assert (P.NO_JOB, []) == worker.ask(P.GRAB_JOB)
            wait_until(lambda: client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"after")[0] is P.JOB_CREATED)
            work(worker)
            kept.append(stored)
        assert min(kept) >= kept[0] - 2 > 20, "no room is lost on the way"
        assert P.JOB_CREATED == client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"last")[0]
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
    assert b"f\t1\t0\t0\n" == run_gear("store", "check", str(path)).out


def work(worker: Wire) -> bytes:
    """Do a job; the first word of its workload."""
    _, fields = worker.ask(P.GRAB_JOB)
    worker.say(P.WORK_COMPLETE, fields[0], b"")
    return fields[2].partition(b" ")[0] + b" "


@pytest.mark.parametrize("ending", ["", "-wal"])
@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_a_file_that_is_removed_or_replaced_takes_no_jobs(path: Path, ending: str, replaced: bool) -> None:
    """Nothing is acknowledged that nobody will find; when the file is back all is well."""
    with gear_serve("--store", str(path)) as server, server.wire() as client:
        assert P.JOB_CREATED == client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"1")[0]
        file, aside = Path(f"{path}{ending}"), path.parent / "aside"
        file.rename(aside)
        if replaced:
            file.write_bytes(aside.read_bytes())
        assert P.ERROR == client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"2")[0]
        assert "was removed or replaced while in use" in server.said()
        assert "Put both back" in server.said()
        aside.rename(file)
        assert P.JOB_CREATED == client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"3")[0]
        file.unlink()
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
        assert "2 jobs never begun, now lost: the store's file was removed or replaced" in server.said()
        assert "kept in the store" not in server.said()


def test_many_who_hang_up_early_are_served_all_the_same(path: Path) -> None:
    with gear_serve("--store", str(path)) as server:
        for _ in range(20):
            with server.wire() as wire:
                wire.send(request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * 50)
                wire.socket.shutdown(socket.SHUT_WR)
                assert 50 == sum(wire.packet()[0] is P.JOB_CREATED for _ in range(50))
                assert wire.ends()
        with server.wire() as wire:
            assert [b"f\t1000\t0\t0\n"] == wire.rows(b"status")


def test_a_peer_with_much_on_its_way_is_read_again_later(path: Path) -> None:
    """More than the server takes before the first is stored."""
    with gear_serve("--store", str(path)) as server, server.wire() as wire:
        lock = sqlite3.connect(path, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        packets = request(P.SUBMIT_JOB_BG, b"f", b"", bytes(100_000)) * 60
        sender = threading.Thread(target=wire.send, args=(packets,))
        sender.start()
        with server.wire() as other:
            assert other.works()
        lock.execute("ROLLBACK")
        lock.close()
        assert 60 == sum(wire.packet()[0] is P.JOB_CREATED for _ in range(60))
        sender.join()
        assert wire.works()


def test_a_failed_fsync_ends_the_server(path: Path) -> None:
    """It is not tried again; who waited for an answer gets none, and the job may be there after a restart."""
    script = (
        "from gearcli.errors import StoreBroken; from gearcli.server.sqlite import SqliteStore\n"
        "def commit(self, changes): raise StoreBroken('cannot store jobs: a failed fsync')\n"
        "SqliteStore.commit = commit\n"
        "from gearcli.__main__ import main; main()"
    )
    server = ServerProcess([sys.executable, "-c", script, "serve", "-p", "0", "--store", str(path)])
    try:
        found = wait_until(lambda: re.search(r"listening on \S+:(\d+)", server.said()))
        server.port = int(found[1])
        with server.wire() as wire:
            wire.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
            assert wire.ends()
        assert 74 == server.exit_status()
        assert "gear: cannot store jobs: a failed fsync" in server.said()
        assert "Traceback" not in server.said()
    finally:
        server.end()

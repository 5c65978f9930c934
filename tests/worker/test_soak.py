"""Many jobs whose commands do what commands should not; at the end nothing is left over.

JOBS in the environment makes it longer: `JOBS=100000 pytest -n0 tests/worker/test_soak.py`.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, at, counts, exists, marked, parent
from tests.support import ServerProcess, Wire, gear_serve, gearmand, needs_peers, wait_until
from tests.worker.playing import ENDS

P = PacketType
JOBS = int(os.environ.get("JOBS", "2000"))
CLIENTS, SLOTS = 8, 3
BIG = 10 << 20

pytestmark = pytest.mark.timeout(600)


class Kind(NamedTuple):
    """What commands of a kind do: the script, how a job with a workload ends, how many of 100 jobs it is."""

    script: str
    end: Callable[[bytes], tuple[PacketType, bytes | None]]
    share: int
    more: str = ""
    """Other keys of its worker in the file."""


def completes(result: bytes) -> Callable[[bytes], tuple[PacketType, bytes | None]]:
    return lambda workload: (P.WORK_COMPLETE, result)


def fails(workload: bytes) -> tuple[PacketType, bytes | None]:
    return P.WORK_FAIL, None


def answers(workload: bytes) -> tuple[PacketType, bytes | None]:
    return P.WORK_COMPLETE, workload


def dies_of_threes(workload: bytes) -> tuple[PacketType, bytes | None]:
    return fails(workload) if int(workload) % 3 == 0 else answers(workload)


KINDS = {
    "succeeds": Kind("cat", answers, 31),
    "fails": Kind("cat >/dev/null; echo lost; echo why >&2; exit 3", fails, 10),
    "hangs": Kind("sleep 1000 & trap '' TERM; while :; do wait; done", fails, 3, 'timeout = "0.1s"'),
    "is-killed": Kind("echo lost; kill -9 $$", fails, 10),
    "closes-output": Kind("echo early; exec >&- 2>&- 3>&-; cat >/dev/null", completes(b"early\n"), 10),
    "ignores-input": Kind("echo done", completes(b"done\n"), 10),
    "writes-much": Kind(f"head -c {BIG} /dev/zero", completes(bytes(BIG)), 1),
    "writes-too-much": Kind("exec cat /dev/zero", fails, 2, 'max-output = "64K"'),
    "leaves-grandchildren": Kind("sleep 1000 & sleep 1000 >&- & echo done", completes(b"done\n"), 8),
    "stays-and-dies": Kind(
        "while read n; do [ $((n % 3)) = 0 ] && exit 1; printf '%s\\n' $n; done",
        dies_of_threes,
        10,
        "persistent = true",
    ),
    "tries-again": Kind("[ $GEARMAN_ATTEMPT = 2 ] && cat", answers, 5, "retries = 1\nretry-delay = 0"),
}


def written(folder: Path) -> Path:
    """A file with a worker of each kind."""
    path = folder / "workers.toml"
    common = f'[defaults]\nslots = {SLOTS}\nkill-after = "0.1s"\nbackoff = 0\nstderr = "warning"\n'
    for name, kind in KINDS.items():
        common += f"[worker.{name}]\ncommand = ['sh', '-c', '''{kind.script}''']\n{kind.more}\n"
    path.write_text(common)
    return path


def jobs() -> list[tuple[str, bytes]]:
    """The functions and workloads of all jobs, in an order that is the same in every run."""
    chance = random.Random(4730)
    shares = [kind.share for kind in KINDS.values()]
    names = chance.choices(list(KINDS), shares, k=JOBS)
    return [(name, b"%d" % chance.randrange(1000)) for name in names]


def answered(port: int, mine: list[tuple[str, bytes]]) -> list[str]:
    """Submit jobs as one client; all that was wrong with their answers, each of which has to come once."""
    wrong: list[str] = []
    with Wire(port) as client:
        for name, workload in mine:
            client.say(P.SUBMIT_JOB, name.encode(), b"", workload)
        created: list[bytes] = []
        ends: dict[bytes, tuple[PacketType, bytes | None]] = {}
        while len(ends) < len(mine):
            type_, (handle, *rest) = client.packet()
            if type_ is P.JOB_CREATED:
                created.append(handle)
            elif type_ in ENDS:
                if handle in ends:
                    wrong.append(f"{handle!r} ended twice")
                ends[handle] = type_, rest[0] if rest and type_ is P.WORK_COMPLETE else None
        for handle, (name, workload) in zip(created, mine, strict=True):
            if ends[handle] != KINDS[name].end(workload):
                wrong.append(f"{name} {workload!r} ended with {ends[handle][0].name}")
        if (found := client.ask(P.ECHO_REQ, b"the end")) != (P.ECHO_RES, [b"the end"]):
            wrong.append(f"{found[0].name} after all had ended")
    return wrong


def children(pid: int) -> list[int]:
    """The processes that a process has started, also those that wait to be reaped."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and folder.exists():
            try:
                found += [int(folder.name)] if parent(int(folder.name)) == pid else []
            except OSError:  # it has just ended
                continue
    return found


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.fixture(params=["gear serve", pytest.param("gearmand", marks=needs_peers)])
def job_server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Each server that a worker has to work with, of its own: all its jobs are this test's."""
    started: AbstractContextManager[ServerProcess] = (
        gear_serve() if request.param == "gear serve" else gearmand()
    )
    with started as server:
        yield server


def test_nothing_is_left_of_thousands_of_jobs(job_server: ServerProcess, tmp_path: Path) -> None:
    port, work = job_server.port, jobs()
    with Gear("worker", *at(port), "--config", str(written(tmp_path)), "-q") as worker:
        wait_until(lambda: all(counts(port, name)[2] == SLOTS for name in KINDS))
        wait_until(lambda: len(children(worker.pid)) == SLOTS + 1)  # commands that stay, and the guardian
        before = descriptors(worker.pid)
        with ThreadPoolExecutor(CLIENTS) as clients:
            parts = [work[number::CLIENTS] for number in range(CLIENTS)]
            wrong = [
                words for part in clients.map(lambda part: answered(port, part), parts) for words in part
            ]
        assert [] == wrong
        assert [] == [name for name in KINDS if counts(port, name) != (0, 0, SLOTS)]
        wait_until(lambda: len(children(worker.pid)) <= SLOTS + 1)
        wait_until(lambda: descriptors(worker.pid) <= before)
        left = set(marked(f"GEAR_GUARD={worker.pid}-"))
        assert left == set(children(worker.pid)) & left  # only commands that stay, no grandchild
        worker.signal(signal.SIGTERM)
        assert 0 == worker.result().status
        assert [] == [pid for pid in left if exists(pid)]
        assert [] == marked(f"GEAR_GUARD={worker.pid}-")


def test_all_kinds_are_among_the_jobs() -> None:
    found = Counter(name for name, _ in jobs())
    assert KINDS.keys() == found.keys()
    assert JOBS == found.total()

"""The page of one function."""

from __future__ import annotations

import pytest

from gearcli.cli import keys
from gearcli.cli.top_choices import Choices, Page
from gearcli.client.documents import ClientState, Holder, JobList, JobState
from gearcli.client.inside import Inside
from gearcli.protocol.text import ConnectionRow, JobRow
from tests.cli.watching import HERE, HOSTILE, THERE, drawn, function, scene, watching


def job(name: bytes, *, worker: Holder | None = None, progress: tuple[int, int] = (0, 0)) -> JobState:
    state = "running" if worker else "waiting"
    return JobState(name, b"f", b"", state, "normal", True, 75.0, 2048, 1, 0, worker, *progress, None, None)


def client(name: bytes, *, running: int = 0, asleep: bool = False) -> ClientState:
    return ClientState(7, "127.0.0.1:5555", name, (b"f", b"g"), asleep, (b"H",) * running, 0, False)


def opened() -> Choices:
    choices = Choices()
    choices.page, choices.selected = Page.INSIDE, b"f"
    return choices


WATCH = watching([function("f", 5, 1, 2)], [function("f", 4, 1, 2)])


def test_jobs_and_workers_of_a_gear_server() -> None:
    jobs = [job(b"H:x:1", worker=Holder(7, "127.0.0.1:5555", b"me"), progress=(3, 10)), job(b"H:x:2")]
    inside = Inside(
        b"f", JobList(jobs, 12), [client(b"me", running=1), client(b"you", asleep=True), client(b"-")]
    )
    rows = drawn(scene(WATCH, opened(), insides={0: inside}))
    assert "f: 4 queued, 1 running, 2 workers, in 0/s, out 1.0/s" == rows[1]
    assert [
        "HANDLE STATE PRIORITY AGE TRY SIZE PROGRESS WORKER",
        "H:x:1 running normal 1m15s 1 2.0K 3/10 me",
        "H:x:2 waiting normal 1m15s 1 2.0K",
        "12 more jobs",
        "",
        "CLIENT ID ADDRESS STATE FUNCTIONS",
        "me 127.0.0.1:5555 runs 1 2",
        "you 127.0.0.1:5555 asleep 2",
        "- 127.0.0.1:5555 idle 2",
    ] == [" ".join(row.split()) for row in rows[2:11]]
    assert rows[-1].endswith("1-9 of 9")


def test_what_gearmand_does_not_tell_is_said() -> None:
    workers = [ConnectionRow(7, b"127.0.0.1", b"me", (b"f",))]
    inside = Inside(b"f", [JobRow(b"H:x:1", 0, True, True)], list(workers))
    rows = drawn(scene(WATCH, opened(), insides={0: inside}))
    assert ["H:x:1", "unwanted"] == rows[3].split()
    assert "this server does not tell the functions of jobs: all are here" == rows[4]
    assert ["me", "127.0.0.1", "1"] == rows[7].split()
    rows = drawn(scene(WATCH, opened(), insides={0: inside._replace(jobs=None)}))
    assert "too many jobs to list: this server can only tell all at once" == rows[2]


def test_of_several_servers_each_row_tells_its_own() -> None:
    watch = watching([function("f", 5, 1, 2)], servers=[HERE, THERE])
    insides = {
        1: Inside(b"f", JobList([job(b"H:x:2")], 1), [client(b"b")]),
        0: Inside(b"f", JobList([job(b"H:x:1")], 0), [client(b"a")]),
    }
    rows = drawn(scene(watch, opened(), insides=insides), 120)
    assert ["here:4730", "there:4731"] == [row.split()[0] for row in rows[3:5]]
    assert "there:4731: 1 more jobs" == rows[5]


def test_before_servers_have_answered_and_where_there_is_nothing() -> None:
    assert "asking for its jobs and workers…" == drawn(scene(WATCH, opened()))[2]
    other = Inside(b"other", JobList([], 0), [])
    assert "asking for its jobs and workers…" == drawn(scene(WATCH, opened(), insides={0: other}))[2]
    nothing = Inside(b"f", JobList([], 0), [])
    assert ["no jobs", "", "no workers"] == drawn(scene(WATCH, opened(), insides={0: nothing}))[2:5]
    assert "f: no server has it any more" == drawn(scene(watching([]), opened()))[1]


def test_only_lines_on_the_screen_are_made_of_ten_thousand() -> None:
    workers = [client(f"w{number}".encode()) for number in range(10_000)]
    choices, inside = opened(), Inside(b"f", JobList([], 0), list(workers))
    seen = scene(WATCH, choices, insides={0: inside})
    assert drawn(seen)[-1].endswith("1-21 of 10003")
    choices.press(keys.END, WATCH, 20)
    rows = drawn(seen)
    assert ["w9999", "127.0.0.1:5555"] == rows[22].split()[:2]
    assert rows[-1].endswith("9983-10003 of 10003")
    choices.press(keys.UP, WATCH, 20)
    assert "w9998" == drawn(seen)[22].split()[0]


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", [1, 7, 20, 40, 79, 80, 120, 200])
def test_every_size_and_hostile_names(width: int, ascii_only: bool) -> None:
    """`drawn` checks that only printable text within the width is drawn."""
    for name in HOSTILE:
        inside = Inside(
            b"f",
            JobList([job(name, worker=Holder(1, "127.0.0.1:1", name))], 1),
            [client(name), ConnectionRow(1, name, name, (b"f",))],
        )
        choices = opened()
        choices.selected = b"f"
        for height in (1, 3, 9, 24):
            rows = drawn(scene(WATCH, choices, insides={0: inside}, ascii_only=ascii_only), width, height)
            assert height == len(rows)

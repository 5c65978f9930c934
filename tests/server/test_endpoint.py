"""What a real server shows over HTTP while it works: to Prometheus, to a browser, to rude visitors."""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gearcli.client.admin import Admin
from gearcli.client.exposition import metrics as told_of_any_server
from gearcli.client.snapshot import snapshot
from gearcli.client.survey import Answer
from gearcli.escape import shown
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.server.counters import FUNCTIONS, OTHER
from gearcli.server.dashboard import SHOWN
from gearcli.server.endpoint import Endpoint, Gradual
from gearcli.server.engine import Engine
from gearcli.server.listener import listen
from gearcli.server.log import Log
from gearcli.server.loop import Server
from gearcli.server.operator import Operator
from gearcli.timers import Timers
from tests.support import CHROMIUM, DEADLINE, ServerProcess, gear_serve, needs_browser, wait_until


class Watched:
    """A server that is shown, and the port where."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        found = re.search(r"metrics at http://127\.0\.0\.1:(\d+)/metrics", server.said())
        assert found
        self.port = int(found[1])

    def get(self, path: str) -> tuple[int, dict[str, str], str]:
        """The status, the head and the text of a page."""
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        ) as http_:
            http_.request("GET", path)
            answer = http_.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def text(self, path: str) -> str:
        status, _, text = self.get(path)
        assert 200 == status
        return text

    def figures(self) -> dict[tuple[str, ...], float]:
        """Every figure by its name and its labels' values."""
        return read(self.text("/metrics"))


def read(text: str) -> dict[tuple[str, ...], float]:
    """Every figure of a text, as Prometheus reads it."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {(sample.name, *sample.labels.values()): sample.value for sample in samples}
    assert len(found) == len(samples), "a figure twice"
    return found


@contextlib.contextmanager
def watched(*options: str) -> Iterator[Watched]:
    with gear_serve("--metrics", "0", *options) as server:
        yield Watched(server)


@pytest.fixture(scope="module")
def house() -> Iterator[Watched]:
    """A server for all tests that do not end it."""
    with watched() as house:
        yield house


# -- Prometheus ------------------------------------------------------------------------------


def test_a_job_is_seen_from_its_beginning_to_its_end(house: Watched) -> None:
    with house.server.wire() as client, house.server.wire() as worker:
        worker.say(P.CAN_DO, b"seen")
        _, (handle,) = client.ask(P.SUBMIT_JOB, b"seen", b"", b"w")
        assert 1 == house.figures()["gearman_jobs_waiting", "seen"]
        worker.ask(P.GRAB_JOB)
        assert (0, 1) == tuple(
            house.figures()[f"gearman_jobs_{state}", "seen"] for state in ("waiting", "running")
        )
        worker.say(P.WORK_COMPLETE, handle, b"r")
        assert P.WORK_COMPLETE == client.packet()[0]
        found = house.figures()
        assert {
            ("gearman_up",): 1,
            ("gearman_jobs", "seen"): 0,
            ("gear_server_jobs_total", "seen", "completed"): 1,
            ("gear_server_job_running_seconds_count", "seen"): 1,
            ("gear_server_connections",): 2,
        }.items() <= found.items()
        assert found["process_resident_memory_bytes",] > 1 << 20


def test_it_tells_of_functions_what_is_told_of_any_server(house: Watched) -> None:
    """The names of gearman-exporter, and ours: a dashboard for the one endpoint works with the other."""
    with house.server.wire() as client, house.server.wire() as worker:
        for type_ in (P.SUBMIT_JOB_HIGH_BG, P.SUBMIT_JOB_LOW_BG):
            client.ask(type_, b"told", b"", b"w")
        client.ask(P.SUBMIT_JOB_EPOCH, b"told", b"", b"%d" % (time.time() + 1000), b"w")
        worker.say(P.CAN_DO, b"told")
        assert worker.works()
        worker.line(b"pause told")
        address = Address("127.0.0.1", house.server.port)
        with Admin(address) as admin:
            elsewhere = told_of_any_server([Answer(address, snapshot(admin), None, 0.0)])
        here = house.text("/metrics").splitlines()
        volatile = re.compile("gear_jobs_oldest_seconds{")
        assert 30 < len(elsewhere.splitlines())
        missing = [line for line in elsewhere.splitlines() if line not in here and not volatile.match(line)]
        assert [] == missing


def test_hostile_names_forge_nothing() -> None:
    names = [bytes((number % 256, 10, 34, 92, 125)) + b"<b>%d\x1b[31m" % number for number in range(5000)]
    with watched() as house, house.server.wire() as client:
        client.send(
            b"".join(request(P.SUBMIT_JOB_BG, name.replace(b"\0", b"?"), b"", b"w") for name in names)
        )
        for _ in names:
            client.packet()
        text = house.text("/metrics")
        assert text.replace("\n", "").isprintable()
        found = read(re.sub(r"(?m)^\w+_bucket.*\n", "", text))  # the parser is slow, and there are many
        assert 5000 - FUNCTIONS == found["gearman_jobs_waiting", OTHER]
        assert 1 == found["gear_server_jobs_submitted_total", shown(names[7])]
        assert FUNCTIONS + 1 == sum(name == "gearman_jobs" for name, *_ in found)
        page = house.text("/")
        assert page.replace("\n", "").isprintable()
        assert "<b>" not in page
        assert SHOWN == page.count('<th scope="row">')


# -- health, and the end -------------------------------------------------------------------------


def test_it_is_healthy_until_it_stops_and_shown_until_it_has_ended() -> None:
    with watched("--grace", "1h") as house, house.server.wire() as client, house.server.wire() as worker:
        assert (200, "ok\n") == house.get("/healthz")[::2]
        worker.say(P.CAN_DO, b"f")
        client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"w")
        _, (handle, *_) = worker.ask(P.GRAB_JOB)
        house.server.signal(signal.SIGTERM)
        wait_until(lambda: house.get("/healthz")[::2] == (503, "stopping\n"))
        assert 1 == house.figures()["gear_server_stopping",]
        assert ">Stopping</p>" in house.text("/")
        worker.say(P.WORK_COMPLETE, handle, b"r")
        assert 0 == house.server.exit_status()


def test_every_page_forbids_what_it_does_not_need(house: Watched) -> None:
    for path in ("/", "/metrics", "/healthz"):
        _, head, _ = house.get(path)
        assert {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }.items() <= head.items()
    assert "default-src 'none'" in house.get("/")[1]["Content-Security-Policy"]
    assert 404 == house.get("/favicon.ico")[0]


def test_rude_visitors_hold_up_nobody(house: Watched) -> None:
    rude = [socket.create_connection(("127.0.0.1", house.port), DEADLINE) for _ in range(80)]
    try:
        for number, visitor in enumerate(rude[:60]):
            visitor.sendall((b"GET / HT", b"GET /metrics HTTP/1.1\r\n\r\n", b"\0REQ" * 100)[number % 3])
        with house.server.wire() as client:
            assert client.works()
    finally:
        for visitor in rude:
            visitor.close()
    assert 200 == house.get("/healthz")[0]


# -- pages that take long ----------------------------------------------------------------------------


def no_fault(fault: object) -> None:
    """Where none is expected."""
    pytest.fail(f"there was one: {fault}")


def test_a_page_that_takes_long_is_made_piece_by_piece() -> None:
    timers, heard, made = Timers(), list[object](), list[int]()
    seconds = count()

    def slow() -> Iterator[str]:
        for number in range(3):
            made.append(number)
            yield str(number)

    def ready() -> None:
        heard.append(page())

    page = Gradual(slow, timers, ready, no_fault, clock=lambda: float(next(seconds)))
    assert (None, [0]) == (page(), made)
    assert (None, [0]) == (page(), made), "who comes later waits for the same"
    while timers.due < float("inf"):
        assert [] == heard
        for call in timers.pop_due(timers.due):
            call()
    assert ([(200, "012")], [0, 1, 2]) == (heard, made)
    assert None is page(), "the next begins anew"


def test_a_page_that_takes_short_is_made_at_once() -> None:
    timers = Timers()
    page = Gradual(lambda: iter(("a", "b")), timers, lambda: None, no_fault, clock=lambda: 1.0)
    assert [(200, "ab"), (200, "ab")] == [page(), page()]
    assert float("inf") == timers.due


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_page_that_cannot_be_made_ends_nothing(at: int) -> None:
    """Whether it fails before its first piece, at once, or in a later turn."""
    timers, faults, heard = Timers(), list[str](), list[object]()
    seconds = count()

    def broken() -> Iterator[str]:
        for number in range(at):
            yield str(number)
        raise LookupError("unknown encoding: ascii")

    def begin() -> Iterator[str]:
        if not at:
            raise LookupError("unknown encoding: ascii")
        return broken()

    page = Gradual(
        begin,
        timers,
        lambda: heard.append(page()),
        lambda fault: faults.append(repr(fault)),
        clock=lambda: float(next(seconds)),
    )
    heard.append(page())
    while timers.due < float("inf"):
        for call in timers.pop_due(timers.due):
            call()
    assert (500, "this page cannot be made; the server's log says why\n") == heard[-1]
    assert ["LookupError('unknown encoding: ascii')"] == faults
    page._make = lambda: iter(())
    assert (200, "") == page(), "the next begins anew"


def test_visitors_leave_nothing_behind() -> None:
    """The loop does without the cycle collector: what a visit leaves in a cycle would stay."""
    (doors,), (shop,) = listen(Address("127.0.0.1", 0)), listen(Address("127.0.0.1", 0))
    engine = Engine(b"H:")
    server = Server(engine, Operator(engine, version="0", pid=0), [shop], log=Log(descriptor=None))
    endpoint, port = Endpoint(server, engine, [doors], say=no_fault), doors.getsockname()[1]

    def visit() -> None:
        for path in ("/", "/metrics", "/healthz", "/nowhere") * 3:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)) as http_:
                http_.request("GET", path)
                http_.getresponse().read()
        signal.raise_signal(signal.SIGTERM)

    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        thread = threading.Thread(target=visit)
        assert None is server.run(thread.start)
        thread.join()
        gc.collect()
        kinds = {
            type(thing).__name__ for thing in gc.garbage if type(thing).__module__.startswith("gearcli.")
        }
        assert set() == kinds
    finally:
        gc.set_debug(0)
        gc.enable()
        gc.garbage.clear()
        endpoint.close()
        doors.close()


# -- a browser -------------------------------------------------------------------------------------------


def browse(house: Watched, folder: Path, *options: str, scripts: bool = True) -> str:
    """What a real browser has made of the page after some seconds of its own time."""
    profile = folder / "Default"
    profile.mkdir()
    settings = {"profile": {"default_content_setting_values": {"javascript": 1 if scripts else 2}}}
    (profile / "Preferences").write_text(json.dumps(settings))
    command = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        f"--user-data-dir={folder}", "--virtual-time-budget=4000", "--enable-logging=stderr", "--dump-dom",
        *options, f"http://127.0.0.1:{house.port}/",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "Content Security Policy" not in done.stderr
    return done.stdout


def rows(dom: str) -> dict[str, list[str]]:
    """The table as the browser has it: the cells of each row by its function."""
    found = re.findall(r'<th scope="row"><bdi>(.*?)</bdi>.*?</th>(.*?)</tr>', dom)
    return {name: re.findall(r"<td[^>]*>(.*?)</td>", cells) for name, cells in found}


@needs_browser
def test_a_browser_shows_the_table_and_keeps_it_fresh(house: Watched, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    with house.server.wire() as client:
        client.ask(P.SUBMIT_JOB_BG, b"<img src=x onerror=alert(1)>", b"", b"w")
        dom = browse(house, tmp_path, f"--screenshot={picture}", "--window-size=500,900")
    assert picture.read_bytes().startswith(b"\x89PNG"), "what to look at when the page has changed"
    assert "per second</small>" in dom, "only the script says how fast"
    assert ["1", "0", "0"] == rows(dom)["&lt;img src=x onerror=alert(1)&gt;"][:3]
    assert re.search(r'id="state"[^>]*>Serving<', dom)
    assert "<img" not in dom


@needs_browser
def test_without_a_script_the_page_is_as_true(house: Watched, tmp_path: Path) -> None:
    with house.server.wire() as client:
        client.ask(P.SUBMIT_JOB_BG, b"plain", b"", b"w")
        dom = browse(house, tmp_path, scripts=False)
    assert ["1", "0", "0"] == rows(dom)["plain"][:3]
    assert "per second</small>" not in dom
    assert '<a href="/">Reload</a>' in dom

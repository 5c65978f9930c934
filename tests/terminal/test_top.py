"""`gear top` as a person at a terminal sees it, and the terminal as it is left."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator

import pytest

from gearcli import __version__
from gearcli.protocol.packets import PacketType, request
from tests.cli.watching import HOSTILE
from tests.support import ServerProcess, Wire, gear_serve, wait_until
from tests.terminal.screens import ALTERNATE, Seen, seen

P = PacketType
DOWN, ESCAPE = "\x1b[B", "\x1b"


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve` with jobs of a few functions, and a worker that has one of them."""
    with gear_serve() as server, server.wire() as client, server.wire() as worker:
        for name, jobs in ((b"resize", 3), (b"mail", 2), (b"report", 1)):
            for _ in range(jobs):
                client.ask(P.SUBMIT_JOB_BG, name, b"", b"12345")
        worker.say(P.SET_CLIENT_ID, b"worker-one")
        worker.say(P.CAN_DO, b"resize")
        worker.ask(P.GRAB_JOB)
        yield server


def top(server: ServerProcess, *arguments: str) -> list[str]:
    return ["top", "-s", f"127.0.0.1:{server.port}", "-i", "0.2", *arguments]


def names(rows: list[str]) -> list[str]:
    """The functions on the screen, in their order."""
    return [row[2:].split()[0] for row in rows[3:-1] if row.strip()]


def alarming(screen: Seen, row: int) -> set[str]:
    """The words of a row that are red."""
    cells = [screen.screen.buffer[row][column] for column in range(80)]
    return set("".join(cell.data if cell.fg == "red" else " " for cell in cells).split())


def test_a_snapshot_of_a_usual_screen(server: ServerProcess) -> None:
    with seen(*top(server)) as screen:
        rows = screen.until(lambda rows: "0     0  never" in rows[3])
        assert rows[0].startswith("gear top · ")
        assert rows[0].endswith(f" · 127.0.0.1:{server.port} · gear {__version__} · every 0.2s")
        assert [
            "3 functions: 5 queued, 1 running, in 0/s, out 0/s",
            "  FUNCTION              QUEUED* RUNNING WORKERS  IN/s OUT/s    ETA QUEUED BEFORE",
            "> mail                        2       0       0     0     0  never             █",
            "  resize                      2       1       1     0     0      -             █",
            "  report                      1       0       0     0     0  never             █",
        ] == [rows[1].removesuffix(" at least"), *rows[2:6]]
        assert [""] * 17 == rows[6:23]
        assert "q quit · p pause · s sort · / filter · e empty · Enter jobs · ? help    1-3 of 3" == rows[23]
        assert screen.screen.cursor.hidden
        assert {"0", "never"} == alarming(screen, 5), "no worker, and so no end"
        assert all(screen.screen.buffer[3][column].reverse for column in range(70))


def test_keys(server: ServerProcess) -> None:
    with seen(*top(server)) as screen:
        screen.shows("> mail")
        screen.press(DOWN)
        screen.shows("> resize")
        screen.press("S")
        rows = screen.shows("FUNCTION*")
        assert ["mail", "report", "resize"] == names(rows)
        screen.shows("> resize")  # the cursor stayed at it
        screen.press("/re")
        assert ["report", "resize"] == names(screen.shows("filter: re_"))
        screen.press("\r")
        screen.shows("filter: re (Esc: all)", "2 of 3 functions")
        screen.press(ESCAPE)
        screen.shows("3 functions")
        screen.press("p")
        screen.shows("PAUSED")
        screen.press("p")
        screen.until(lambda rows: "PAUSED" not in rows[0])
        screen.press("?")
        screen.shows("any key goes back")
        screen.press("x")
        screen.shows("FUNCTION*")
        screen.press("q")
        assert 0 == screen.end()
        restored(screen)


def test_a_function_from_inside(server: ServerProcess) -> None:
    with seen(*top(server)) as screen:
        screen.shows("> mail")
        screen.press(DOWN + "\r")
        rows = screen.shows("worker-one", "HANDLE", "CLIENT ID")
        assert ["running", "waiting", "waiting"] == [row.split()[1] for row in rows[3:6]]
        assert "worker-one" == rows[3].split()[-1]
        assert ["worker-one", "runs", "1", "1"] == [rows[8].split()[0], *rows[8].split()[2:]]
        screen.press(ESCAPE)
        screen.shows("> resize")


def test_what_happens_is_seen_live() -> None:
    with (
        gear_serve() as server,
        seen(*top(server, "live")) as screen,
        server.wire() as client,
        server.wire() as worker,
    ):
        screen.shows("no functions yet")
        for _ in range(4):
            client.ask(P.SUBMIT_JOB_BG, b"live", b"", b"x")
        screen.until(lambda rows: rows[3].split()[1:5] == ["live", "4", "0", "0"])
        worker.say(P.CAN_DO, b"live")
        for _ in range(2):
            _, (handle, *_) = worker.ask(P.GRAB_JOB)
            worker.say(P.WORK_COMPLETE, handle, b"")
        row = screen.until(lambda rows: rows[3].split()[1:5] == ["live", "2", "0", "1"])[3]
        screen.until(lambda rows: float(rows[3].split()[6]) > 0)
        assert "-" != row.split()[5]


def test_other_sizes_and_resizing(server: ServerProcess) -> None:
    with seen(*top(server), columns=40, rows=10) as screen:
        screen.shows("> mail")
        for columns, rows in ((120, 40), (20, 5), (80, 24), (100, 30)):
            screen.resize(columns, rows)
            shown = screen.until(lambda shown, rows=rows: shown[rows - 1].endswith("of 3"))  # type: ignore[misc]
            assert "> mail" in shown[3]
            assert max(map(len, shown)) <= columns


def test_without_colour(server: ServerProcess) -> None:
    with seen(*top(server), NO_COLOR="1") as screen:
        screen.shows("never")
        screen.press("q")
        assert 0 == screen.end()
        assert "31m" not in screen.raw
        assert "\x1b[7m" in screen.raw


def test_in_ascii(server: ServerProcess) -> None:
    with seen(*top(server), PYTHONUTF8="0", PYTHONIOENCODING="latin-1") as screen:
        screen.shows("gear top - ")
        screen.press("q")
        assert 0 == screen.end()
        assert screen.raw.isascii()


def test_a_terminal_that_cannot_do_it(server: ServerProcess) -> None:
    with seen(*top(server)[:3], TERM="dumb") as screen:
        assert 0 == screen.end()
        assert "\x1b" not in screen.raw
        assert screen.raw.startswith("gear: this is no terminal for a whole screen")
        assert "Queue Name" in screen.raw


def test_hostile_names_are_text() -> None:
    with gear_serve() as server, server.wire() as client, server.wire() as worker:
        for name in HOSTILE:
            client.ask(P.SUBMIT_JOB_BG, name.replace(b"\0", b""), b"", b"x")
            worker.say(P.CAN_DO, name.replace(b"\0", b""))
        worker.say(P.SET_CLIENT_ID, HOSTILE[0])
        with seen(*top(server)) as screen:
            rows = screen.shows("\\x1b[2J\\x1b]0;owned", "[red]markup[/red]", "a\\nforged")
            assert len(HOSTILE) == len(names(rows))
            wide = next(row for row in rows if "世" in row)
            assert ["1", "0", "1"] == wide.split()[1:4]
            screen.press("\r")
            screen.shows("CLIENT ID")
            screen.press("q")
            screen.end()
        plain = _without_ours(screen.raw)
        assert {c for c in plain if not c.isprintable()} <= {"\r", "\n"}


def _without_ours(raw: str) -> str:
    """What was drawn, without the sequences that this program writes itself."""
    return re.sub(r"\x1b\[(?:\d+;\d+H|[0-9;]*m|2[JK]|\?(?:1049|25|7)[hl])", "", raw)


# -- the end -----------------------------------------------------------------------------------


def restored(screen: Seen) -> None:
    """The terminal is as it was."""
    assert screen.before == screen.modes()
    assert not screen.screen.cursor.hidden
    assert pyte_wraps(screen)
    began, ended = (screen.raw.count(each) for each in ALTERNATE)
    assert began == ended > 0
    assert screen.raw.rindex(ALTERNATE[1]) > screen.raw.rindex(ALTERNATE[0])


def pyte_wraps(screen: Seen) -> bool:
    """Whether a line that is too long goes on in the next one."""
    return 7 << 5 in screen.screen.mode


def started(screen: Seen) -> None:
    """Wait for the screen; the terminal is not as it was."""
    screen.shows("> mail")
    assert screen.before != screen.modes()
    assert screen.screen.cursor.hidden


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, -signal.SIGQUIT)],
)
def test_signals_leave_the_terminal_as_it_was(server: ServerProcess, number: int, status: int) -> None:
    with seen(*top(server)) as screen:
        started(screen)
        os.kill(screen.child.pid, number)
        assert status == screen.end()
        restored(screen)
        assert "Traceback" not in screen.raw


def test_ctrl_c_leaves_the_terminal_as_it_was(server: ServerProcess) -> None:
    with seen(*top(server)) as screen:
        started(screen)
        screen.press("\x03")
        assert 130 == screen.end()
        restored(screen)
        assert screen.raw.endswith("gear: interrupted\r\n")


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(server: ServerProcess) -> None:
    with seen(*top(server)) as screen:
        started(screen)
        os.kill(screen.child.pid, signal.SIGTSTP)
        wait_until(lambda: _state(screen.child.pid) == "T")
        screen.read()
        restored(screen)
        drawn = len(screen.raw)
        os.kill(screen.child.pid, signal.SIGCONT)
        screen.shows("> mail")
        assert ALTERNATE[0] in screen.raw[drawn:]
        screen.press("q")
        assert 0 == screen.end()
        restored(screen)


def _state(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def test_a_server_that_vanishes_is_named_and_seen_again() -> None:
    with gear_serve() as server:
        port = server.port
        with server.wire() as client:
            client.ask(P.SUBMIT_JOB_BG, b"mail", b"", b"x")
        with seen(*top(server)) as screen:
            started(screen)
            server.signal(signal.SIGKILL)
            server.exit_status()
            screen.shows("connection refused", "when a server last answered: 1 function", "> mail")
            with gear_serve(address=("-p", str(port))), Wire(port) as client:
                client.ask(P.SUBMIT_JOB_BG, b"again", b"", b"x")
                screen.shows("> again")
            screen.press("q")
            assert 0 == screen.end()
            restored(screen)


def test_a_server_that_is_dead_or_silent_holds_up_nobody(server: ServerProcess) -> None:
    with gear_serve() as silent:
        servers = f"127.0.0.1:{silent.port},127.0.0.1:1"
        with seen(*top(server, "-s", servers)) as screen:
            screen.shows("2 of 3 servers", "cannot connect to 127.0.0.1:1", "> mail")
            silent.signal(signal.SIGSTOP)
            try:
                screen.shows(f"127.0.0.1:{silent.port} has not answered for")
                with server.wire() as worker:
                    worker.say(P.CAN_DO, b"meanwhile")
                    screen.shows("meanwhile")
                    screen.press("/mean")
                    screen.shows("> meanwhile", "filter: mean_")
            finally:
                silent.signal(signal.SIGCONT)
            screen.until(lambda rows: not any("has not answered" in row for row in rows))


def test_an_exception_leaves_the_terminal_as_it_was(server: ServerProcess) -> None:
    """Whatever goes wrong inside: here the page cannot be made."""
    code = (
        "import gearcli.cli.top_loop as loop\n"
        "from gearcli.__main__ import main\n"
        "page = loop.page\n"
        "def fails(scene, size):\n"
        "    if scene.choices.paused: raise RuntimeError('a fault')\n"
        "    return page(scene, size)\n"
        "loop.page = fails\n"
        f"import sys; sys.argv[1:] = {top(server)!r}\n"
        "main()\n"
    )
    with seen("-c", code) as screen:
        started(screen)
        screen.press("p")
        assert 1 == screen.end()
        restored(screen)
        assert screen.raw.rindex("a fault") > screen.raw.rindex(ALTERNATE[1])


def test_ten_thousand_functions_and_connections_leave_keys_their_turn() -> None:
    """Keys are answered while there is always an answer of ten thousand functions on its way."""
    with gear_serve() as server, server.wire() as worker:
        worker.send(b"".join(request(P.CAN_DO, b"function-%05d" % n) for n in range(10_000)))
        with seen(*top(server, "--sort", "function")) as screen:
            screen.shows("10000 functions", "> function-00000")
            for number in range(1, 10):
                screen.press(DOWN)
                screen.shows(f"> function-{number:05}")
            screen.press("/09999")
            screen.shows("> function-09999", "1 of 10000 functions")

"""PHP, Perl and libgearman, as clients and as workers, with each other and with `gear`.

Most is tried with gearmand too, so that a failure shows who is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, counts, gear_worker, run_gear
from tests.interop.libraries import PERL, PHP, Client, Gate, Library, libgearman, ran, worker
from tests.support import Process, ServerProcess, gear_serve, gearmand, needs_libraries, wait_until

pytestmark = needs_libraries

NAMES = ("php", "perl", "libgearman")
EVERY_BYTE = bytes(range(256))
EXCEPTION = f"exception {b'no such image'.hex()}"

only_ours = pytest.mark.parametrize("server", [gear_serve], indirect=True, ids=["gear"])
"""For what gearmand does otherwise, and for what the server has little to do with."""


@pytest.fixture(scope="module", params=[gear_serve, gearmand], ids=["gear", "gearmand"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Both servers, one after the other."""
    with request.param() as server:
        yield server


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Library]:
    """Every library by its name."""
    return {"php": PHP, "perl": PERL, "libgearman": libgearman(tmp_path_factory.mktemp("libgearman"))}


@pytest.fixture(params=NAMES)
def library(request: pytest.FixtureRequest, libraries: dict[str, Library]) -> Library:
    """Every library, one after the other."""
    return libraries[request.param]


@pytest.fixture(params=NAMES, ids=[f"{name}-client" for name in NAMES])
def client(request: pytest.FixtureRequest, libraries: dict[str, Library], server: ServerProcess) -> Client:
    """The client of every library, one after the other."""
    return Client(libraries[request.param], server.port)


@pytest.fixture(scope="module", params=NAMES, ids=[f"{name}-worker" for name in NAMES])
def working(
    request: pytest.FixtureRequest, libraries: dict[str, Library], server: ServerProcess
) -> Iterator[Process]:
    """A worker of every library, one after the other."""
    with worker(libraries[request.param], server.port, "") as process:
        yield process
        assert process.alive(), process.said()


def wait_for(server: ServerProcess, function: str, expected: tuple[int, int, int]) -> None:
    """Wait until a function has so many jobs, running jobs and workers."""
    wait_until(lambda: counts(server.port, function) == expected)


# -- every client with every worker ----------------------------------------------------------------


@pytest.mark.usefixtures("working")
def test_a_result_comes_back_byte_for_byte(client: Client) -> None:
    result = [f"complete {EVERY_BYTE.upper().hex()}"]
    assert result == client.run("upper", EVERY_BYTE)
    assert result == client.call("upper", EVERY_BYTE)


@only_ours
@pytest.mark.usefixtures("working")
def test_a_long_result_comes_back(client: Client) -> None:
    """Longer than libgearman's buffers, and than a socket's."""
    assert [f"complete {(EVERY_BYTE * 1024).upper().hex()}"] == client.run("upper", EVERY_BYTE * 1024)


@pytest.mark.usefixtures("working")
@pytest.mark.parametrize("working", ["php", "libgearman"], indirect=True)
def test_an_empty_result_comes_back(client: Client) -> None:
    """Perl's worker cannot say it: see below."""
    assert ["complete"] == client.run("nothing", b"x")


@pytest.mark.usefixtures("working")
def test_progress_data_and_warnings_arrive_in_their_order(client: Client) -> None:
    data, warning, result = b"da\0ta".hex(), b"careful".hex(), b"done".hex()
    heard = ["status 1/2", f"data {data}", f"warning {warning}", f"complete {result}"]
    assert heard == client.run("talk", b"x")


@pytest.mark.usefixtures("working")
def test_a_failure_arrives(client: Client) -> None:
    assert ["fail"] == client.run("fail", b"x")
    assert ["fail"] == client.call("fail", b"x")


@pytest.mark.usefixtures("working")
def test_an_exception_arrives_where_it_is_wanted(client: Client) -> None:
    assert [EXCEPTION] == client.run("raise", b"x", exceptions=True)


@only_ours
@pytest.mark.usefixtures("working")
def test_an_exception_is_a_failure_to_all_others(client: Client) -> None:
    """gearmand tells of it by a WORK_FAIL that libgearman waits over and that Perl dies of."""
    assert ["fail"] == client.run("raise", b"x")


# -- every library with itself ---------------------------------------------------------------------


def test_a_background_job_can_be_watched(client: Client, server: ServerProcess, tmp_path: Path) -> None:
    prefix = f"watched-{client.library.name}-"
    with Gate(tmp_path) as gate:
        handle = client.background(f"{prefix}wait", gate.path)
        assert ["1 0 0 0"] == client("status", handle)
        with worker(client.library, server.port, prefix):
            wait_until(lambda: client("status", handle) == ["1 1 3 10"])
            gate.open()
            wait_until(lambda: client("status", handle) == ["0 0 0 0"])


def test_the_urgent_is_done_first(client: Client, server: ServerProcess) -> None:
    prefix = f"urgent-{client.library.name}-"
    function, priorities = f"{prefix}upper", ("low", "normal", "high")
    with ExitStack() as clients:
        for number, priority in enumerate(priorities, 1):
            client.background(function, f"background {priority}".encode(), priority=priority)
            clients.enter_context(client.running(function, priority.encode(), priority=priority))
            wait_for(server, function, (2 * number, 0, 0))
        with worker(client.library, server.port, prefix) as process:
            done = wait_until(lambda: ran(process, function) if len(ran(process, function)) == 6 else None)
    assert [
        b"background high", b"high", b"background normal", b"normal", b"background low", b"low",
    ] == done  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [("php", "php"), ("perl", "perl"), ("libgearman", "libgearman"), ("php", "perl"), ("perl", "libgearman")],
)
def test_a_unique_is_run_once_for_two_clients(
    libraries: dict[str, Library], server: ServerProcess, one: str, other: str
) -> None:
    prefix = f"once-{one}-{other}-"
    first, second = (Client(libraries[name], server.port) for name in (one, other))
    with (
        first.running(f"{prefix}upper", b"same", unique=prefix) as one_waits,
        second.running(f"{prefix}upper", b"same", unique=prefix) as other_waits,
    ):
        wait_until(lambda: waiting(server, prefix) == b"2")
        with worker(libraries[one], server.port, prefix) as process:
            assert [0, 0] == [one_waits.exit_status(), other_waits.exit_status()]
            assert [b"same"] == ran(process, f"{prefix}upper")
        result = f"complete {b'SAME'.hex()}\n"
        assert [result, result] == [one_waits.said(), other_waits.said()]


def waiting(server: ServerProcess, unique: str) -> bytes:
    """How many clients wait for the job with a unique."""
    with server.wire() as wire:
        return wire.ask(PacketType.GET_STATUS_UNIQUE, unique.encode())[1][5]


def test_a_worker_serves_several_functions(library: Library, server: ServerProcess) -> None:
    prefix = f"several-{library.name}-"
    with worker(library, server.port, prefix):
        for function in ("upper", "talk", "nothing", "fail", "raise", "wait"):
            wait_for(server, f"{prefix}{function}", (0, 0, 1))


@only_ours
def test_a_job_that_takes_too_long_fails(client: Client, server: ServerProcess, tmp_path: Path) -> None:
    """gearmand gives it to another worker and tells nobody."""
    prefix = f"late-{client.library.name}-"
    with Gate(tmp_path) as gate, worker(client.library, server.port, prefix, timeout=1):
        assert ["status 3/10", "fail"] == client.run(f"{prefix}wait", gate.path)


@only_ours
def test_a_worker_whose_result_is_late_goes_on(client: Client, server: ServerProcess, tmp_path: Path) -> None:
    prefix = f"later-{client.library.name}-"
    with Gate(tmp_path) as gate, worker(client.library, server.port, prefix, timeout=1) as slow:
        client.run(f"{prefix}wait", gate.path)
        gate.open()
        assert takes_another(slow, client, f"{prefix}upper")


def takes_another(process: Process, client: Client, function: str) -> bool:
    """Whether a worker does another job, instead of ending."""
    client.background(function, b"another")
    wait_until(lambda: ran(process, function) or not process.alive())
    return ran(process, function) == [b"another"]


# -- what only some libraries have -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["php", "libgearman"])
def test_a_job_can_be_watched_by_its_unique(
    libraries: dict[str, Library], server: ServerProcess, name: str, tmp_path: Path
) -> None:
    prefix, client = f"unique-{name}-", Client(libraries[name], server.port)
    with Gate(tmp_path) as gate:
        client.background(f"{prefix}wait", gate.path, unique=prefix)
        assert ["1 0 0 0"] == client("unique", prefix)
        with worker(libraries[name], server.port, prefix):
            wait_until(lambda: client("unique", prefix) == ["1 1 3 10"])
            gate.open()
            wait_until(lambda: client("unique", prefix) == ["0 0 0 0"])


@pytest.mark.parametrize(("name", "answer"), [("php", "pong"), ("libgearman", "GEARMAN_SUCCESS")])
def test_an_echo_comes_back(
    libraries: dict[str, Library], server: ServerProcess, name: str, answer: str
) -> None:
    assert [answer] == Client(libraries[name], server.port)("ping")


def test_perl_reads_the_servers_table(server: ServerProcess) -> None:
    client = Client(PERL, server.port)
    client.background("tabled", b"x")
    assert ["1 0 0"] == client("servers", "tabled")


def test_perls_namespaces_are_a_part_of_the_name(
    libraries: dict[str, Library], server: ServerProcess
) -> None:
    result = [f"complete {b'HELLO'.hex()}"]
    with worker(PERL, server.port, "", namespace="app"):
        assert result == Client(PERL, server.port).run("upper", b"hello", namespace="app")
        for name in ("php", "libgearman"):
            assert result == Client(libraries[name], server.port).run("app\tupper", b"hello")
        assert Result(0, b"HELLO", "") == run_gear("submit", *at(server.port), "app\tupper", "hello")


@only_ours
def test_perls_worker_survives_a_job_that_dies(server: ServerProcess) -> None:
    """It says WORK_EXCEPTION and then WORK_FAIL."""
    client = Client(PERL, server.port)
    with worker(PERL, server.port, "mortal-") as process:
        (exception,) = client.run("mortal-dying", b"x", exceptions=True)
        assert b"no such image\n".hex() in exception
        assert takes_another(process, client, "mortal-upper")


@only_ours
def test_perls_empty_results_are_results(server: ServerProcess) -> None:
    """gearmand says nothing; the worker connects anew and takes the job again, for ever."""
    client = Client(PERL, server.port)
    with worker(PERL, server.port, "empty-") as process:
        client.background("empty-nothing", b"x")
        assert takes_another(process, client, "empty-upper")
        wait_for(server, "empty-nothing", (0, 0, 1))


# -- with gear's own client and worker -------------------------------------------------------------


@only_ours
@pytest.mark.usefixtures("working")
def test_gear_submit_gets_what_a_library_makes(server: ServerProcess) -> None:
    result = run_gear("submit", *at(server.port), "upper", stdin=EVERY_BYTE)
    assert Result(0, EVERY_BYTE.upper(), "") == result
    result = run_gear("submit", *at(server.port), "talk", "x")
    assert Result(0, b"da\0tadone", "gear: talk: careful\n") == result


@only_ours
@pytest.mark.usefixtures("working")
def test_gear_submit_hears_why_a_library_fails(server: ServerProcess) -> None:
    assert Result(1, b"", "gear: fail failed\n") == run_gear("submit", *at(server.port), "fail", "x")
    result = run_gear("submit", *at(server.port), "raise", "x")
    assert Result(1, b"", "gear: raise failed: no such image\n") == result


def test_a_library_gets_what_gear_worker_makes(client: Client, server: ServerProcess) -> None:
    with gear_worker(server.port, "tr", ["tr", "a-z", "A-Z"]):
        assert [f"complete {EVERY_BYTE.upper().hex()}"] == client.run("tr", EVERY_BYTE)


TALKING = """
echo 1 2 >&3
printf 'da\\0ta' | gear report --data
gear report --warn careful
echo 2 2 >&3
printf done
"""


def test_a_library_sees_what_a_command_says_while_it_works(client: Client, server: ServerProcess) -> None:
    """Status, data and a warning by `gear report` and by the descriptor itself."""
    script = TALKING.replace("gear report", f"{sys.executable} -m gearcli report")
    data, warning, result = b"da\0ta".hex(), b"careful".hex(), b"done".hex()
    heard = ["status 1/2", f"data {data}", f"warning {warning}", "status 2/2", f"complete {result}"]
    with gear_worker(server.port, "talks", ["sh", "-c", script]):
        assert heard == client.run("talks", b"x")


@only_ours
def test_a_library_gets_output_as_it_comes(client: Client, server: ServerProcess) -> None:
    with gear_worker(server.port, "streams", ["sh", "-c", "cat; echo more"], "--stream"):
        *parts, end = client.run("streams", EVERY_BYTE)
    assert "complete" == end
    said = b"".join(bytes.fromhex(part.removeprefix("data ")) for part in parts)
    assert EVERY_BYTE + b"more\n" == said


def test_a_library_hears_why_gear_worker_fails(client: Client, server: ServerProcess) -> None:
    with gear_worker(server.port, "sh", ["sh", "-c", "echo oh >&2; exit 3"]):
        *warnings, end = client.run("sh", b"x")
    assert "fail" == end
    words = b"".join(bytes.fromhex(warning.removeprefix("warning ")) for warning in warnings)
    assert b"oh\nsh exited with status 3" == words


def test_a_library_hears_of_an_exception_of_gear_worker(client: Client, server: ServerProcess) -> None:
    options = ["--on-failure", "exception", "--stderr", "local"]
    with gear_worker(server.port, "throws", ["sh", "-c", "exit 3"], *options):
        assert [f"exception {b'sh exited with status 3'.hex()}"] == client.run(
            "throws", b"x", exceptions=True
        )

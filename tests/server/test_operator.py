"""The text commands that gearmand has, answered from an engine.  Ours are in `test_operator_json`."""

from __future__ import annotations

import pytest

from gearcli.errors import ProtocolError
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.protocol.text import COMMANDS
from gearcli.server.engine import Engine
from tests.server.transcript import NO_JOB, NOOP, Console, Talker, completed, created, error, failed

LATER = b"4000000000"


def test_every_command_of_the_table_is_answered(console: Console) -> None:
    for name in COMMANDS:
        assert console.ask(name.encode()), name
        assert not console.ask(name.encode()).startswith(b"ERR UNKNOWN_COMMAND") or name in {"show", "cancel"}


@pytest.mark.parametrize("line", [b"version\n", b"version\r\n", b"VERSION\n", b"Version  \n", b"version x\n"])
def test_commands_in_any_case_with_any_line_end(console: Console, line: bytes) -> None:
    assert b"OK gear 1.2.3\n" == console.ask(line)


def test_getpid(console: Console) -> None:
    assert b"OK 4567\n" == console.ask(b"getpid")


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"   \n", b"  status  \n"])
def test_a_line_without_a_first_word_is_an_unknown_command(console: Console, line: bytes) -> None:
    assert b"ERR UNKNOWN_COMMAND Unknown+server+command\r\n" == console.ask(line)


def test_an_unknown_command_is_named_and_harmless(console: Console) -> None:
    assert b"ERR UNKNOWN_COMMAND Unknown+server+commandhe\\x1blp\r\n" == console.ask(b"he\x1blp me")


def test_a_sixth_word_is_refused(console: Console) -> None:
    assert b"OK gear 1.2.3\n" == console.ask(b"version 2 3 4 5")
    assert b"ERR INVALID_ARGUMENTS A+command+has+at+most+5+words\r\n" == console.ask(b"version 2 3 4 5 6")


# -- looking --------------------------------------------------------------------------


def test_status_counts_all_jobs_running_jobs_and_workers(engine: Engine, console: Console) -> None:
    assert b".\n" == console.ask(b"status")
    client, worker = Talker(engine), Talker(engine).can_do(b"f")
    for _ in range(3):
        client.submit(b"w")
    client.submit_bg(b"w", function=b"nobody does it")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", LATER, b"w")
    worker.take()
    assert b"f\t4\t1\t1\nnobody does it\t1\t0\t0\n.\n" == console.ask(b"status")
    client.leave()
    assert b"f\t2\t1\t1\nnobody does it\t1\t0\t0\n.\n" == console.ask(b"status")


def test_prioritystatus_counts_jobs_without_a_worker(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    for type_ in (P.SUBMIT_JOB_LOW, P.SUBMIT_JOB_LOW_BG, P.SUBMIT_JOB, P.SUBMIT_JOB_HIGH, P.SUBMIT_JOB_HIGH):
        client.say(type_, b"f", b"", b"w")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", LATER, b"w")
    worker.take()
    assert b"f\t1\t2\t2\t1\n.\n" == console.ask(b"prioritystatus")


def test_workers_lists_every_connection_and_the_asking_one(engine: Engine) -> None:
    worker = Talker(engine, 5, b"10.0.0.1")
    worker.can_do(b"a", b"b").say(P.SET_CLIENT_ID, b"worker 1")
    Talker(engine, 6, b"10.0.0.2")
    rows = b"5 10.0.0.1 worker 1 : a b\n6 10.0.0.2 - :\n9 ::1 - :\n.\n"
    assert rows == Console(engine).ask(b"workers")


def test_show_jobs_says_losses_who_is_unwanted_and_what_is_in_the_background(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    client.submit_bg(b"1")
    Talker(engine).submit(b"2", unique=b"u")
    leaver = Talker(engine).can_do(b"f")
    leaver.take()
    leaver.leave()
    deserted = Talker(engine)
    deserted.submit(b"3")
    assert [b"2", b"1"] == [worker.grab(), worker.grab()]
    lines = [b"H:1\t1\t0\t1\n", b"H:2\t0\t0\t0\n", b"H:3\t0\t0\t0\n", b".\n"]
    assert b"".join(lines) == console.ask(b"show jobs")
    worker.take()
    deserted.leave()
    lines[2] = b"H:3\t0\t1\t0\n"
    assert b"".join(lines) == console.ask(b"SHOW Jobs")


def test_a_unique_that_is_a_dot_does_not_end_the_rows(console: Console, client: Talker) -> None:
    client.submit_bg(b"w", unique=b".")
    client.submit_bg(b"w", unique=b"..")
    assert b"\\x2e\n..\n.\n" == console.ask(b"show unique jobs")


def test_a_line_of_http_is_no_command(console: Console) -> None:
    for line in (b"POST / HTTP/1.1\r\n", b"GET / HTTP/1.0\n"):
        with pytest.raises(ProtocolError, match="not a web server"):
            console.ask(line)


def test_show_unique_jobs(console: Console, client: Talker) -> None:
    for unique in (b"b", b"", b"-", b"a\nb"):
        client.submit_bg(b"w", unique=unique)
    assert b"b\n\n-\na\\x0ab\n.\n" == console.ask(b"show unique jobs")


@pytest.mark.parametrize(
    "line", [b"show x", b"show jobs x", b"show unique", b"show unique x", b"show unique jobs x"]
)
def test_show_anything_else(console: Console, line: bytes) -> None:
    assert b"ERR UNKNOWN_SHOW_ARGUMENTS\r\n" == console.ask(line)


@pytest.mark.parametrize("word", [b"show", b"SHOW", b"cancel", b"Cancel"])
def test_a_word_alone_that_wants_more(console: Console, word: bytes) -> None:
    assert b"ERR UNKNOWN_COMMAND Unknown+server+command" + word + b"\r\n" == console.ask(word)


# -- cancel ---------------------------------------------------------------------------


def test_a_waiting_job_that_is_cancelled_is_gone_and_its_client_told_once(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    handle = client.submit(b"w", unique=b"u")
    assert b"OK\r\n" == console.ask(b"cancel job " + handle)
    assert [failed(handle)] == client.heard()
    assert b"ERR UNKNOWN_JOB\r\n" == console.ask(b"cancel job " + handle)
    assert [] == client.heard()
    assert b"f\t0\t0\t1\n.\n" == console.ask(b"status")
    again = client.submit(b"again", unique=b"u")
    assert again != handle
    assert b"again" == worker.grab()


def test_a_running_job_that_is_cancelled_ends_for_its_client_and_its_result_goes_nowhere(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    handle = client.submit(b"w", unique=b"u")
    client.submit_bg(b"w", unique=b"u")
    worker.take()
    for _ in range(2):
        assert b"OK\r\n" == console.ask(b"CANCEL Job " + handle)
    assert [failed(handle)] == client.heard()
    assert handle + b"\t0\t1\t0\n.\n" == console.ask(b"show jobs")
    again = client.submit(b"again", unique=b"u")
    assert again != handle
    assert [] == worker.say(P.WORK_COMPLETE, handle, b"r")
    assert [] == client.heard()
    assert again == client.submit(b"again", unique=b"u")
    worker.say(P.WORK_COMPLETE, worker.take(), b"r")
    assert [completed(again, b"r")] * 2 == client.heard()


def test_a_cancelled_job_whose_worker_dies_is_gone(engine: Engine, console: Console, client: Talker) -> None:
    worker = Talker(engine).can_do(b"f")
    client.submit_bg(b"w")
    console.ask(b"cancel job " + worker.take())
    worker.leave()
    assert ([], 0) == (list(engine.registry.jobs), engine.registry.queues[b"f"].total)


def test_a_job_that_is_not_due_is_cancelled_with_its_timer(
    engine: Engine, console: Console, client: Talker
) -> None:
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", LATER, b"w")
    assert b"OK\r\n" == console.ask(b"cancel job H:1")
    engine.tick(1.0, float(LATER))
    assert ([], 0) == (list(engine.registry.jobs), engine.registry.queues[b"f"].total)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"cancel job", b"ERR UNKNOWN_COMMAND Unknown+server+commandcancel\r\n"),
        (b"cancel a b", b"ERR UNKNOWN_ERROR\r\n"),
        (b"cancel job H:9 more", b"ERR UNKNOWN_ERROR\r\n"),
        (b"cancel job H:9", b"ERR UNKNOWN_JOB\r\n"),
    ],
)
def test_what_cannot_be_cancelled(console: Console, line: bytes, answer: bytes) -> None:
    assert answer == console.ask(line)


# -- create, drop, maxqueue -----------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_function_is_created_by_its_whole_name(console: Console, end: bytes) -> None:
    for _ in range(2):
        assert b"OK\r\n" == console.ask(b"create function foo" + end)
    assert b"foo\t0\t0\t0\n.\n" == console.ask(b"status")


def test_a_function_that_was_dropped_begins_anew(console: Console, client: Talker) -> None:
    for line in (b"create function f", b"maxqueue f 1", b"drop function f"):
        assert b"OK\r\n" == console.ask(line)
    client.submit_bg(b"1")
    client.submit_bg(b"2")


@pytest.mark.parametrize("word", [b"create", b"drop"])
@pytest.mark.parametrize("rest", [b"", b" function", b" x y", b" function f extra"])
def test_create_and_drop_want_their_words(console: Console, word: bytes, rest: bytes) -> None:
    answer = (
        b"ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+" + word + b"\r\n"
    )
    assert answer == console.ask(word + rest)


def test_a_function_in_use_is_not_dropped(engine: Engine, console: Console, client: Talker) -> None:
    in_use = b"ERR there are still connected workers or executing clients\r\n"
    worker = Talker(engine).can_do(b"f")
    assert in_use == console.ask(b"drop function f")
    worker.leave()
    client.submit_bg(b"w")
    assert in_use == console.ask(b"drop function f"), "a job would be stranded"
    Talker(engine).can_do(b"f").take()
    assert in_use == console.ask(b"drop function f")


def test_a_function_out_of_use_is_dropped(console: Console) -> None:
    for name in (b"foo", b"Foo", b"FOO"):
        console.ask(b"create function " + name)
    assert b"OK\r\n" == console.ask(b"drop function Foo")
    assert b"foo\t0\t0\t0\nFOO\t0\t0\t0\n.\n" == console.ask(b"status")
    assert b"OK\r\n" == console.ask(b"drop function fOO")
    assert b"OK\r\n" == console.ask(b"drop function fOO")
    assert b"ERR function not found\r\n" == console.ask(b"drop function fOO")


@pytest.mark.parametrize(
    ("limits", "taken"),
    [
        (b"2", 2),
        (b"9 2 9", 2),
        (b"2 0 2", 9),
        (b"2 2", 2),
        (b"0", 9),
        (b"-1", 9),
        (b"x", 9),
        (b"2x", 2),
        (b"+2", 2),
        (b"", 9),
    ],
)
def test_so_many_jobs_are_taken(console: Console, client: Talker, limits: bytes, taken: int) -> None:
    assert b"OK\r\n" == console.ask(b"maxqueue f " + limits)
    answers = [client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w") for _ in range(9)]
    refused = [[error(Refusal.FULL)]] * (9 - taken)
    assert [[created(b"H:%d" % n)] for n in range(1, taken + 1)] + refused == answers


def test_running_jobs_count_identical_ones_do_not_and_other_priorities_have_their_own_limit(
    console: Console, client: Talker, worker: Talker
) -> None:
    client.submit_bg(b"w", unique=b"u")
    worker.take()
    console.ask(b"maxqueue f 2 1 0")
    assert [error(Refusal.FULL)] == client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    assert [created(b"H:1")] == client.say(P.SUBMIT_JOB_BG, b"f", b"u", b"w")
    assert [created(b"H:2")] == client.say(P.SUBMIT_JOB_HIGH_BG, b"f", b"", b"w")
    assert [error(Refusal.FULL)] == client.say(P.SUBMIT_JOB_HIGH_BG, b"f", b"", b"w")
    assert [created(b"H:3")] == client.say(P.SUBMIT_JOB_LOW_BG, b"f", b"", b"w")
    console.ask(b"maxqueue f")
    assert [created(b"H:4")] == client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")


def test_maxqueue_wants_a_function(console: Console) -> None:
    answer = b"ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+maxqueue\r\n"
    assert answer == console.ask(b"maxqueue")


# -- the process ----------------------------------------------------------------------


def test_verbose_reads_and_sets_the_level(console: Console) -> None:
    assert b"OK NOTICE\n" == console.ask(b"verbose")
    assert b"OK DEBUG\n" == console.ask(b"verbose debug")
    assert b"OK DEBUG\n" == console.ask(b"verbose")
    assert b"ERR INVALID_ARGUMENTS There+is+no+level+of+this+name\r\n" == console.ask(b"verbose loud")


def test_shutdown_at_once_or_gracefully(console: Console) -> None:
    refused = b"ERR INVALID_ARGUMENTS Shutdown+takes+nothing+or+the+word+graceful\r\n"
    assert refused == console.ask(b"shutdown now")
    assert [] == console.host.stops
    assert [b"OK\r\n"] * 2 == [console.ask(b"shutdown"), console.ask(b"shutdown GRACEFUL")]
    assert [False, True] == console.host.stops


def test_a_paused_function_sleeps_on_and_is_woken_afterwards(
    console: Console, client: Talker, worker: Talker
) -> None:
    worker.sleep()
    console.ask(b"pause f")
    client.submit(b"w")
    assert [] == worker.heard()
    assert [NO_JOB] == worker.say(P.GRAB_JOB)
    worker.sleep()
    console.ask(b"resume f")
    assert [NOOP] == worker.heard()
    assert b"w" == worker.grab()

"""Conversations about workers: abilities, sleeping and waking, grabbing, dying; jobs for later, reducers."""

from __future__ import annotations

from gearcli.protocol.packets import SUBMITS
from gearcli.protocol.packets import PacketType as P
from tests.interop.conversations import Row, admin, client, other, row, second, third, worker

_CAN = worker.say(P.CAN_DO, "{f}")
_CANNOT = worker.say(P.CANT_DO, "{f}")
_RESET = worker.say(P.RESET_ABILITIES)
_SLEEP = worker.say(P.PRE_SLEEP)
_GRAB = worker.say(P.GRAB_JOB)
_GRABS = [P.GRAB_JOB, P.GRAB_JOB_UNIQ, P.GRAB_JOB_ALL]
_SUBMIT = client.say(P.SUBMIT_JOB_BG, "{f}", "", "x")
_WAIT = client.say(P.SUBMIT_JOB, "{f}", "", "x")
_DONE = worker.say(P.WORK_COMPLETE, "{1}", "result")
_STATUS = admin.line("status")
_WORKERS = (admin.line("workers"), admin.line("status"))
_CALENDAR = "SUBMIT_JOB_SCHED runs a job once, at the next minute that matches; gearmand has no such jobs"
_NUMBER = "worker: ERROR INVALID_PACKET | Argument is not a number"

_ABILITIES: list[Row] = [
    row("one ability", _CAN, *_WORKERS),
    row("three abilities", *[worker.say(P.CAN_DO, f"{{f}}{f}") for f in "abc"], *_WORKERS),
    row("an ability said twice", _CAN, _CAN,
        admin.line("workers").ours("admin: .\\n", "admin: FD 127.0.0.1 - : {f}\\n"),
        _STATUS.ours("admin: .\\n", "admin: {f}\\t0\\t0\\t1\\n"), _CANNOT, *_WORKERS,
        differs="an ability said twice is listed and counted once"),
    row("an ability taken back", _CAN, _CANNOT, *_WORKERS, _SUBMIT, _GRAB),
    row("an ability taken back of three", *[worker.say(P.CAN_DO, f"{{f}}{f}") for f in "abc"],
        worker.say(P.CANT_DO, "{f}b"), *_WORKERS, worker.say(P.CAN_DO, "{f}b"), *_WORKERS),
    row("an ability taken back that was not there", _CANNOT, *_WORKERS),
    row("all abilities taken back", worker.say(P.CAN_DO, "{f}a"), worker.say(P.CAN_DO, "{f}b"), _RESET,
        *_WORKERS,
        worker.say(P.CAN_DO, "{f}a"), *_WORKERS),
    row("no abilities taken back", _RESET, _GRAB, *_WORKERS),
    row("two workers of a function", _CAN, second.say(P.CAN_DO, "{f}"), *_WORKERS, worker.hang_up(),
        *_WORKERS),
    row("functions of different case are different", _CAN, client.say(P.SUBMIT_JOB_BG, "{f}", "", "1"),
        client.say(P.SUBMIT_JOB_BG, "{f}X", "", "2"), worker.say(P.CAN_DO, "{f}x"), _GRAB, _GRAB),
    row("a function with spaces", worker.say(P.CAN_DO, "{f} and more"),
        client.say(P.SUBMIT_JOB_BG, "{f} and more", "", "x"), _GRAB, *_WORKERS),
    row("a function with a tab", worker.say(P.CAN_DO, "{f}\tmore"),
        client.say(P.SUBMIT_JOB_BG, "{f}\tmore", "", "x"),
        _GRAB, _STATUS),
    row("a function with a line feed", worker.say(P.CAN_DO, "{f}\n{f}\t1\t1\t1"),
        _STATUS.ours("admin: .\\n", "admin: {f}\\\\x0a{f}\\t1\\t1\\t1\\t0\\t0\\t1\\n"),
        differs="status and workers show control bytes of names escaped, all but tabs"),
    row("a function of bytes that are no text", worker.say(P.CAN_DO, "{f}\xff\xfe"),
        client.say(P.SUBMIT_JOB_BG, "{f}\xff\xfe", "", "x"), _GRAB, *_WORKERS),
    row("a function without a name", worker.say(P.CAN_DO, ""), client.say(P.SUBMIT_JOB, "", "", "x"), _GRAB,
        *_WORKERS, _DONE, worker.say(P.CANT_DO, ""), *_WORKERS, fresh=True),
    row("a client without abilities asks for a job", *[worker.say(grab) for grab in _GRABS]),
    row("an ability with a NUL at its end", worker.say(P.CAN_DO, "{f}\0"), *_WORKERS),
]  # fmt: skip

_SLEEP_ROWS: list[Row] = [
    row("a sleeper is woken", _CAN, _SLEEP, _SUBMIT, _GRAB, _DONE, _GRAB),
    *[
        row(f"a sleeper is woken by {type_.name}", _CAN, _SLEEP, client.say(type_, "{f}", "", "x"),
            worker.say(P.GRAB_JOB_UNIQ))
        for type_ in SUBMITS
    ],
    row("a sleeper is woken once for two jobs", _CAN, _SLEEP,
        client.say_all((P.SUBMIT_JOB_BG, "{f}", "", "1"), (P.SUBMIT_JOB_BG, "{f}", "", "2")), _GRAB, _GRAB,
        _GRAB),
    row("a job joined wakes nobody", _CAN, client.say(P.SUBMIT_JOB, "{f}", "u", ""), _GRAB, _SLEEP,
        other.say(P.SUBMIT_JOB, "{f}", "u", ""), _DONE),
    row("who sleeps while a job waits is woken at once", _SUBMIT, _CAN, _SLEEP, _SLEEP, _GRAB, _SLEEP),
    row("who sleeps without abilities", _SLEEP, _SUBMIT, _GRAB),
    row("a job of another function wakes nobody", worker.say(P.CAN_DO, "{f}a"), _SLEEP, _SUBMIT),
    row("who asks for a job is awake", _CAN, _SLEEP, _GRAB, _SUBMIT, _GRAB),
    row("who falls asleep again is woken again", _CAN, _SLEEP, _SUBMIT, _GRAB, _SLEEP, _SUBMIT, _GRAB),
    row("who falls asleep with a job in hand is woken", _CAN, _SUBMIT, _GRAB, _SLEEP, _SUBMIT, _GRAB),
    row("an ability said in sleep counts for the next job", _SLEEP, _CAN, _SUBMIT, _GRAB),
    row("an ability said in sleep while a job waits", _SUBMIT, _SLEEP, _CAN.ours("worker: NOOP"), _GRAB,
        differs="who says in its sleep that it can do what waits is woken; gearmand lets both wait"),
    row("an ability taken back in sleep", _CAN, _SLEEP, _CANNOT, _SUBMIT, _GRAB),
    row("all abilities taken back in sleep", _CAN, _SLEEP, _RESET, _SUBMIT, _GRAB),
    row("a worker that dies wakes a sleeper", _CAN, second.say(P.CAN_DO, "{f}"), _SUBMIT, _GRAB,
        second.say(P.PRE_SLEEP), worker.hang_up(), second.say(P.GRAB_JOB)),
    row("two sleepers and one job", worker.say_all((P.CAN_DO, "{f}"), (P.PRE_SLEEP,)),
        second.say_all((P.CAN_DO, "{f}"), (P.PRE_SLEEP,)),
        worker.say_all((P.SUBMIT_JOB_BG, "{f}", "", "x"), (P.GRAB_JOB,)).ours(
            "worker: NOOP", "worker: JOB_CREATED H1", "worker: JOB_ASSIGN H1 | {f} | x"),
        differs="only as many sleepers are woken as there are jobs"),
    row("a connection is client and worker", client.say(P.CAN_DO, "{f}"), client.say(P.PRE_SLEEP), _WAIT,
        client.say(P.GRAB_JOB), client.say(P.WORK_DATA, "{1}", "a"),
        client.say(P.WORK_STATUS, "{1}", "1", "2"),
        client.say(P.WORK_COMPLETE, "{1}", "b"), client.line("workers")),
    row("a connection that waits for its own job dies", client.say(P.CAN_DO, "{f}"), _WAIT,
        client.say(P.GRAB_JOB),
        client.hang_up(), _CAN, _GRAB, _STATUS),
    row("a worker that sleeps asks for an echo", _CAN, _SLEEP, worker.say(P.ECHO_REQ, "x"), _SUBMIT),
    row("a worker that sleeps submits", _CAN, _SLEEP, worker.say(P.SUBMIT_JOB_BG, "{f}", "", "x"), _GRAB),
]  # fmt: skip

_GRABBING: list[Row] = [
    *[
        row(f"{grab.name} gets a job", _CAN, worker.say(grab),
            client.say(P.SUBMIT_JOB, "{f}", "{f}u", "a\0b"),
            worker.say(grab), worker.say(grab), worker.say(P.WORK_COMPLETE, "{1}", ""))
        for grab in _GRABS
    ],
    *[
        row(f"{grab.name} gets a reduce job", _CAN,
            client.say(P.SUBMIT_REDUCE_JOB, "{f}", "u", "reducer", "", "a\0b"),
            worker.say(grab), _DONE)
        for grab in _GRABS
    ],
    row("GRAB_JOB_ALL gets a reduce job of the background", _CAN,
        client.say(P.SUBMIT_REDUCE_JOB_BACKGROUND, "{f}", "u", "reducer", "aggregator", "x"),
        worker.say(P.GRAB_JOB_ALL), client.say(P.GET_STATUS, "{1}"), _DONE, _STATUS),
    row("reduce jobs are joined", client.say(P.SUBMIT_REDUCE_JOB, "{f}", "u", "one", "", "1"),
        other.say(P.SUBMIT_REDUCE_JOB, "{f}", "u", "two", "", "2"), third.say(P.SUBMIT_JOB, "{f}", "u", "3"),
        _CAN,
        worker.say(P.GRAB_JOB_ALL), _DONE),
    row("a reduce job joins one without", client.say(P.SUBMIT_JOB, "{f}", "u", "1"),
        other.say(P.SUBMIT_REDUCE_JOB, "{f}", "u", "two", "", "2"), _CAN, worker.say(P.GRAB_JOB_ALL), _DONE),
    row("a reduce job without a reducer", client.say(P.SUBMIT_REDUCE_JOB, "{f}", "u", "", "", "1"), _CAN,
        worker.say(P.GRAB_JOB_ALL)),
    row("a reducer of 63 bytes", client.say(P.SUBMIT_REDUCE_JOB, "{f}", "u", "r" * 63, "", ""), _CAN,
        worker.say(P.GRAB_JOB_ALL)),
    row("a reducer of 65 bytes", client.say(P.SUBMIT_REDUCE_JOB, "{f}", "u", "r" * 65, "", "")),
    row("a reducer of 65 bytes in the background",
        client.say(P.SUBMIT_REDUCE_JOB_BACKGROUND, "{f}", "u", "r" * 65, "", "")),
    row("one worker holds several jobs", _CAN, *[client.say(P.SUBMIT_JOB, "{f}", "", n) for n in "123"],
        *[_GRAB] * 3,
        _STATUS, worker.say(P.WORK_COMPLETE, "{2}", "two"), worker.say(P.WORK_DATA, "{3}", "part"), _DONE,
        worker.say(P.WORK_FAIL, "{3}"), _STATUS),
    row("a worker with several jobs dies", _CAN, *[client.say(P.SUBMIT_JOB_BG, "{f}", "", n) for n in "12"],
        _GRAB, _GRAB, worker.hang_up(), _STATUS, client.say(P.GET_STATUS, "{1}"),
        client.say(P.GET_STATUS, "{2}")),
    row("a worker dies and nobody is told", _WAIT, _CAN, _GRAB, worker.hang_up(),
        client.say(P.GET_STATUS, "{1}"),
        _STATUS, second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB),
        second.say(P.WORK_COMPLETE, "{1}", "again")),
    row("abilities taken back while a job runs", _WAIT, _CAN, _GRAB, _CANNOT, _STATUS,
        client.say(P.GET_STATUS, "{1}"),
        _DONE, second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB)),
    row("all abilities taken back while a job runs", _WAIT, _CAN, _GRAB, _RESET, _STATUS, _DONE,
        second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB), second.say(P.WORK_COMPLETE, "{1}", "again")),
    row("a retry", _WAIT, _CAN, _GRAB, worker.hang_up(), second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB),
        options=("-j", "2")),
    row("the last retry", _WAIT, _CAN, _GRAB, worker.hang_up().ours(), second.say(P.CAN_DO, "{f}"),
        second.say(P.GRAB_JOB).ours("second: JOB_ASSIGN H1 | f | x"),
        second.hang_up().ours("client: WORK_FAIL H1"),
        client.say(P.GET_STATUS, "{1}"), _STATUS, options=("-j", "1"),
        differs="--job-retries N offers a job again N times; gearmand offers it N times in all"),
    row("a failure is not tried again", _WAIT, _CAN, _GRAB, worker.say(P.WORK_FAIL, "{1}"), _GRAB,
        options=("-j", "3")),
]  # fmt: skip

_TIMEOUTS: list[Row] = [
    row("an ability with a time limit", worker.say(P.CAN_DO_TIMEOUT, "{f}", "60000"), *_WORKERS, _WAIT, _GRAB,
        _DONE),
    row("an ability with the time limit 0", worker.say(P.CAN_DO_TIMEOUT, "{f}", "0"), *_WORKERS, _WAIT, _GRAB,
        _DONE),
    row("an ability with a short time limit", worker.say(P.CAN_DO_TIMEOUT, "{f}", "1"), _WAIT, _GRAB, _DONE),
    row("a time limit changed", worker.say(P.CAN_DO_TIMEOUT, "{f}", "60000"),
        worker.say(P.CAN_DO_TIMEOUT, "{f}", "0"),
        worker.say(P.CANT_DO, "{f}"), *_WORKERS),
    row("a time limit of 25 digits", worker.say(P.CAN_DO_TIMEOUT, "{f}", "1" * 25).ours(),
        _STATUS.ours("admin: .\\n", "admin: {f}\\t0\\t0\\t1\\n"),
        differs="a time limit may be larger than any job takes; gearmand closes the connection"),
    row("a job that takes longer than its time limit", worker.say(P.CAN_DO_TIMEOUT, "{f}", "1000"), _WAIT,
        _GRAB, second.say(P.CAN_DO, "{f}"), second.say(P.PRE_SLEEP),
        worker.waits().ours("client: WORK_FAIL H1"), _DONE.ours(),
        second.say(P.GRAB_JOB).ours("second: NO_JOB"), fresh=True,
        differs="a job that takes longer than its time limit fails, and a late result is no ERROR; "
        "gearmand gives it to another worker"),
    *[
        row(f"a time limit that is {what}", worker.say(P.CAN_DO_TIMEOUT, "{f}", limit).ours(_NUMBER),
            _STATUS.ours("admin: .\\n"), differs="a time limit that is no number is refused by ERROR")
        for what, limit in [("a word", "soon"), ("negative", "-5"), ("empty", ""), ("a fraction", "1.5")]
    ],
]  # fmt: skip


def _at(epoch: str, unique: str = "") -> tuple[P, str, str, str, str]:
    return P.SUBMIT_JOB_EPOCH, "{f}", unique, epoch, "x"


_LATER: list[Row] = [
    row("an epoch that is past", client.say(*_at("1")), _CAN, worker.say(P.GRAB_JOB_UNIQ),
        client.say(P.GET_STATUS, "{1}"),
        _DONE, client.say(P.GET_STATUS, "{1}")),
    row("the epoch 0", client.say(*_at("0")), _STATUS, _CAN, _GRAB),
    row("a negative epoch", client.say(*_at("-5")), _CAN, _GRAB),
    row("an epoch of words", client.say(*_at("tomorrow")), _CAN, _GRAB),
    row("an epoch with words behind it", client.say(*_at("12 o'clock")), _CAN, _GRAB),
    row("an epoch that is empty", client.say(*_at("")), _CAN, _GRAB),
    row("an epoch that is far", client.say(*_at("9999999999")), _STATUS, admin.line("prioritystatus"),
        client.say(P.GET_STATUS, "{1}"), admin.line("show jobs"), _CAN, _GRAB, _SLEEP, client.hang_up(),
        _GRAB),
    row("a far epoch does not hold up others", client.say(*_at("9999999999")),
        client.say(P.SUBMIT_JOB_BG, "{f}", "", "now"),
        _CAN, _GRAB, _GRAB),
    row("an epoch wakes nobody before its time", _CAN, _SLEEP,
        client.say(*_at("9999999999")).ours("client: JOB_CREATED H1"),
        differs="a job for later wakes a worker when it is due, not when it is submitted"),
    row("an epoch that is past wakes a sleeper", _CAN, _SLEEP, client.say(*_at("1")), _GRAB),
    row("an epoch joined with another", client.say(*_at("9999999999", "u")), client.say(*_at("1", "u")),
        client.say(P.SUBMIT_JOB_BG, "{f}", "u", "now"), _CAN, _GRAB),
    row("an epoch beyond 64 bits",
        client.say(*_at("9" * 30)).ours("client: ERROR ARGUMENT_TOO_LARGE | Epoch out of range"), _CAN, _GRAB,
        differs="an epoch beyond 64 bits is refused by ERROR; gearmand closes the connection"),
    row("a job by a calendar",
        client.say(P.SUBMIT_JOB_SCHED, "{f}", "", "0", "0", "1", "1", "", "x").ours("client: JOB_CREATED H1"),
        _CAN, _GRAB, differs=_CALENDAR),
    row("a job by a calendar without such a day",
        client.say(P.SUBMIT_JOB_SCHED, "{f}", "", "", "", "31", "2", "", "x").ours(
            "client: ERROR INVALID_PACKET | No minute matches the schedule"),
        _CAN, _GRAB, differs=_CALENDAR),
    row("all yours", worker.say(P.ALL_YOURS).ours(),
        differs="ALL_YOURS is accepted, as PROTOCOL describes it"),
]  # fmt: skip

ROWS = [*_ABILITIES, *_SLEEP_ROWS, *_GRABBING, *_TIMEOUTS, *_LATER]

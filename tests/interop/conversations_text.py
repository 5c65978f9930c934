"""Conversations in the text protocol: every command, right and wrong."""

from __future__ import annotations

from gearcli.protocol.packets import SUBMITS
from gearcli.protocol.packets import PacketType as P
from tests.interop.conversations import Row, admin, client, other, row, second, worker

_CAN = worker.say(P.CAN_DO, "{f}")
_GRAB = worker.say(P.GRAB_JOB)
_SUBMIT = client.say(P.SUBMIT_JOB_BG, "{f}", "", "x")
_WAIT = client.say(P.SUBMIT_JOB, "{f}", "{f}u", "x")
_DONE = worker.say(P.WORK_COMPLETE, "{1}", "result")
_STATUS, _PRIORITIES = admin.line("status"), admin.line("prioritystatus")
_JOBS, _UNIQUES = admin.line("show jobs"), admin.line("show unique jobs")
_FULL = "ERROR QUEUE_ERROR | Job queue is full"

_BLANKS = "spaces and a carriage return at the end of a line are no word; in gearmand they are an empty one"

_OURS = "jobs, job, peek, result, purge, pause, resume, functions, settings and clients are commands of ours"

_COMMANDS = ["status", "prioritystatus", "workers", "show jobs", "show unique jobs", "version", "getpid"]

_FORMS: list[Row] = [
    *[row(f"{command} in lower case", _CAN, _WAIT, admin.line(command)) for command in _COMMANDS],
    *[row(f"{command} in upper case", _CAN, _WAIT, admin.line(command.upper())) for command in _COMMANDS],
    *[row(f"{command} with a carriage return", _CAN, _WAIT,
        admin.line(f"{command}\r")) for command in _COMMANDS],
    *[row(f"{command} with more words", _CAN, _WAIT,
        admin.line(f"{command} more words")) for command in _COMMANDS],
    *[row(f"{command} with spaces around", _CAN, _WAIT, admin.line(f"  {command.replace(' ', '   ')}  "))
      for command in _COMMANDS],
    *[
        row(f"the line {line!r}", admin.line(line))
        for line in [
            "", "\r", " ", "   \r", "help", "help me", "HELP", "nonsense", "nonsense\r", "statusx", "stat",
            "\xff\xfe", "show", "show\r", "SHOW", "show x", "show x y z",
            "show jobs x", "show jobs unique", "show unique", "show unique x", "show unique jobs x",
            "SHOW JOBS X",
            "cancel", "cancel job", "cancel x", "cancel a b", "cancel job H:nowhere:1",
            "CANCEL JOB H:nowhere:1",
            "cancel job H:nowhere:1\r", "cancel job nothing more", "create", "create function", "create x",
            "create x y", "create\r", "drop", "drop function", "drop x", "drop x y", "drop\r", "maxqueue",
            "maxqueue\r",
            "drop function {f}", "drop function {f}\r",
        ]
    ],
    *[
        row(f"the line {line!r}", admin.line(line))
        for line in ["status\t", "\tstatus"]
    ],
    *[
        row(f"the line {line!r}", admin.line(line).ours(
                "admin: ERROR INVALID_COMMAND | This is a Gearman server, not a web server", "admin: closed"),
            differs="a line of HTTP ends the connection; a web page could send commands after it")
        for line in ("GET / HTTP/1.1\r", "POST /status HTTP/1.0")
    ],
    row("a unique that is a dot", client.say(P.SUBMIT_JOB_BG, "{f}", ".", ""),
        admin.line("show unique jobs").ours(r"admin: .\n", r"admin: \\x2e\n"), fresh=True,
        differs="a unique that is a dot is escaped in show unique jobs; in gearmand it looks like the end"),
    row("a line with an escape sequence", admin.line("\x1b[2J").ours(
            r"admin: ERR UNKNOWN_COMMAND Unknown+server+command\\x1b[2J\r\n"),
        differs="what a line says is quoted with its control bytes escaped"),
    row("a line of five words", admin.line("one two three four five")),
    row("a line of six words", admin.line("one two three four five six").ours(
            r"admin: ERR INVALID_ARGUMENTS A+command+has+at+most+5+words\r\n"),
        differs="a sixth word is an error, and the connection stays"),
    row("several lines in one breath", admin.raw("show x\nversion\ngetpid\nnonsense\n")),
    row("a line of 8000 bytes", admin.line("x" * 8000)),
    *[row(f"a line of {size} bytes with its end", admin.line("x" * (size - 1))) for size in (8190, 8191,
        8192)],
    row("verbose with a level", admin.line("verbose DEBUG").ours(r"admin: OK DEBUG\n"),
        options=("--verbose", "ERROR"), differs="verbose with a level sets it; gearmand ignores it"),
    *[
        row(f"{line!r}, a command of ours", admin.line(line).ours(f"admin: ERR {answer}" r"\r\n"),
            differs=_OURS)
        for line, answer in [
            ("job H:nowhere:1", "UNKNOWN_JOB"), ("peek H:nowhere:1", "UNKNOWN_JOB"),
            ("purge {f}", "function not found"), ("pause {f}", "function not found"),
            ("resume {f}", "function not found"), ("jobs {f}", "function not found"),
        ]
    ],
    row("purge", _WAIT, _SUBMIT, admin.line("purge {f}").ours(
            r'admin: .\n', r'admin: {"function":"{f}","purged":2}\n', "client: WORK_FAIL H1"),
        _STATUS.ours(r"admin: .\n", r"admin: {f}\t0\t0\t0\n"), differs=_OURS),
    row("verbose", admin.line("verbose"), admin.line("VERBOSE\r"), options=("--verbose", "WARNING")),
    row("verbose at another level", admin.line("verbose"), options=("--verbose", "INFO")),
    row("a carriage return after a space", _SUBMIT,
        admin.line("show jobs \r").ours(r"admin: .\n", r"admin: H1\t0\t0\t1\n"),
        differs=_BLANKS),
    *[
        row(f"{command!r} while a job runs", _WAIT, _CAN, _GRAB, admin.line(command).ours(r"admin: OK\r\n"),
            _SUBMIT.ours("client: ERROR QUEUE_ERROR | Server is shutting down and takes no new jobs"),
            fresh=True,
            differs="shutdown ends the server; gearmand has no such command since 2016")
        for command in ("shutdown", "SHUTDOWN\r")
    ],
    row("shutdown graceful while a job runs", _WAIT, _CAN, _GRAB,
        admin.line("shutdown graceful").ours(r"admin: OK\r\n"), _SUBMIT, fresh=True,
        differs="shutdown ends the server; gearmand has no such command since 2016"),
]  # fmt: skip

_COUNTERS: list[Row] = [
    row("status and prioritystatus through a job's life", _STATUS, _CAN, _STATUS, _PRIORITIES, _WAIT, _STATUS,
        _PRIORITIES, _GRAB, _STATUS, _PRIORITIES, _DONE, _STATUS, _PRIORITIES, worker.hang_up(), _STATUS,
        _PRIORITIES),
    row("prioritystatus of each priority", *[client.say(type_, "{f}", "", "x") for type_ in SUBMITS], _STATUS,
        _PRIORITIES, _CAN, _GRAB, _GRAB, _GRAB, _STATUS, _PRIORITIES),
    row("status of several functions", *[client.say(P.SUBMIT_JOB_BG, f"{{f}}{n}", "", "") for n in "abcabca"],
        worker.say(P.CAN_DO, "{f}b"), second.say(P.CAN_DO, "{f}b"), _STATUS, _PRIORITIES),
    row("status of nothing at all", _STATUS, _PRIORITIES, _JOBS, _UNIQUES, fresh=True),
    row("workers of all kinds", worker.say(P.SET_CLIENT_ID, "one"), _CAN, second.say(P.CAN_DO, "a"),
        second.say(P.CAN_DO, "b"), client.say(P.ECHO_REQ, ""), other.say(P.SET_CLIENT_ID, "idle"),
        admin.line("workers"), fresh=True),
    row("show jobs through a job's life", _WAIT, _SUBMIT, _JOBS, _CAN, _GRAB, _JOBS, worker.hang_up(), _JOBS,
        second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB), second.say(P.GRAB_JOB), _JOBS,
        second.say(P.WORK_COMPLETE, "{1}", ""), second.say(P.WORK_FAIL, "{2}"), _JOBS),
    row("show jobs counts retries", _SUBMIT, _CAN, _GRAB, worker.say(P.CANT_DO, "{f}"), _JOBS, _CAN, _GRAB,
        worker.say(P.RESET_ABILITIES), _JOBS, _CAN, _GRAB, worker.hang_up(), _JOBS),
    row("show unique jobs through a job's life", _WAIT, _UNIQUES,
        client.say(P.SUBMIT_JOB_BG, "{f}", "{f}v", "x"),
        _UNIQUES, _CAN, _GRAB, _UNIQUES, _DONE, _UNIQUES),
    row("show unique jobs of odd uniques",
        *[client.say(P.SUBMIT_JOB_BG, function, unique, "x")
          for function,
          unique in [("a", ""), ("a", ""), ("a", "-"), ("b", "-"), ("a", "u"), ("b", "u"), ("a", "x y")]],
        _UNIQUES, fresh=True),
]  # fmt: skip

_CANCEL: list[Row] = [
    row("cancel a background job that waits", _SUBMIT, admin.line("cancel job {1}\r"),
        client.say(P.GET_STATUS, "{1}").ours(
            "client: STATUS_RES H1 | 0 | 0 | 0 | 0"),
        _STATUS.ours(r"admin: .\n", r"admin: {f}\t0\t0\t0\n"), _JOBS.ours(r"admin: .\n"), _CAN, _GRAB,
        _STATUS, _JOBS,
        differs="a cancelled job is gone at once; gearmand's is, once a worker comes to it"),
    row("cancel a job that waits with a listener", _WAIT, admin.line("cancel job {1}"), _CAN, _GRAB),
    row("cancel in upper case", _WAIT, admin.line("CANCEL JOB {1}"), _CAN, _GRAB),
    row("cancel a job twice", _WAIT, admin.line("cancel job {1}\r"),
        admin.line("cancel job {1}\r").ours(r"admin: ERR UNKNOWN_JOB\r\n"), _CAN, _GRAB,
        differs="a cancelled job is unknown, and its client hears of its end once; gearmand says it again"),
    row("cancel a job that has ended", _WAIT, _CAN, _GRAB, _DONE, admin.line("cancel job {1}\r")),
    row("cancel a job that runs", _WAIT, _CAN, _GRAB, admin.line("cancel job {1}\r"),
        client.say(P.GET_STATUS, "{1}"), _DONE.ours(), _STATUS, _GRAB,
        differs="the client of a cancelled job hears of one end; gearmand also sends what the worker makes"),
    row("cancel a background job that runs", _SUBMIT, _CAN, _GRAB, admin.line("cancel job {1}\r"), _DONE,
        _STATUS),
    row("cancel reaches every listener", _WAIT, other.say(P.SUBMIT_JOB, "{f}", "{f}u", "x"),
        admin.line("cancel job {1}\r"), _CAN, _GRAB),
    row("the unique of a cancelled job makes a new one", _WAIT, admin.line("cancel job {1}\r"),
        other.say(P.SUBMIT_JOB, "{f}", "{f}u", "new").ours("other: JOB_CREATED H2"), _CAN,
        _GRAB.ours("worker: JOB_ASSIGN H2 | {f} | new"),
        differs="a cancelled job leaves the table of uniques at once; gearmand loses the new one"),
    row("cancel one of several", *[client.say(P.SUBMIT_JOB, "{f}", "", n) for n in "123"],
        admin.line("cancel job {2}\r"), _CAN, _GRAB, _GRAB, _GRAB),
    row("cancel a job of the future", client.say(P.SUBMIT_JOB_EPOCH, "{f}", "", "9999999999", "x"),
        admin.line("cancel job {1}\r"), _CAN, _GRAB),
]  # fmt: skip

_EXTRA: list[Row] = [
    row(f"the line {line!r}", _WAIT, admin.line(line), _CAN, _GRAB, _STATUS)
    for line in [
        "cancel job {1} extra", "cancel JOB {1}", "cancel Job {1}\r", "create function {f}new extra\r",
        "create function {f}new a b\r", "create FUNCTION {f}new\r", "drop function {f}none extra\r",
        "drop FUNCTION {f}none\r", "workers {f}", "prioritystatus x y z w",
        "getpid x\r",
    ]
]  # fmt: skip

_CUT = "create function takes the whole name also with a bare line feed; gearmand cuts its last byte"
_FUNCTIONS: list[Row] = [
    row("create a function", admin.line("create function {f}\r"), _STATUS, _PRIORITIES),
    row("create a function twice", admin.line("create function {f}\r"), admin.line("create function {f}\r"),
        _STATUS),
    row("create a function in upper case", admin.line("CREATE FUNCTION {f}\r"), _STATUS),
    row("create a function with a bare line feed", admin.line("create function {f}ab"),
        _STATUS.ours(r"admin: .\n", r"admin: {f}ab\t0\t0\t0\n"), differs=_CUT),
    row("create a function that has jobs", _SUBMIT, admin.line("create function {f}\r"), _STATUS),
    row("create and use a function", admin.line("create function {f}\r"), _SUBMIT, _CAN, _GRAB, _DONE,
        _STATUS),
    row("drop a function", admin.line("create function {f}\r"), admin.line("drop function {f}\r"), _STATUS,
        admin.line("drop function {f}\r")),
    row("drop a function with a bare line feed", admin.line("create function {f}\r"),
        admin.line("drop function {f}"),
        _STATUS),
    row("drop a function in other case", admin.line("create function {f}\r"),
        admin.line("drop function FUNCTION-none"),
        admin.line("DROP FUNCTION {f}\r"), _STATUS),
    row("drop a function with a worker", _CAN, admin.line("drop function {f}\r"), _STATUS),
    row("drop a function whose worker has left", _CAN, worker.hang_up(), admin.line("drop function {f}\r"),
        _STATUS),
    row("drop a function with a running job", _WAIT, _CAN, _GRAB, admin.line("drop function {f}\r"), _DONE),
    row("drop a function whose jobs are done", _WAIT, _CAN, _GRAB, _DONE, worker.hang_up(),
        admin.line("drop function {f}\r"), _STATUS),
    row("drop a function with a waiting job", _SUBMIT,
        admin.line("drop function {f}\r").ours(
            r"admin: ERR there are still connected workers or executing clients\r\n"),
        _STATUS.ours(r"admin: .\n", r"admin: f\t1\t0\t0\n"), fresh=True,
        differs="a function with waiting jobs is not dropped; gearmand's jobs are lost") ,
    row("a dropped function begins anew", admin.line("create function {f}\r"), admin.line("maxqueue {f} 1\r"),
        admin.line("drop function {f}\r"), _SUBMIT, _SUBMIT, _STATUS),
]  # fmt: skip


_MANY = [client.say(P.SUBMIT_JOB_BG, "{f}", "", str(i)) for i in range(4)]
_OF_ALL = [
    client.say(type_, "{f}", "", str(i)) for i in range(3) for type_ in SUBMITS if type_.name.endswith("BG")
]


def _limited(words: str) -> Row:
    """A function that is known and then limited."""
    return row(
        f"maxqueue with {words!r}",
        _CAN,
        admin.line(f"maxqueue {{f}}{words}\r"),
        *_OF_ALL,
        _STATUS,
        _PRIORITIES,
    )


_MAXQUEUE: list[Row] = [
    *[
        _limited(words)
        for words in [
            " 2", " 0", " 1", " 2 1", " 1 2 3", " 3 2 1", " 0 1 0", " 1 0 0", " 0 0 1", " 0 0 0", " -1", " x",
            " 2x", " 1.5", " +2", " 007", "", " 1 x 1", " -1 2 -1", "   2",
        ]
    ],
    row("maxqueue with a bare line feed", _CAN, admin.line("maxqueue {f} 2"), *_MANY, _STATUS),
    row("maxqueue with spaces at the end", _CAN, admin.line("maxqueue {f} 2  "), *_MANY[:2],
        _MANY[2].ours(f"client: {_FULL}"), _STATUS.ours(r"admin: .\n", r"admin: {f}\t2\t0\t1\n"),
        differs=_BLANKS),
    row("MAXQUEUE in upper case", _CAN, admin.line("MAXQUEUE {f} 2\r"), *_MANY, _STATUS),
    row("maxqueue counts running jobs", _CAN, admin.line("maxqueue {f} 2\r"), *_MANY, _GRAB, *_MANY, _DONE,
        *_MANY, _STATUS),
    row("maxqueue refuses foreground jobs too", _CAN, admin.line("maxqueue {f} 1\r"), _WAIT, _WAIT,
        client.say(P.SUBMIT_JOB_HIGH, "{f}", "", ""), client.say(P.SUBMIT_JOB_LOW, "{f}", "", ""), _GRAB,
        _DONE, _WAIT),
    row("maxqueue lets identical jobs join", _CAN, admin.line("maxqueue {f} 1\r"),
        client.say(P.SUBMIT_JOB_BG, "{f}", "u", "x"), client.say(P.SUBMIT_JOB_BG, "{f}", "u", "x"),
        other.say(P.SUBMIT_JOB, "{f}", "u", "x"), other.say(P.SUBMIT_JOB, "{f}", "v", "x")),
    row("maxqueue refuses jobs of the future", _CAN, admin.line("maxqueue {f} 1\r"), _SUBMIT,
        client.say(P.SUBMIT_JOB_EPOCH, "{f}", "", "9999999999", "x"),
        client.say(P.SUBMIT_REDUCE_JOB, "{f}", "", "r", "", "x")),
    row("maxqueue set while more wait", *_MANY, admin.line("maxqueue {f} 1\r"), *_MANY, _CAN, _GRAB, *_MANY,
        _STATUS),
    row("maxqueue taken back", _CAN, admin.line("maxqueue {f} 1\r"), *_MANY, admin.line("maxqueue {f}\r"),
        *_MANY, _STATUS),
    row("maxqueue of one function is not that of another", worker.say(P.CAN_DO, "{f}a"),
        admin.line("maxqueue {f}a 1\r"), *_MANY, client.say(P.SUBMIT_JOB_BG, "{f}a", "", ""),
        client.say(P.SUBMIT_JOB_BG, "{f}a", "", "")),
    row("maxqueue of a function that was created", admin.line("create function {f}\r"),
        admin.line("maxqueue {f} 1\r"),
        *_MANY, _STATUS),
    row("maxqueue of an unknown function", admin.line("maxqueue {f} 1\r"), _MANY[0],
        _MANY[1].ours(f"client: {_FULL}"),
        _STATUS.ours(r"admin: .\n", r"admin: {f}\t1\t0\t0\n"),
        differs="maxqueue is remembered for a function that is not known yet"),
    row("a job that is full is refused and a worker is not woken", _CAN, admin.line("maxqueue {f} 1\r"),
        worker.say(P.PRE_SLEEP), *_MANY, _GRAB, _GRAB),
]  # fmt: skip

ROWS = [*_FORMS, *_COUNTERS, *_CANCEL, *_EXTRA, *_FUNCTIONS, *_MAXQUEUE]

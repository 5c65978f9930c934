"""Conversations about jobs: submitting, joining, order, progress, results, questions, clients that leave."""

from __future__ import annotations

from gearcli.protocol.packets import SUBMITS, PacketType
from gearcli.protocol.packets import PacketType as P
from tests.interop.conversations import Row, Step, admin, client, other, row, second, third, worker

_FOREGROUND = [type_ for type_, (_, background) in SUBMITS.items() if not background]
_BACKGROUND = [type_ for type_, (_, background) in SUBMITS.items() if background]


def _submit(unique: str = "", workload: str = "x", type_: PacketType = P.SUBMIT_JOB_BG) -> Step:
    return client.say(type_, "{f}", unique, workload)


_CAN = worker.say(P.CAN_DO, "{f}")
_GRAB = worker.say(P.GRAB_JOB)
_GRAB_UNIQ = worker.say(P.GRAB_JOB_UNIQ)
_DONE = worker.say(P.WORK_COMPLETE, "{1}", "result")
_STATUS = client.say(P.GET_STATUS, "{1}")
_COUNTS = (admin.line("status"), admin.line("prioritystatus"))

_BIG = "a number beyond 32 bits counts as the largest one; gearmand wraps it or closes the connection"

_REPORT: dict[PacketType, list[str]] = {
    P.WORK_DATA: ["x"], P.WORK_WARNING: ["x"], P.WORK_EXCEPTION: ["x"], P.WORK_COMPLETE: ["x"],
    P.WORK_STATUS: ["1", "2"], P.WORK_FAIL: [],
}  # fmt: skip

_LIVES: list[Row] = [
    *[
        row(f"the life of a {type_.name}", _submit("{f}u", "a\0b", type_), *_COUNTS, _CAN, _GRAB_UNIQ,
            *_COUNTS,
            worker.say(P.WORK_STATUS, "{1}", "1", "2"), _STATUS, _DONE, *_COUNTS, _STATUS, _GRAB)
        for type_ in SUBMITS
    ],
    *[
        row(f"{type_.name} joined while it waits", _submit("u", "one", type_),
            other.say(P.SUBMIT_JOB, "{f}", "u", "two"), other.say(P.SUBMIT_JOB_HIGH_BG, "{f}", "u", "three"),
            *_COUNTS, _CAN, _GRAB_UNIQ, _DONE, _GRAB)
        for type_ in _FOREGROUND
    ],
    *[
        row(f"{type_.name} joined while it runs", _submit("u", "one", type_), _CAN, _GRAB_UNIQ,
            other.say(P.SUBMIT_JOB, "{f}", "u", "two"), worker.say(P.WORK_DATA, "{1}", "part"),
            third.say(P.SUBMIT_JOB_LOW, "{f}", "u", "three"), worker.say(P.WORK_STATUS, "{1}", "2", "3"),
            client.say(P.GET_STATUS_UNIQUE, "u"), _DONE, _GRAB)
        for type_ in SUBMITS
    ],
    *[
        row(f"identical {type_.name} make one job", _submit("u", "one", type_), _submit("u", "two", type_),
            _submit("", "three", type_), _submit("", "three", type_), _CAN, *[_GRAB_UNIQ] * 4)
        for type_ in _BACKGROUND
    ],
    row("one client waits for a job twice", *[_submit("u", "x", P.SUBMIT_JOB)] * 2, _CAN, _GRAB, _DONE),
    row("a unique is free again when its job has ended", _submit("u"), _CAN, _GRAB, _DONE, _submit("u"),
        _GRAB_UNIQ),
    row("a unique is free again when its job has failed", _submit("u"), _CAN, _GRAB,
        worker.say(P.WORK_FAIL, "{1}"), _submit("u"), _GRAB_UNIQ),
    row("a unique belongs to its function", client.say(P.SUBMIT_JOB_BG, "{f}a", "u", "x"),
        client.say(P.SUBMIT_JOB_BG, "{f}b", "u", "x")),
    row("uniques are compared byte for byte", _submit("u"), _submit("U"), _submit("u "), _submit("\xfc")),
    row("unique - joins what has the same workload", _submit("-", "one"), _submit("-", "one"),
        _submit("-", "two"),
        _submit("-", "one\0"), _CAN, *[_GRAB_UNIQ] * 4),
    row("unique - with an empty workload joins nothing", _submit("-", ""), _submit("-", "")),
    row("unique - belongs to its function", client.say(P.SUBMIT_JOB_BG, "{f}a", "-", "x"),
        client.say(P.SUBMIT_JOB_BG, "{f}b", "-", "x")),
    row("unique - joins what runs", _submit("-", "x", P.SUBMIT_JOB), _CAN, _GRAB,
        other.say(P.SUBMIT_JOB, "{f}", "-", "x"), _DONE),
    row("unique # is nothing special", _submit("#", "one"), _submit("#", "two")),
]  # fmt: skip

_ORDER: list[Row] = [
    row("jobs of one priority come in order", *[_submit("", str(i)) for i in range(5)], _CAN, *[_GRAB] * 6),
    row("priorities come in order", *[_submit("", f"{i} {t.name}", t) for i in (1, 2) for t in SUBMITS],
        _CAN, *[_GRAB] * 13),
    row("background and foreground are in one line", _submit("", "1", P.SUBMIT_JOB_BG),
        _submit("", "2", P.SUBMIT_JOB), _submit("", "3", P.SUBMIT_JOB_BG), _CAN, *[_GRAB] * 4),
    row("a job that lost its worker waits at the end", _submit("", "1"), _submit("", "2"), _CAN, _GRAB,
        worker.hang_up(), second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB), second.say(P.GRAB_JOB)),
    row("a job that lost its worker keeps its priority", _submit("", "1", P.SUBMIT_JOB_HIGH_BG),
        _submit("", "2"),
        _CAN, _GRAB, worker.hang_up(), second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB)),
    row("priority counts over all functions", worker.say(P.CAN_DO, "{f}a"), worker.say(P.CAN_DO, "{f}b"),
        client.say(P.SUBMIT_JOB_LOW_BG, "{f}b", "", "low"),
        client.say(P.SUBMIT_JOB_HIGH_BG, "{f}a", "", "high"),
        _GRAB.ours("worker: JOB_ASSIGN H2 | {f}a | high"), _GRAB.ours("worker: JOB_ASSIGN H1 | {f}b | low"),
        differs="priority counts over all functions of a worker, as in gearmand 2.x"),
    row("functions take turns", worker.say(P.CAN_DO, "{f}a"), worker.say(P.CAN_DO, "{f}b"),
        *[client.say(P.SUBMIT_JOB_BG, f"{{f}}{f}", "", f + n) for n in "12" for f in "ab"],
        _GRAB, _GRAB.ours("worker: JOB_ASSIGN H1 | {f}a | a1"),
        _GRAB.ours("worker: JOB_ASSIGN H4 | {f}b | b2"),
        _GRAB, _GRAB, differs="functions of a worker take turns, as in gearmand 2.x"),
    row("the function named last is served first", worker.say(P.CAN_DO, "{f}a"), worker.say(P.CAN_DO, "{f}b"),
        client.say(P.SUBMIT_JOB_BG, "{f}a", "", "a"), client.say(P.SUBMIT_JOB_BG, "{f}b", "", "b"), _GRAB,
        _GRAB),
    row("functions take turns if gearmand is told so", worker.say(P.CAN_DO, "{f}a"),
        worker.say(P.CAN_DO, "{f}b"), worker.say(P.CAN_DO, "{f}c"),
        *[client.say(P.SUBMIT_JOB_BG, f"{{f}}{f}", "", f + n) for n in "123" for f in "abc"],
        *[_GRAB] * 10, options=("-R",)),
    row("a worker gets only what it can do", worker.say(P.CAN_DO, "{f}a"), _submit(), _GRAB, _CAN, _GRAB),
]  # fmt: skip

_REPORTS: list[Row] = [
    *[
        row(f"{type_.name} reaches every listener", client.say(P.SUBMIT_JOB, "{f}", "u", ""),
            other.say(P.SUBMIT_JOB, "{f}", "u", ""), _CAN, _GRAB, worker.say(type_, "{1}", "by\0tes\n"),
            worker.say(type_, "{1}", ""))
        for type_ in (P.WORK_DATA, P.WORK_WARNING, P.WORK_COMPLETE)
    ],
    row("WORK_FAIL reaches every listener", client.say(P.SUBMIT_JOB, "{f}", "u", ""),
        other.say(P.SUBMIT_JOB, "{f}", "u", ""), _CAN, _GRAB, worker.say(P.WORK_FAIL, "{1}"), _DONE),
    *[
        row(f"WORK_STATUS {num}/{den}", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB,
            worker.say(P.WORK_STATUS, "{1}", num, den), _STATUS)
        for num, den in [("0", "0"), ("5", "1"), ("1", "0"), ("4294967295", "4294967295"), ("007", "008"),
                         ("0", "100"), ("x", "y"), ("", ""), ("1.5", "2 ")]
    ],
    *[
        row(f"WORK_STATUS of more than 32 bits: {den}", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB,
            worker.say(P.WORK_STATUS, "{1}", "1", den),
            _STATUS.ours("client: STATUS_RES H1 | 1 | 1 | 1 | 4294967295"), differs=_BIG)
        for den in ("4294967296", "9999999999", "12345678901")
    ],
    row("WORK_STATUS of less than nothing", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB,
        worker.say(P.WORK_STATUS, "{1}", "-1", "-2"), _STATUS.ours("client: STATUS_RES H1 | 1 | 1 | 0 | 0"),
        differs=_BIG),
    row("WORK_STATUS of 20 digits", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB,
        worker.say(P.WORK_STATUS, "{1}", "1", "9" * 20).ours(f"client: WORK_STATUS H1 | 1 | {'9' * 20}"),
        _STATUS.ours("client: STATUS_RES H1 | 1 | 1 | 1 | 4294967295"), differs=_BIG),
    *[
        row(f"a {type_.name} of nobody's job", worker.say(type_, "H:nowhere:1", *more))
        for type_, more in _REPORT.items()
    ],
    *[
        row(f"a {type_.name} from another than the worker", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB,
            second.say(type_, "{1}", *more), client.say(type_, "{1}", *more), _STATUS, _DONE)
        for type_, more in _REPORT.items()
    ],
    *[
        row(f"a {type_.name} for a job that still waits", _submit("", "", P.SUBMIT_JOB), _CAN,
            worker.say(type_, "{1}", *more), _GRAB)
        for type_, more in _REPORT.items()
    ],
    *[
        row(f"a {type_.name} after the end", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB, _DONE,
            worker.say(type_, "{1}", *more))
        for type_, more in _REPORT.items()
    ],
    row("an exception of a background job", _submit(), _CAN, _GRAB, worker.say(P.WORK_EXCEPTION, "{1}", "x"),
        *_COUNTS, _STATUS),
    row("an exception for one who asked for such", client.say(P.OPTION_REQ, "exceptions"),
        _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB, worker.say(P.WORK_EXCEPTION, "{1}", "wo\0rds"),
        worker.say(P.WORK_FAIL, "{1}").ours(), _STATUS,
        differs="a WORK_FAIL after an exception, as Perl's worker says it, is no ERROR"),
    row("an exception for one who asked while the job ran", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB,
        client.say(P.OPTION_REQ, "exceptions"), worker.say(P.WORK_EXCEPTION, "{1}", "words")),
    row("an exception for one who did not ask", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB,
        worker.say(P.WORK_EXCEPTION, "{1}", "words").ours("client: WORK_FAIL H1"), _STATUS,
        differs="WORK_FAIL has no trailing NUL, which libgearman up to 1.1.22 cannot read"),
    row("an exception for one who asked and one who did not", client.say(P.OPTION_REQ, "exceptions"),
        _submit("u", "", P.SUBMIT_JOB), other.say(P.SUBMIT_JOB, "{f}", "u", ""), _CAN, _GRAB,
        worker.say(P.WORK_EXCEPTION, "{1}", "words").ours(
            "client: WORK_EXCEPTION H1 | words", "other: WORK_FAIL H1"),
        differs="WORK_FAIL has no trailing NUL, which libgearman up to 1.1.22 cannot read"),
    row("an exception where all want such", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB,
        worker.say(P.WORK_EXCEPTION, "{1}", "words"), options=("--exceptions",)),
]  # fmt: skip

_QUESTIONS: list[Row] = [
    row("GET_STATUS of nothing", client.say(P.GET_STATUS, "")),
    row("GET_STATUS of an unknown handle", client.say(P.GET_STATUS, "H:nowhere:1")),
    row("GET_STATUS of words", client.say(P.GET_STATUS, "not a handle")),
    row("GET_STATUS from somebody else", _submit(), other.say(P.GET_STATUS, "{1}"), _CAN, _GRAB,
        worker.say(P.WORK_STATUS, "{1}", "3", "4"), other.say(P.GET_STATUS, "{1}"), _DONE,
        other.say(P.GET_STATUS, "{1}")),
    row("progress is forgotten with the worker", _submit(), _CAN, _GRAB,
        worker.say(P.WORK_STATUS, "{1}", "3", "4"),
        worker.hang_up(), _STATUS),
    row("GET_STATUS_UNIQUE of an unknown one", client.say(P.GET_STATUS_UNIQUE, "{f}nobody")),
    row("GET_STATUS_UNIQUE of nothing", client.say(P.GET_STATUS_UNIQUE, "")),
    row("GET_STATUS_UNIQUE before, while and after", _submit("{f}u", "", P.SUBMIT_JOB),
        client.say(P.GET_STATUS_UNIQUE, "{f}u"), _CAN, _GRAB, other.say(P.GET_STATUS_UNIQUE, "{f}u"),
        worker.say(P.WORK_STATUS, "{1}", "3", "4"), other.say(P.GET_STATUS_UNIQUE, "{f}u"),
        other.say(P.SUBMIT_JOB, "{f}", "{f}u", ""), other.say(P.GET_STATUS_UNIQUE, "{f}u"), _DONE,
        other.say(P.GET_STATUS_UNIQUE, "{f}u")),
    row("GET_STATUS_UNIQUE of a background job", _submit("{f}u"), client.say(P.GET_STATUS_UNIQUE, "{f}u")),
    row("GET_STATUS_UNIQUE of -", _submit("-", "x"),
        client.say(P.GET_STATUS_UNIQUE, "-"), fresh=True),
    row("GET_STATUS_UNIQUE prefers what runs", client.say(P.SUBMIT_JOB_BG, "{f}a", "{f}u", ""),
        client.say(P.SUBMIT_JOB, "{f}b", "{f}u", ""), worker.say(P.CAN_DO, "{f}a"), _GRAB,
        client.say(P.GET_STATUS_UNIQUE, "{f}u").ours("client: STATUS_RES_UNIQUE {f}u | 1 | 1 | 0 | 0 | 0"),
        differs="GET_STATUS_UNIQUE prefers a job that runs; gearmand takes any with this unique"),
]  # fmt: skip

_LEAVING: list[Row] = [
    row("a client leaves while its job waits", _submit("{f}u", "", P.SUBMIT_JOB), client.hang_up(),
        admin.line("status").ours("admin: .\\n", "admin: {f}\\t0\\t0\\t0\\n"),
        admin.line("show jobs").ours("admin: .\\n"), admin.line("show unique jobs").ours("admin: .\\n"),
        admin.say(P.GET_STATUS, "{1}").ours("admin: STATUS_RES H1 | 0 | 0 | 0 | 0"), _CAN, _GRAB,
        differs="an abandoned job is gone at once; gearmand's is, once a worker comes to it"),
    row("an abandoned job is not given out", _submit("", "1", P.SUBMIT_JOB),
        other.say(P.SUBMIT_JOB_BG, "{f}", "", "2"),
        client.hang_up(), _CAN, _GRAB, _GRAB),
    row("a client leaves and another still waits", _submit("u", "", P.SUBMIT_JOB),
        other.say(P.SUBMIT_JOB, "{f}", "u", ""), client.hang_up(), admin.line("status"), _CAN, _GRAB, _DONE),
    row("a client leaves while its job runs", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB, client.hang_up(),
        admin.line("status"), worker.say(P.WORK_DATA, "{1}", "x"), worker.say(P.WORK_STATUS, "{1}", "1", "2"),
        _DONE, admin.line("status"), _GRAB),
    row("a background job's client leaves", _submit(), client.hang_up(), admin.line("status"), _CAN, _GRAB,
        _DONE),
    row("a unique of an abandoned job makes a new one", _submit("u", "old", P.SUBMIT_JOB), client.hang_up(),
        other.say(P.SUBMIT_JOB, "{f}", "u", "new").ours("other: JOB_CREATED H2"), _CAN,
        _GRAB.ours("worker: JOB_ASSIGN H2 | {f} | new"),
        differs="an abandoned job leaves the table of uniques at once; gearmand loses the new one"),
    row("background interest survives a listener that leaves", _submit("u", "x"),
        other.say(P.SUBMIT_JOB, "{f}", "u", ""), other.hang_up(), _CAN,
        _GRAB.ours("worker: JOB_ASSIGN H1 | {f} | x"),
        differs="a background job survives a foreground listener that leaves; gearmand drops it"),
    row("background interest survives a listener that leaves while it runs", _submit("u", "x"), _CAN, _GRAB,
        other.say(P.SUBMIT_JOB, "{f}", "u", ""), other.hang_up(), worker.hang_up(),
        second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB).ours("second: JOB_ASSIGN H1 | {f} | x"),
        differs="a background job survives a foreground listener that leaves; gearmand drops it"),
    row("client and worker both leave", _submit("", "", P.SUBMIT_JOB), _CAN, _GRAB, client.hang_up(),
        worker.hang_up(),
        second.say(P.CAN_DO, "{f}"), second.say(P.GRAB_JOB), admin.line("status")),
]  # fmt: skip

ROWS = [*_LIVES, *_ORDER, *_REPORTS, *_QUESTIONS, *_LEAVING]

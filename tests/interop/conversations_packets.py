"""Conversations about packets as such: magic, types, arguments, sizes, echoes, options, client ids."""

from __future__ import annotations

from gearcli.protocol.packets import SUBMITS
from gearcli.protocol.packets import PacketType as P
from tests.interop.conversations import Row, admin, client, other, row, worker

_COMMAND = "ERROR INVALID_COMMAND | Command not expected"
_FIELDS = "ERROR INVALID_PACKET | Packet has too few arguments"
_HANDLE = "ERROR ARGUMENT_TOO_LARGE | Job handle too large"
_NUMBER = "ERROR INVALID_PACKET | Argument is not a number"
_TYPE = "ERROR INVALID_PACKET | Unknown packet type or magic"
_EVERY_BYTE = "".join(map(chr, range(256)))

_ERROR_NOT_SILENCE = "an ERROR is sent before the connection is closed"
_MISSING = "a packet with too few arguments is answered by ERROR and the connection stays"


def _header(type_: int, size: int, magic: str = "\0REQ") -> str:
    return magic + type_.to_bytes(4, "big").decode("latin-1") + size.to_bytes(4, "big").decode("latin-1")


_ECHOES: list[Row] = [
    row("echo of nothing", client.say(P.ECHO_REQ, "")),
    row("echo of a word", client.say(P.ECHO_REQ, "word")),
    row("echo of every byte", client.say(P.ECHO_REQ, _EVERY_BYTE)),
    row("echo of NULs", client.say(P.ECHO_REQ, "\0" * 100)),
    row("echo of line ends", client.say(P.ECHO_REQ, "status\nversion\r\n")),
    row("echo of a packet", client.say(P.ECHO_REQ, _header(16, 0) + _header(16, 3) + "abc")),
    row("echo of 8 kB and a byte", client.say(P.ECHO_REQ, "x" * 8193)),
    row("echo of 100 kB", client.say(P.ECHO_REQ, _EVERY_BYTE * 400)),
    row("echoes in one breath", client.say_all(*[(P.ECHO_REQ, str(i)) for i in range(100)])),
    row(
        "an echo without arguments has an empty one",
        client.raw(_header(16, 0)),
    ),
]

_OPTIONS: list[Row] = [
    row("option exceptions", client.say(P.OPTION_REQ, "exceptions")),
    row(
        "option exceptions twice",
        client.say(P.OPTION_REQ, "exceptions"),
        client.say(P.OPTION_REQ, "exceptions"),
    ),
    row("option exceptions in upper case", client.say(P.OPTION_REQ, "EXCEPTIONS")),
    row("option exceptions in mixed case", client.say(P.OPTION_REQ, "eXcePtions")),
    row("option nonsense", client.say(P.OPTION_REQ, "nonsense")),
    row("option with a prefix of the name", client.say(P.OPTION_REQ, "exception")),
    row("option with more than the name", client.say(P.OPTION_REQ, "exceptionsx")),
    row("option without a name", client.say(P.OPTION_REQ, "")),
    row("option of 63 bytes", client.say(P.OPTION_REQ, "o" * 63)),
    row("option of 64 bytes", client.say(P.OPTION_REQ, "o" * 64)),
    row("option of 1000 bytes", client.say(P.OPTION_REQ, "o" * 1000)),
    row(
        "option with a NUL at its end",
        client.say(P.OPTION_REQ, "exceptions\0").ours("client: OPTION_RES exceptions"),
        differs="a NUL at the end of an option is not part of its name",
    ),
]

_CLIENT_IDS: list[Row] = [
    row("client id", worker.say(P.SET_CLIENT_ID, "id-{f}"), admin.line("workers")),
    row(
        "client id changed",
        worker.say(P.SET_CLIENT_ID, "id-{f}"),
        worker.say(P.SET_CLIENT_ID, "other-{f}"),
        admin.line("workers"),
    ),
    row("client id with spaces", worker.say(P.SET_CLIENT_ID, "an id of {f}"), admin.line("workers")),
    row("client id of 127 bytes", worker.say(P.SET_CLIENT_ID, "{f}" + "i" * 114), admin.line("workers")),
    row("client id of 200 bytes", worker.say(P.SET_CLIENT_ID, "{f}" + "i" * 200), admin.line("workers")),
    row("no client id", worker.say(P.CAN_DO, "{f}"), admin.line("workers")),
    row(
        "client id empty",
        worker.say(P.CAN_DO, "{f}"),
        worker.say(P.SET_CLIENT_ID, ""),
        admin.line("workers"),
    ),
    row("client id of a client", client.say(P.SET_CLIENT_ID, "id-{f}"), client.line("workers")),
]

_RESPONSES = [
    P.NOOP, P.JOB_CREATED, P.NO_JOB, P.JOB_ASSIGN, P.ECHO_RES, P.ERROR, P.STATUS_RES, P.OPTION_RES,
    P.JOB_ASSIGN_UNIQ, P.JOB_ASSIGN_ALL, P.STATUS_RES_UNIQUE,
]  # fmt: skip

_WRONG_TYPES: list[Row] = [
    *[
        row(f"{type_.name} said to a server", client.say(type_, *["x" for _ in type_.fields]))
        for type_ in _RESPONSES
    ],
    row("the unused type 5", client.say(P.UNUSED)),
    row("packet type 0", client.raw(_header(0, 0)).ours(f"client: {_TYPE}", "client: closed"),
        differs=_ERROR_NOT_SILENCE),
    *[
        row(f"packet type {number}",
            client.raw(_header(number, 0)).ours(f"client: {_TYPE}", "client: closed"),
            differs=_ERROR_NOT_SILENCE)
        for number in (43, 99, 0x7FFFFFFF)
    ],
    row("packet type 4294967295", other.say(P.ECHO_REQ, "x"),
        client.raw(_header(0xFFFFFFFF, 0)).ours(f"client: {_TYPE}", "client: closed"),
        other.say(P.ECHO_REQ, "still there?").ours("other: ECHO_RES still there?"),
        differs="gearmand 1.1.20 crashes; an ERROR is sent before the connection is closed", fresh=True),
]  # fmt: skip

_WRONG_MAGIC: list[Row] = [
    row("an echo with the magic of responses", client.raw(_header(16, 0, "\0RES"))),
    row("an echo with the magic of responses and a body", client.raw(_header(16, 4, "\0RES") + "body")),
    row("a submission with the magic of responses", client.raw(_header(7, 4, "\0RES") + "f\0\0x")),
    row("a grab with the magic of responses", client.raw(_header(9, 0, "\0RES"))),
    row("a response type with the magic of responses", client.raw(_header(10, 0, "\0RES"))),
    *[
        row(f"magic {magic!r}", client.raw(_header(16, 0, magic)).ours(f"client: {_TYPE}", "client: closed"),
            differs=_ERROR_NOT_SILENCE)
        for magic in ("\0REX", "\0req", "\0\0\0\0", "\0\xff\xff\xff")
    ],
    row("others go on when one says nonsense", other.say(P.ECHO_REQ, "before"),
        client.raw("\0" * 12).ours(f"client: {_TYPE}", "client: closed"), other.say(P.ECHO_REQ, "after"),
        differs=_ERROR_NOT_SILENCE),
]  # fmt: skip

_MISSING_ARGUMENTS: list[Row] = [
    row(f"{type_.name} with one argument of {len(type_.fields)}",
        client.say(type_, "{f}").ours(f"client: {_FIELDS}"), differs=_MISSING)
    for type_ in [
        P.SUBMIT_JOB, P.SUBMIT_JOB_BG, P.SUBMIT_JOB_HIGH, P.SUBMIT_JOB_HIGH_BG,
        P.SUBMIT_JOB_LOW, P.SUBMIT_JOB_LOW_BG, P.SUBMIT_JOB_EPOCH,
        P.SUBMIT_REDUCE_JOB, P.SUBMIT_REDUCE_JOB_BACKGROUND,
    ]
] + [
    row(f"{type_.name} with one argument of 2", client.say(P.SUBMIT_JOB, "{f}", "", ""),
        worker.say(P.CAN_DO, "{f}"), worker.say(P.GRAB_JOB),
        worker.say(type_, "{1}").ours(*lines),
        differs="a report without data has none, as Perl's worker sends it; gearmand closes the connection")
    for type_, *lines in [
        (P.WORK_COMPLETE, "client: WORK_COMPLETE H1 | "), (P.WORK_DATA, "client: WORK_DATA H1 | "),
        (P.WORK_WARNING, "client: WORK_WARNING H1 | "), (P.WORK_EXCEPTION, "client: WORK_FAIL H1"),
    ]
]  # fmt: skip

_LIMITS: list[Row] = [
    row("a function of 500 bytes", client.say(P.SUBMIT_JOB_BG, "{f}".ljust(500, "x"), "", "")),
    *[
        row(
            f"a function of {size} bytes",
            client.say(P.SUBMIT_JOB_BG, "{f}".ljust(size, "x"), "", "").ours(
                "client: ERROR ARGUMENT_TOO_LARGE | Function name too large"
            ),
            differs="the name of a function has at most 512 bytes; gearmand hangs up from 8192 on",
        )
        for size in (8000, 9000)
    ],
    row("a unique of 63 bytes", *[client.say(P.SUBMIT_JOB_BG, "{f}", "u" * 63, "") for _ in "12"]),
    row(
        "a unique of 64 bytes",
        client.say(P.SUBMIT_JOB_BG, "{f}", "u" * 64, ""),
        client.say(P.SUBMIT_JOB_BG, "{f}", "u" * 64, "").ours("client: JOB_CREATED H1"),
        differs="a unique of 64 bytes joins jobs; gearmand cuts it to 63 and then does not find it",
    ),
    *[
        row(f"{type_.name} with a unique of 65 bytes", client.say(type_, "{f}", "u" * 65, *more))
        for type_, more in [*[(type_, [""]) for type_ in SUBMITS], (P.SUBMIT_JOB_EPOCH, ["0", ""])]
    ],
    row("GET_STATUS of a handle of 63 bytes", client.say(P.GET_STATUS, "h" * 63)),
    row(
        "GET_STATUS of a handle of 64 bytes",
        client.say(P.GET_STATUS, "h" * 64).ours(f"client: {_HANDLE}"),
        differs="a handle or unique that is too long is answered by ERROR; gearmand says nothing",
    ),
    row("GET_STATUS_UNIQUE of 63 bytes", client.say(P.GET_STATUS_UNIQUE, "u" * 63)),
    row(
        "GET_STATUS_UNIQUE of 65 bytes",
        client.say(P.GET_STATUS_UNIQUE, "u" * 65).ours(
            "client: ERROR ARGUMENT_TOO_LARGE | Unique value too large"
        ),
        differs="a handle or unique that is too long is answered by ERROR; gearmand says nothing",
    ),
    row("GET_STATUS_UNIQUE of 64 bytes", client.say(P.GET_STATUS_UNIQUE, "u" * 64).ours(
            f"client: STATUS_RES_UNIQUE {'u' * 64} | 0 | 0 | 0 | 0 | 0"), fresh=True,
        differs="a unique of 64 bytes can be asked for; gearmand closes the connection"),
    row("GET_STATUS of a handle with a NUL at its end", client.say(P.SUBMIT_JOB_BG, "{f}", "", ""),
        client.say(P.GET_STATUS, "{1}\0")),
    row("WORK_FAIL of a handle with a NUL at its end", client.say(P.SUBMIT_JOB, "{f}", "", ""),
        worker.say(P.CAN_DO, "{f}"), worker.say(P.GRAB_JOB),
        worker.say(P.WORK_FAIL, "{1}\0").ours("client: WORK_FAIL H1"),
        differs="WORK_FAIL has no trailing NUL, which libgearman up to 1.1.22 cannot read"),
    row("WORK_COMPLETE without a handle", worker.say(P.WORK_COMPLETE, "", "")),
    row("WORK_FAIL without a handle", worker.say(P.WORK_FAIL, "")),
    row("SUBMIT_REDUCE_JOB with a unique of 65 bytes",
        client.say(P.SUBMIT_REDUCE_JOB, "{f}", "u" * 65, "r", "", "").ours(
            "client: ERROR ARGUMENT_TOO_LARGE | Unique value too large"),
        differs="a unique of more than 64 bytes is refused in reduce jobs too"),
    row("WORK_FAIL of a handle of 63 bytes", worker.say(P.WORK_FAIL, "h" * 63)),
    row("WORK_FAIL of a handle of 64 bytes", worker.say(P.WORK_FAIL, "h" * 64)),
    row("WORK_COMPLETE of a handle of 64 bytes", worker.say(P.WORK_COMPLETE, "h" * 64, "")),
    row(
        "a workload of 100 kB",
        worker.say(P.CAN_DO, "{f}"),
        client.say(P.SUBMIT_JOB, "{f}", "", _EVERY_BYTE * 400),
        worker.say(P.GRAB_JOB),
        worker.say(P.WORK_COMPLETE, "{1}", _EVERY_BYTE * 400),
    ),
    row(
        "a text line longer than 8191 bytes",
        client.raw("x" * 8193).ours("client: ERROR ARGUMENT_TOO_LARGE | Text line too long",
        "client: closed"),
        differs=_ERROR_NOT_SILENCE,
    ),
]  # fmt: skip

_MIXED: list[Row] = [
    row(
        "text and packets on one connection",
        client.line("create function {f}\r"),
        client.say(P.SUBMIT_JOB_BG, "{f}", "", "x"),
        client.line("status"),
    ),
    row("text and packets in one breath", client.say_all("version\n", (P.ECHO_REQ, "x"), "getpid\r\n")),
    row(
        "a packet with arguments where none are expected",
        worker.say(P.CAN_DO, "{f}"),
        worker.raw(_header(9, 3) + "abc"),
        worker.raw(_header(4, 1) + "\0"),
    ),
]

ROWS = [
    *_ECHOES, *_OPTIONS, *_CLIENT_IDS, *_WRONG_TYPES, *_WRONG_MAGIC, *_MISSING_ARGUMENTS, *_LIMITS, *_MIXED,
]  # fmt: skip

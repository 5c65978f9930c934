"""Names that would harm a terminal or forge a row, through every command of an operator.

A server hands out whatever names its peers chose.  Here it is played, and its
names are those of ours, percent-encoded, and gearmand's, as they are.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Callable, Sequence

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gearcli.escape import percent_encoded, shown
from tests.cli.driving import at, exit_of
from tests.client.answering import Reply, answering

COUNT = 5000
PIECES = [
    *(bytes([byte]) for byte in range(1, 33)), b"\x7f", b"\x9b31m", b"\x1b[2J", b"\x1b]0;owned\x07", b"\x1bc",
    b"[red]", b"[/red]", b"[link=x]", b"\\", b"%0A", b"%", b'"', b"'", b",", b";", b"=cmd()", b"| 1", b".",
    b"\n.\n", b"\r\n", b"\t1\t2\t3", b"\n5 ::1 x : f", b" : ", b" ", b"\xff", b"\xc2\x9b2J", b"\xc2\x85",
    "\u202e".encode(), "\u2066".encode(), "\u2028".encode(), "\u200b".encode(), "\ufeff".encode(),
    "日本".encode(), "e\u0301".encode(), b"abc", b"-", b"--", b"{}", b"\\x1b", b"\\n", b"a" * 300,
]  # fmt: skip
"""What names are made of: all that has ever harmed a terminal, a table or a parser; but NUL ends a name."""


def hostile_names() -> list[bytes]:
    """Different names, the same in every run."""
    chance = random.Random(4730)
    names: dict[bytes, None] = dict.fromkeys(PIECES)
    while len(names) < COUNT:
        names[b"".join(chance.choices(PIECES, k=chance.randint(1, 5)))] = None
    return list(names)


NAMES = hostile_names()


def rows(line: Callable[[bytes], str]) -> bytes:
    return "".join(line(name) + "\n" for name in NAMES).encode() + b".\n"


def quoted(name: bytes) -> str:
    return json.dumps(percent_encoded(name))


PRIORITIES = '{"high":0,"normal":1,"low":0}'
GEAR: dict[bytes, Reply] = {
    b"version": b"OK gear \x1b[2J\r\n",
    b"functions": rows(
        lambda name: (
            f'{{"function":{quoted(name)},"waiting":{PRIORITIES},"delayed":0,"running":0,'
            f'"workers":0,"oldest":1.0,"paused":false,"maxqueue":null}}'
        )
    ),
    b"jobs": rows(
        lambda name: (
            f'{{"handle":{quoted(name)},"function":{quoted(name)},"unique":{quoted(name)},'
            f'"state":"\\u001b[2J","priority":"low\\n","background":true,"age":1,"size":1,"attempt":0,'
            f'"listeners":0,"worker":{{"number":1,"address":"\\u001b\\n","client_id":{quoted(name)}}},'
            f'"numerator":1,"denominator":2,"due":null,"reducer":{quoted(name)}}}'
        )
    ),
    b"clients": rows(
        lambda name: (
            f'{{"number":1,"address":"\\u202e\\n","client_id":{quoted(name)},'
            f'"functions":[{quoted(name)},{quoted(name)}],"asleep":false,"running":[{quoted(name)}],'
            f'"listening":0,"exceptions":false}}'
        )
    ),
}
"""A gear server, or one that pretends to be one."""

RAW = [name for name in NAMES if b"\n" not in name]
"""What gearmand can hand out without breaking its own rows."""
UNKNOWN = b"ERR UNKNOWN_COMMAND Unknown+server+command\x1b[2J\r\n"
GEARMAND: dict[bytes, Reply] = {
    b"version": b"OK 1.1.20\x1b[2J\r\n",
    **dict.fromkeys((b"functions", b"jobs", b"clients"), UNKNOWN),
    b"status": b"".join(b"%b\t1\t0\t0\n" % name for name in RAW) + b".\n",
    b"prioritystatus": b"".join(b"%b\t0\t1\t0\t0\n" % name for name in RAW) + b".\n",
    b"workers": b"".join(b"7 ::1 %b : f %b\n" % (name, name) for name in RAW) + b".\n",
    b"show jobs": b"".join(b"%b\t0\t0\t1\n" % name for name in RAW) + b".\n",
    b"show unique jobs": b"x\n"
    + b"".join(b"%b\n" % name for name in RAW if name.strip(b"\r") != b".")
    + b".\n",
}
BOTH = pytest.mark.parametrize(
    ("replies", "count"), [(GEAR, COUNT), (GEARMAND, len(RAW))], ids=["gear", "gearmand"]
)


def printed(
    replies: dict[bytes, Reply], arguments: Sequence[str], capfd: pytest.CaptureFixture[str], status: int = 0
) -> str:
    """What a command says, both ways: nothing in it but line ends and what can be seen."""
    with answering(replies) as server:
        assert status == exit_of(*arguments, *at(server.port))
    out, err = capfd.readouterr()
    for text in (out, err):
        harmful = {character for character in text if not character.isprintable()}
        assert set() == harmful - {"\n", "\t"}, arguments
    return out


@BOTH
@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (["status", "--format", "table"], 1),
        (["status", "--format", "plain"], 0),
        (["status", "--format", "csv"], 1),
        (["jobs"], 0),
        (["clients"], 0),
        (["workers"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_every_name_is_one_row(
    replies: dict[bytes, Reply],
    count: int,
    arguments: list[str],
    more: int,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = printed(replies, arguments, capfd)
    assert count + more == out.count("\n") == len(out.splitlines())
    if "plain" not in arguments:
        columns = {line.count("\t") for line in out.splitlines()}
        assert 1 == len(columns), "a name holds a tab"


@BOTH
def test_csv_holds_the_names(
    replies: dict[bytes, Reply], count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    out = printed(replies, ["status", "--format", "csv"], capfd)
    heading, *lines = list(csv.reader(out.splitlines()))
    names = NAMES if count == COUNT else RAW
    assert sorted(map(shown, names)) == sorted(line[0] for line in lines)
    assert {len(heading)} == {len(line) for line in lines}


@BOTH
def test_gearmands_lines_end_in_the_numbers(
    replies: dict[bytes, Reply], count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = printed(replies, ["status", "--format", "plain"], capfd).splitlines()
    assert {("1", "0", "0")} == {tuple(line.rsplit("\t", 3)[1:]) for line in lines}


@BOTH
@pytest.mark.parametrize("command", ["status", "jobs", "clients", "workers"])
def test_json_is_one_line(
    replies: dict[bytes, Reply], count: int, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    out = printed(replies, [command, "--json"], capfd)
    document = json.loads(out)
    assert 1 == out.count("\n")
    assert count == len(document["functions" if command == "status" else command])


@BOTH
def test_prometheus_reads_every_name(
    replies: dict[bytes, Reply], count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    families = {
        each.name: each
        for each in text_string_to_metric_families(
            printed(replies, ["status", "--format", "prometheus"], capfd)
        )
    }
    names = [sample.labels["function"] for sample in families["gearman_jobs"].samples]
    assert sorted(set(map(shown, NAMES if count == COUNT else RAW))) == sorted(names)


@BOTH
def test_metrics_have_every_name_once(
    replies: dict[bytes, Reply], count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = printed(replies, ["metrics"], capfd).splitlines()
    functions = [line.rpartition(" ")[0] for line in lines if line.startswith("gearman_jobs{")]
    assert len(set(map(shown, NAMES if count == COUNT else RAW))) == len(functions) == len(set(functions))


@BOTH
def test_check_says_one_line(
    replies: dict[bytes, Reply], count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    out = printed(replies, ["check"], capfd, status=2)
    assert (1, 1) == (out.count("\n"), out.count("|"))
    assert 3 * count == len(re.findall("'(?:[^'=]|'')*'=", out.partition("|")[2]))


@BOTH
def test_doctor_names_some_and_json_all(
    replies: dict[bytes, Reply], count: int, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = printed(replies, ["doctor", "-i", "0"], capfd, status=1).splitlines()
    assert 2 * 20 < len(lines) < 200
    findings = json.loads(printed(replies, ["doctor", "-i", "0", "--json"], capfd, status=1))["findings"]
    assert count == sum(finding["kind"] in ("no-worker", "misspelt") for finding in findings)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["version"], 1),
        (["status"], len(RAW)),
        (["prioritystatus"], len(RAW)),
        (["workers"], len(RAW)),
        (["show", "jobs"], len(RAW)),
        (["show", "unique", "jobs"], None),
        (["raw", "status"], len(RAW)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_text_commands_by_their_names(
    arguments: list[str], count: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = printed(GEARMAND, ["admin", *arguments], capfd).splitlines()
    assert count is None or count == len(lines)
    assert 1 == len(printed(GEARMAND, ["admin", *arguments, "--json"], capfd).splitlines())


@pytest.mark.parametrize(
    "command", [["purge", "-y"], ["pause"], ["resume"]], ids=lambda value: " ".join(value)
)
def test_a_refusal_with_an_escape_sequence(command: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    refusals: dict[bytes, Reply] = {
        b"%b f" % verb: b"ERR \x1b[2J\xc2\x9b+\xe2\x80\xae\r\n" for verb in (b"purge", b"pause", b"resume")
    }
    assert "" == printed(refusals, [*command, "f"], capfd, status=76)

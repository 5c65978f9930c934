"""What the pages tell of statuses, variables, text commands and documents is what there is."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

import pytest

from gearcli.cli.exits import MEANINGS, ExitStatus
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.text import COMMANDS
from tests.support import ServerProcess, Wire, gear_serve
from tests.test_architecture import ROOT, SOURCES
from tools.manual import facts, mdoc, parts
from tools.manual.pages import pages

NAMES = re.compile(
    r"GEAR[A-Z]*_[A-Z_]+|XDG_[A-Z_]+|BASH_COMPLETION_USER_DIR|ZDOTDIR|TMPDIR|PAGER|TERM|NO_COLOR|"
    r"NOTIFY_SOCKET|WATCHDOG_USEC|LISTEN_FDS"
)
NOT_FOR_USERS = {
    "GEAR_GUARD",  # how a guardian finds what it has to end
}


def strings() -> Iterator[str]:
    """Every string of the program that is nothing but the name of a variable."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAMES.fullmatch(node.value):
                yield node.value


def test_every_exit_status_has_its_meaning() -> None:
    assert {*ExitStatus} == {*MEANINGS}
    lines = facts.exits()
    assert [f".It Sy {each.value}" for each in ExitStatus] == [
        each for each in lines if each.startswith(".It")
    ]


def test_every_variable_that_the_program_knows_is_told() -> None:
    told = {*facts.VARIABLES, *facts.JOB_VARIABLES}
    assert set() == {*strings()} - told - NOT_FOR_USERS
    pages_ = "\n".join(page.text for page in pages())
    assert [] == [name for name in told if f"Ev {name}" not in pages_]


def test_every_text_command_is_told_once() -> None:
    heads = [
        each for each in (*facts.gearmands_commands(), *facts.our_commands()) if each.startswith(".It Ic ")
    ]
    assert [each.split()[0] for each in COMMANDS.values()] == [each.split()[2] for each in heads]


def test_the_manual_tells_the_differences_that_the_document_tells() -> None:
    document = (ROOT / "docs/server.md").read_text().partition("## Where it differs from gearmand")[2]
    told = "\n".join(facts.differences()).replace("\n", " ")
    rows = re.findall(r"^\| (packets|jobs|workers|text) \| (.*) \|$", document, re.MULTILINE)
    assert len(rows) == "\n".join(facts.differences()).count("\n.It")
    assert [] == [words for _, words in rows if " ".join(mdoc.prose(words)) not in told]


# -- the documents -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """A server with a job, whose results are kept."""
    with gear_serve("--keep-results", "1h") as server:
        yield server


def documents(wire: Wire, command: str) -> list[dict[str, object]]:
    return [json.loads(row) for row in wire.rows(command.encode())]


def told_keys(heading: str) -> set[str]:
    """The keys that the page lists below a paragraph."""
    (part,) = [each for each in parts.read("gear-protocol") if each.heading == "DOCUMENTS"]
    keys: set[str] = set()
    below = False
    for block in part.blocks:
        if block.kind == "text":
            below = block.lines[0].startswith(heading)
        elif below and block.kind == "item":
            keys |= {*" ".join(block.lines).partition(": ")[0].split(", ")}
    return keys


def test_the_documents_have_the_keys_that_the_manual_lists(server: ServerProcess) -> None:
    with server.wire() as wire, server.wire() as client:
        client.say(P.CAN_DO, b"f")
        handle = client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"x")[1][0].decode()
        assert told_keys("Of a function") == {*documents(wire, "functions")[0]}
        assert told_keys("Of a job") == {*documents(wire, "jobs")[0]}
        assert told_keys("Of a workload") == {*documents(wire, f"peek {handle}")[0]}
        assert told_keys("Of a connection") == {*documents(wire, "clients")[0]}
        assert told_keys("Of a result") == {*documents(wire, f"result {handle}")[0]}
        assert told_keys("Of `purge`") == {*documents(wire, "purge f")[0]}

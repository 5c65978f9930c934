"""The pages: those in the tree are fresh, whole, and right to mandoc and man."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.cli.manual_text import plain
from gearcli.cli.outline import Command, outline
from tests.support import DEADLINE, needs_mandoc
from tools.manual import commands, facts
from tools.manual.__main__ import FOLDER
from tools.manual.pages import Page, pages

PAGES = {page.name: page for page in pages()}


def lint(path: Path) -> list[str]:
    """What mandoc has to say of a page, but that pages of ours are not installed on this machine."""
    command = ["mandoc", "-T", "lint", "-W", "all", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
    ours = re.compile(r"STYLE: referenced manual not found: Xr (\S+) \d(?: \(\d+ times\))?$")
    lines = (said.stdout + said.stderr).splitlines()
    return [line for line in lines if not ((found := ours.search(line)) and found[1] in PAGES)]


def each_command(command: Command) -> Iterator[tuple[Page, Command]]:
    """Every command with the page that it is on."""
    page = PAGES[commands.title(command)]
    yield page, command
    for one in command.commands:
        if len(command.words) == 1:
            yield from each_command(one)
        else:
            yield page, one


COMMANDS = [*each_command(outline())]


def test_the_tree_is_fresh_and_holds_nothing_else() -> None:
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("man*/*")}
    assert there == {page.path for page in PAGES.values()}, "run: python -m tools.manual"
    stale = [page.path for page in PAGES.values() if (FOLDER / page.path).read_text() != page.text]
    assert [] == stale, "run: python -m tools.manual"


@needs_mandoc
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_mandoc_finds_nothing_to_complain_of(page: Page) -> None:
    assert [] == lint(FOLDER / page.path)


@needs_mandoc
def test_mandoc_does_complain(tmp_path: Path) -> None:
    (tmp_path / "bad.1").write_text(PAGES["gear"].text.replace(".El", "", 1) + ".Xr no-such-page 1\n")
    said = "\n".join(lint(tmp_path / "bad.1"))
    assert "no-such-page" in said
    assert "Bl" in said


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=[" ".join(each.words) for _, each in COMMANDS])
def test_every_option_is_on_the_page_of_its_command(page: Page, command: Command) -> None:
    text = page.text.replace(r"\-", "-")
    terms = [line for line in text.splitlines() if line.startswith(".It Fl")]
    for option in command.options:
        for name in (*option.names, *option.opposites):
            flag = f"Fl Fl {name[2:]}" if name.startswith("--") else f"Fl {name[1:]}"
            assert [term for term in terms if re.search(rf"{re.escape(flag)}(?= |$)", term)], name


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=[" ".join(each.words) for _, each in COMMANDS])
def test_every_variable_that_a_help_names_is_on_its_page(page: Page, command: Command) -> None:
    helps = [
        command.help,
        *(each.help for each in command.options),
        *(each.help for each in command.arguments),
    ]
    named = {*re.findall(r"[A-Z][A-Z_]+", " ".join(helps))} & {*facts.VARIABLES, *facts.JOB_VARIABLES}
    named |= {option.environment for option in command.options if option.environment}
    told = {*re.findall(r"^\.It Ev (\S+)", page.text, re.MULTILINE)}
    assert set() == named - told - {"TERM"}  # which is a signal in a help


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_reference_between_pages_has_its_page(page: Page) -> None:
    references = re.findall(r"^\.(?:It )?Xr (gear\S*) (\d)", page.text, re.MULTILINE)
    assert references
    assert [] == [each for each in references if f"man{each[1]}/{each[0]}.{each[1]}" != PAGES[each[0]].path]
    named = re.findall(r"(gear[\w.-]*)\((\d)\)", page.text.replace(r"\-", "-"))
    assert [] == [each for each in named if each[0] not in PAGES]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_line_is_wider_than_a_terminal(page: Page) -> None:
    assert [] == [line for line in plain(page.text).expandtabs().splitlines() if len(line) > 80]


@needs_mandoc
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_line_is_wider_than_a_terminal_to_mandoc(page: Page) -> None:
    command = ["mandoc", "-T", "utf8", "-O", "width=78", str(FOLDER / page.path)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=True).stdout
    lines = re.sub(".\b", "", said).splitlines()
    assert [] == [line for line in lines if len(line) > 80]


@pytest.mark.parametrize("page", [each for each in PAGES.values() if each.section == 1], ids=str)
def test_every_command_tells_its_exit_statuses_and_has_examples(page: Page) -> None:
    headings = re.findall(r"^\.Sh (.*)$", page.text, re.MULTILINE)
    assert ["NAME", "SYNOPSIS", "DESCRIPTION"] == headings[:3]
    assert {"EXIT STATUS", "EXAMPLES", "SEE ALSO"} <= {*headings}


CLIENTS = {"0", "2", "69", "74", "76", "77", "78", "130", "141", "143"}
"""How whatever asks servers and prints may end."""
OWN = {
    "submit": {"1", "66", "75", "124", "129"},
    "run": {"1", "66", "75", "124", "126", "127", "129"},
    "wait": {"1", "124"},
    "bench": {"75", "124", "129"},
    "serve": {"66", "69", "74", "75", "77", "78", "130", "143"},
    "worker": {"69", "74", "75", "126", "127", "129", "130", "143"},
    "store": {"1", "66", "74", "75"},
}
"""Statuses that a command has besides."""


@pytest.mark.parametrize("command", outline().commands, ids=lambda each: str(each.name))
def test_the_exit_statuses_of_a_command_are_on_its_page(command: Command) -> None:
    told = {*re.findall(r"^\.It Sy (\d+)$", PAGES[commands.title(command)].text, re.MULTILINE)}
    asks = any("--server" in each.names for one in (command, *command.commands) for each in one.options)
    usual = CLIENTS if asks and command.name not in ("check", "worker") else {"0"}
    assert set() == (usual | OWN.get(command.name, set())) - told


def test_the_date_is_that_of_the_source_where_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert ".Dd January 2, 1970" == next(pages()).text.splitlines()[0]

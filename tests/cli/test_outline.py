"""The outline of the app: it says what the help says, and every value has a kind."""

from __future__ import annotations

import functools
import re

import pytest

from gearcli.cli.commands import COMMANDS
from gearcli.cli.outline import Argument, Command, Kind, Option, every, outline
from tests.cli.driving import exit_of


@functools.cache
def whole() -> Command:
    return outline()


def command(*words: str) -> Command:
    return next(each for each in every(whole()) if each.words[1:] == words)


def option(name: str, *words: str) -> Option:
    return next(each for each in command(*words).options if name in each.names)


EVERY = [each.words[1:] for each in every(whole())]


def test_every_command_is_in_the_order_of_the_help() -> None:
    assert list(COMMANDS.items()) == [(each.name, each.summary) for each in whole().commands]
    assert ["version", "getpid"] == [each.name for each in command("admin").commands][:2]
    assert command("submit").commands == ()


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_it_says_what_the_help_says(words: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    """The options of the help, no more and no less, with their metavars, texts and defaults."""
    assert 0 == exit_of(*words, "--help")
    out = capfd.readouterr().out
    help_ = " ".join(out.partition("\nCommands:")[0].split())
    found = command(*words)
    assert found.summary in help_
    for each in found.options:
        names = " / ".join([", ".join(each.names), *each.opposites])
        metavars = (f"{each.metavar} ", f"<{each.metavar}> ") if each.metavar else ("",)
        assert any(f" {names} {metavar}{each.help}" in help_ for metavar in metavars)
        assert not each.default or re.search(rf"default: \(?{re.escape(each.default)}", help_)
    assert len(found.options) == len(re.findall(r"^  -", out.partition("\nOptions:\n")[2], re.MULTILINE))


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_part_is_explained(words: tuple[str, ...]) -> None:
    found = command(*words)
    assert found.summary
    choosing: list[Option | Argument] = [*found.options, *found.arguments]
    assert [] == [each for each in choosing if not each.help]
    assert [] == [each.names for each in found.options if each.takes_value and not each.metavar]
    assert [] == [each for each in choosing if each.kind is Kind.CHOICE and len(each.choices) < 2]


@pytest.mark.parametrize(
    ("name", "words", "kind", "choices"),
    [
        ("--priority", "submit", Kind.CHOICE, ("high", "normal", "low")),
        ("--file", "submit", Kind.FILE, ()),
        ("--results", "submit", Kind.FOLDER, ()),
        ("--server", "submit", Kind.SERVER, ()),
        ("--halt", "submit", Kind.TEXT, ("now,fail=1", "soon,fail=1")),
        ("--unique", "submit", Kind.TEXT, ()),
        ("--background", "submit", Kind.NOTHING, ()),
        ("--context", "status", Kind.CONTEXT, ()),
        ("--sort", "status", Kind.CHOICE, ("function", "queued", "running", "workers", "total", "oldest")),
        ("--function", "worker", Kind.FUNCTION, ()),
        ("--function", "bench", Kind.TEXT, ()),
        ("--jobs", "worker", Kind.NUMBER, ()),
        ("--workdir", "worker", Kind.FOLDER, ("tmp",)),
        ("--env", "worker", Kind.VARIABLE, ()),
        ("--metrics", "worker", Kind.ADDRESS, ()),
        ("--listen", "serve", Kind.ADDRESS, ()),
        ("--user", "serve", Kind.USER, ()),
        ("--log-file", "serve", Kind.FILE, ("stderr", "none")),
        ("-H", "check", Kind.SERVER, ()),
    ],
)
def test_the_kind_of_an_option(name: str, words: str, kind: Kind, choices: tuple[str, ...]) -> None:
    found = option(name, *words.split())
    assert (kind, choices) == (found.kind, found.choices)


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("submit", [Kind.FUNCTION, Kind.TEXT]),
        ("worker", [Kind.COMMAND]),
        ("run", [Kind.COMMAND]),
        ("status", [Kind.FUNCTION]),
        ("job", [Kind.HANDLE]),
        ("bench", [Kind.CHOICE]),
        ("admin show", [Kind.CHOICE]),
        ("admin verbose", [Kind.CHOICE]),
        ("admin maxqueue", [Kind.FUNCTION, Kind.TEXT]),
    ],
)
def test_the_kinds_of_arguments(words: str, kinds: list[Kind]) -> None:
    assert kinds == [each.kind for each in command(*words.split()).arguments]


def test_levels_are_a_choice() -> None:
    assert option("--verbose", "serve").choices[:2] == ("FATAL", "ALERT")


def test_defaults_are_those_of_the_help() -> None:
    assert "64" == option("--jobs", "submit").default
    assert "0" == option("--retries", "submit").default
    assert "normal" == option("--priority", "submit").default
    assert "number of CPUs" in option("--jobs", "run").default
    assert "keep-order" == option("--keep-order", "run").default
    assert "" == option("--background", "submit").default


def test_what_may_be_repeated() -> None:
    assert option("--server", "submit").repeatable
    assert option("--verbose", "submit").repeatable
    assert not option("--unique", "submit").repeatable
    assert [False, True] == [each.repeatable for each in command("submit").arguments]


def test_whose_options_come_first() -> None:
    assert {"run", "worker"} == {each.name for each in every(whole()) if each.own_options_first}


def test_hidden_options_stay_hidden() -> None:
    assert [] == [each for each in command("check").options if "-v" in each.names]


def test_an_option_that_can_be_turned_off() -> None:
    assert ("--no-keepalive",) == option("--keepalive", "serve").opposites


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_help_is_plain_text_of_80_columns(
    words: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert 0 == exit_of(*words, "--help")
    out, err = capfd.readouterr()
    assert "" == err
    assert [] == [line for line in out.splitlines() if len(line) > 80]
    assert out.replace("\n", "").isprintable()
    assert set() == set("╭│╰─") & set(out)

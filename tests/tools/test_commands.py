"""How a command is called, and its options, in mdoc."""

from __future__ import annotations

from gearcli.cli.outline import Command, outline
from tools.manual import commands


def command(name: str) -> Command:
    return next(each for each in outline().commands if each.name == name)


def test_how_commands_are_called() -> None:
    assert [
        ".Nm gear", ".Cm run", ".Op Ar OPTIONS", r".Fl \-", ".Ar COMMAND", ".Op Ar ARG ...",
    ] == commands.synopsis(command("run"))  # fmt: skip
    assert [
        ".Nm gear", ".Cm worker", ".Op Ar OPTIONS", r".Op Fl \- Ar COMMAND Op Ar ARG ...",
    ] == commands.synopsis(command("worker"))  # fmt: skip
    assert [".Op Ar N D | PERCENT"] == commands.synopsis(command("report"))[-1:]


def test_a_group_is_called_by_each_of_its_commands() -> None:
    lines = commands.synopsis(command("admin"))
    assert len(command("admin").commands) == lines.count(".Nm gear")
    assert ".Ar LIMIT | HIGH NORMAL LOW" in lines


def test_options_that_all_of_a_group_have_are_told_once() -> None:
    lines = commands.group(command("admin"))
    assert 1 == sum("server" in line and line.startswith(".It") for line in lines)
    assert r".Ss gear admin drop" in lines


def test_a_flag_and_its_opposite_are_one_term() -> None:
    assert r".It Fl Fl keep\-order , Fl Fl no\-keep\-order" in commands.description(command("run"))


def test_options_stand_below_the_headings_of_the_help() -> None:
    lines = commands.description(command("worker"))
    assert lines.index("Options:") < lines.index("The command:") < lines.index("When to end:")


def test_variables_and_files_follow_from_the_options() -> None:
    assert (
        "GEARMAN_SERVERS", "GEARMAN_SERVER", "GEAR_CONTEXT", "XDG_CONFIG_HOME",
        "GEARMAND_CA_CERTIFICATE", "GEARMAN_CLIENT_PEM", "GEARMAN_CLIENT_KEY",
    ) == commands.environment(command("submit"))  # fmt: skip
    assert {"GEARMAN_SERVERS", "GEARMAN_SERVER", "GEAR_CONTEXT"}.isdisjoint(
        commands.environment(command("run"))
    )
    tls = ("GEARMAND_CA_CERTIFICATE", "GEARMAND_SERVER_PEM", "GEARMAND_SERVER_KEY")
    assert ("GEARMAND_PORT", *tls) == commands.environment(command("serve"))
    assert commands.reads_config(command("admin"))
    assert not commands.reads_config(command("serve"))

"""The user's configuration file: where it is, what it may say, and what is said of a wrong one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gearcli.cli import config
from gearcli.cli.config import Config, Section, Wish
from gearcli.errors import ConfigError
from gearcli.protocol.address import Address
from tests.cli.driving import Result, run_gear
from tests.support import ServerProcess, free_port

TEXT = """\
servers = "top.example"
connect-timeout = "250ms"

[context.prod]
servers = ["one", "two:1,three", "unix:/run/gear"]
connect-timeout = 2.5

[context.empty]
"""
PROD = Section(
    [Address("one", 4730), Address("two", 1), Address("three", 4730), Address("", 0, "/run/gear")], 2.5
)
TOP = Section([Address("top.example", 4730)], 0.25)


def written(folder: Path, text: str) -> dict[str, str]:
    """An environment whose configuration is this."""
    path = folder / "gear" / "config.toml"
    path.parent.mkdir()
    path.write_text(text)
    return {"XDG_CONFIG_HOME": str(folder)}


def refusal(folder: Path, text: str, name: str | None = None) -> str:
    """What is said of a configuration, without the folder it is in."""
    environ = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        config.load(name, environ)
    return str(caught.value).replace(f"{folder}/gear/", "")


# -- where it is -----------------------------------------------------------------------------


def test_it_is_in_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/x")
    for environ in ({}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "relative"}):
        assert "/home/x/.config/gear/config.toml" == config.file(environ)
    assert "/etc/x/gear/config.toml" == config.file({"XDG_CONFIG_HOME": "/etc/x"})


def test_it_need_not_be_there(tmp_path: Path) -> None:
    assert Config() == config.load(None, {"XDG_CONFIG_HOME": str(tmp_path)})


# -- what it says ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "variable", "context"),
    [
        (None, None, Section()),
        (None, "", Section()),
        ("prod", None, PROD),
        (None, "prod", PROD),
        ("empty", "prod", Section()),
        ("prod", "no such context", PROD),
    ],
)
def test_a_context_is_chosen(
    tmp_path: Path, name: str | None, variable: str | None, context: Section
) -> None:
    environ = written(tmp_path, TEXT)
    if variable is not None:
        environ["GEAR_CONTEXT"] = variable
    assert Config(context, TOP) == config.load(name, environ)


@pytest.mark.parametrize(
    ("written_as", "seconds"), [('"250ms"', 0.25), ('"2"', 2.0), ("3", 3.0), ("0.5", 0.5), ('"1m"', 60.0)]
)
def test_durations(tmp_path: Path, written_as: str, seconds: float) -> None:
    environ = written(tmp_path, f"connect-timeout = {written_as}\n")
    assert Config(defaults=Section(None, seconds)) == config.load(None, environ)


# -- what is wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nserver = 1\n", "2: the file has no key 'server'; "
         "it may have servers, connect-timeout, tls, ca, cert, key, [context.NAME]"),
        ("[prod]\nservers = 'x'\n", "1: the file has no key 'prod'; "
         "it may have servers, connect-timeout, tls, ca, cert, key, [context.NAME]"),
        ("[context.prod]\n\nserver = 1\n", "3: context.prod has no key 'server'; "
         "it may have servers, connect-timeout, tls, ca, cert, key"),
        ("[context.prod]\n[context.prod.context]\n", "2: context.prod has no key 'context'; "
         "it may have servers, connect-timeout, tls, ca, cert, key"),
        ("context = 1\n", "1: context has to be a table: [context.NAME]"),
        ("[[context]]\n", "1: context has to be a table: [context.NAME]"),
        ("[context]\nprod = 'host'\n", "2: context.prod has to be a table: [context.prod]"),
        ("servers = 1\n", "1: servers has to be an address or a list of addresses"),
        ("servers = ['a', 1]\n", "1: servers has to be an address or a list of addresses"),
        ("servers = [\n]\n", "1: servers names no server; write host, host:port or unix:/path"),
        ("servers = ''\n", "1: servers names no server; write host, host:port or unix:/path"),
        ("[context.x]\nservers = 'a:b'\n", "2: context.x.servers: 'a:b' has no valid port; "
         "a port is a number from 0 to 65535"),
        ("connect-timeout = true\n", "1: connect-timeout has to be a duration such as '5s', "
         "or a number of seconds"),
        ("[context.x]\nconnect-timeout = ['5s']\n", "2: context.x.connect-timeout has to be a duration "
         "such as '5s', or a number of seconds"),
        ("connect-timeout = 'soon'\n", "1: connect-timeout: 'soon' is not a duration; "
         "write 250ms, 30s, 5m, 1h or 2d"),
        ("connect-timeout = -1\n", "1: connect-timeout: '-1' is not a duration; "
         "write 250ms, 30s, 5m, 1h or 2d"),
        ("connect-timeout = nan\n", "1: connect-timeout: 'nan' is not a duration; "
         "write 250ms, 30s, 5m, 1h or 2d"),
        ("servers = \n", "1: this is not TOML: invalid value"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert f"config.toml, line {said}" == refusal(tmp_path, text)


TLS = """
ca = "default.pem"
[context.prod]
tls = true
cert = "/etc/me.pem"
key = "~/key.pem"
[context.plain]
tls = false
"""


def test_tls_and_its_files_are_seen_from_the_folder_of_the_config_file(tmp_path: Path) -> None:
    environ = written(tmp_path, TLS)
    prod, plain = config.load("prod", environ), config.load("plain", environ)
    assert Wish(None, str(tmp_path / "gear/default.pem")) == prod.defaults.tls
    assert Wish(True, None, "/etc/me.pem", os.path.expanduser("~/key.pem")) == prod.context.tls
    assert [True, True, False] == [
        each.wanted for each in (prod.defaults.tls, prod.context.tls, plain.context.tls)
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tls = 1", "context.prod.tls has to be true or false"),
        ("ca = true", "context.prod.ca has to be the path"),
    ],
)
def test_what_tls_cannot_be(tmp_path: Path, line: str, said: str) -> None:
    assert refusal(tmp_path, f"[context.prod]\n{line}\n").startswith(f"config.toml, line 2: {said}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT, "config.toml has no context 'prdo'; it has prod, empty"),
        ("", "config.toml has no context 'prdo'; it has none"),
    ],
)
def test_an_unknown_context(tmp_path: Path, text: str, said: str) -> None:
    assert said == refusal(tmp_path, text, "prdo")


def test_an_unknown_context_of_the_environment(tmp_path: Path) -> None:
    environ = {**written(tmp_path, TEXT), "GEAR_CONTEXT": "prdo"}
    with pytest.raises(ConfigError, match=r"'prdo' \(from GEAR_CONTEXT\); it has prod, empty$"):
        config.load(None, environ)


def test_a_context_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml has no context ''; there is no such file$"):
        config.load("", {"XDG_CONFIG_HOME": str(tmp_path)})


# -- in use --------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "ping -c1", "job H:1", "wait H:1", "cancel -y H:1", "bench",
                                     "worker -f f -- cat"])  # fmt: skip
def test_78_every_command_refuses_a_wrong_file(tmp_path: Path, command: str) -> None:
    environ = written(tmp_path, "\n[context.prod]\nserver = 'x'\n")
    result = run_gear(*command.split(), environ={**environ, "GEARMAN_SERVER": f"127.0.0.1:{free_port()}"})
    said = "context.prod has no key 'server'; it may have servers, connect-timeout, tls, ca, cert, key"
    assert Result(78, b"", f"gear: {tmp_path}/gear/config.toml, line 3: {said}\n") == result


def test_78_a_context_that_is_unknown(tmp_path: Path) -> None:
    result = run_gear("status", "--context", "a\x1b", environ={"XDG_CONFIG_HOME": str(tmp_path)})
    said = f"{tmp_path}/gear/config.toml has no context 'a\\x1b'; there is no such file"
    assert Result(78, b"", f"gear: {said}\n") == result


def test_78_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    os.makedirs(tmp_path / "gear" / "config.toml")
    result = run_gear("status", environ={"XDG_CONFIG_HOME": str(tmp_path)})
    assert Result(78, b"", f"gear: cannot read {tmp_path}/gear/config.toml: is a directory\n") == result


def test_a_context_leads_to_its_server(tmp_path: Path, server: ServerProcess) -> None:
    environ = written(tmp_path, f"[context.here]\nservers = '127.0.0.1:{server.port}'\n")
    for arguments, more in ((["--context", "here"], {}), ([], {"GEAR_CONTEXT": "here"})):
        result = run_gear("status", *arguments, "no such function", environ={**environ, **more})
        assert Result(0, b"", "") == result

"""Options that commands share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from gearcli.cli.options import Reach, page_address, parsed, reach
from gearcli.errors import AddressError, ConfigError, UsageError
from gearcli.protocol.address import Address
from gearcli.units import duration


def test_a_wrong_value_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter, match="'soon' is not a duration"):
        parsed(duration)("soon")


def test_a_right_value_is_parsed() -> None:
    assert 0.25 == parsed(duration)("250ms")


def test_the_help_calls_a_value_by_its_parser() -> None:
    assert "DURATION" == parsed(duration).__name__


@pytest.mark.parametrize("given", [[""], [","], ["", ""]])
def test_an_option_that_names_nothing_is_not_left_out(given: list[str]) -> None:
    with pytest.raises(UsageError, match="-s names no server"):
        reach(given, None, None)


# -- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9100", Address("127.0.0.1", 9100)),
        (":9100", Address("127.0.0.1", 9100)),
        ("0", Address("127.0.0.1", 0)),
        ("[::1]:9100", Address("::1", 9100)),
        ("unix:/run/figures", Address("", 0, "/run/figures")),
    ],
)
def test_where_pages_are_served(text: str, found: Address) -> None:
    assert found == page_address(text)


@pytest.mark.parametrize("text", ["", "localhost", "99999", "host:x", "::1"])
def test_where_no_pages_can_be_served(text: str) -> None:
    with pytest.raises(AddressError):
        page_address(text)


# -- servers, from everywhere ----------------------------------------------------------------

CONFIG = """\
servers = "top"
connect-timeout = 3

[context.prod]
servers = "prod"
connect-timeout = 2

[context.silent]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an empty configuration, in an environment that names nothing."""
    for name in ("GEARMAN_SERVERS", "GEARMAN_SERVER", "GEAR_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "gear").mkdir()
    return tmp_path / "gear"


@pytest.mark.parametrize(
    ("given", "context", "environ", "expected"),
    [
        (["flag"], "prod", "GEARMAN_SERVERS=env", "flag"),
        (None, "prod", "GEARMAN_SERVERS=env", "prod"),
        (None, "silent", "GEARMAN_SERVERS=env", "env"),
        (None, "silent", "", "top"),
        (None, None, "GEARMAN_SERVERS=env GEAR_CONTEXT=prod", "env"),
        (None, None, "GEARMAN_SERVERS=, GEARMAN_SERVER=second", "second"),
        (None, None, "GEARMAN_SERVERS= GEARMAN_SERVER=", "top"),
        (None, None, "GEAR_CONTEXT=prod", "prod"),
        (None, None, "GEAR_CONTEXT=silent", "top"),
        (None, None, "", "top"),
    ],
)
def test_which_servers(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: list[str] | None,
    context: str | None,
    environ: str,
    expected: str,
) -> None:
    (home / "config.toml").write_text(CONFIG)
    for setting in environ.split():
        monkeypatch.setenv(*setting.split("="))
    assert [Address(expected, 4730)] == reach(given, context, None).servers


@pytest.mark.parametrize(
    ("given", "context", "variable", "seconds"),
    [
        (1.0, "prod", "prod", 1.0),
        (0.0, "prod", "prod", 0.0),
        (None, "prod", "silent", 2.0),
        (None, None, "prod", 2.0),
        (None, "silent", "prod", 3.0),
        (None, None, "", 3.0),
    ],
)
def test_how_long_connecting_may_take(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: float | None,
    context: str | None,
    variable: str,
    seconds: float,
) -> None:
    (home / "config.toml").write_text(CONFIG)
    monkeypatch.setenv("GEAR_CONTEXT", variable)
    assert Reach([Address("flag", 4730)], seconds) == reach(["flag"], context, given)


def test_without_a_file_nothing_reads_toml(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tomllib", raising=False)
    assert Reach([Address("localhost", 4730)], 5.0) == reach(None, None, None)
    assert "tomllib" not in sys.modules


def test_a_wrong_file_is_told_even_if_it_would_not_count(home: Path) -> None:
    (home / "config.toml").write_text("server = 1")
    with pytest.raises(ConfigError):
        reach(["flag"], None, 1.0)


def test_an_option_that_is_no_address(home: Path) -> None:
    with pytest.raises(AddressError):
        reach(["host:port"], None, None)

"""Which servers a command talks to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gearcli.cli.config import Wish
from gearcli.cli.reach import CA, CERT, KEY, Reach, ask, reach, settled
from gearcli.errors import AddressError, ConfigError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.tls_files import Tls


@pytest.mark.parametrize("given", [[""], [","], ["", ""]])
def test_an_option_that_names_nothing_is_not_left_out(given: list[str]) -> None:
    with pytest.raises(UsageError, match="-s names no server"):
        reach(given, None, None)


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


# -- TLS ---------------------------------------------------------------------------------

NOTHING = Wish()


@pytest.fixture
def asking() -> Iterator[Callable[[Wish], None]]:
    """Says what the command line says, for the time of a test."""
    yield ask
    ask(NOTHING)


@pytest.mark.parametrize(
    ("asked", "environ", "context", "defaults", "expected"),
    [
        (NOTHING, {}, NOTHING, NOTHING, None),
        (NOTHING, {CA: "e"}, NOTHING, NOTHING, None),
        (Wish(True), {}, NOTHING, NOTHING, Tls()),
        (Wish(True), {CA: "e", CERT: "c", KEY: "k"}, Wish(None, "x"), NOTHING, Tls("e", "c", "k")),
        (Wish(None, "a"), {CA: "e"}, Wish(None, "x", "y", "z"), NOTHING, Tls("a", "y", "z")),
        (NOTHING, {}, Wish(False), Wish(True, "d"), None),
        (NOTHING, {}, NOTHING, Wish(None, "d"), Tls("d")),
        (Wish(None, None, "mine"), {KEY: "k"}, Wish(None, None, "y", "z"), NOTHING, Tls(None, "mine")),
    ],
)
def test_tls_is_what_the_first_says_that_says_something(
    asking: Callable[[Wish], None],
    asked: Wish,
    environ: dict[str, str],
    context: Wish,
    defaults: Wish,
    expected: Tls | None,
) -> None:
    """A certificate and its key come from one source: those of two do not belong together."""
    asking(asked)
    assert expected == settled(context, defaults, environ)


def test_tcp_servers_are_reached_with_it_and_unix_sockets_without(
    home: Path, asking: Callable[[Wish], None]
) -> None:
    asking(Wish(None, "ca.pem"))
    found = reach(["one", "unix:/run/gear"], None, None).servers
    assert [Address("one", 4730, "", Tls("ca.pem")), Address("", 0, "/run/gear")] == found

"""Addresses of servers, one by one, in lists and from the environment."""

from __future__ import annotations

import pytest

from gearcli.errors import AddressError
from gearcli.protocol.address import PATH_LIMIT, Address, named, parse, parse_list, servers, too_long
from gearcli.protocol.tls_files import Tls

LOCALHOST = Address("localhost", 4730)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("jobs.example", Address("jobs.example", 4730)),
        ("jobs.example:7003", Address("jobs.example", 7003)),
        (":7003", Address("localhost", 7003)),
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("host:65535", Address("host", 65535)),
        ("[::1]", Address("::1", 4730)),
        ("[::1]:7003", Address("::1", 7003)),
        ("::1", Address("::1", 4730)),
        ("fe80::1%eth0", Address("fe80::1%eth0", 4730)),
        ("unix:/run/gear.sock", Address("", 0, "/run/gear.sock")),
        ("unix:gear.sock", Address("", 0, "gear.sock")),
        ("  host:1  ", Address("host", 1)),
    ],
)
def test_parses(text: str, address: Address) -> None:
    assert address == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "host:", "host:x", "host:-1", "host:65536", "host:99999999999999999999", "host:٣",
        "host: 1", "[::1", "[]:1", "[::1]x", "[::1]:", "unix:", "unix:a\0b",
    ],
)  # fmt: skip
def test_refuses(text: str) -> None:
    with pytest.raises(AddressError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("host", "host:4730"),
        ("::1", "[::1]:4730"),
        ("unix:/run/gear.sock", "unix:/run/gear.sock"),
    ],
)
def test_is_shown_as_one_would_type_it(text: str, shown: str) -> None:
    assert shown == str(parse(text))
    assert parse(text) == parse(shown)


def test_equal_are_those_of_the_same_fields() -> None:
    one, same = parse("host:1"), Address("host", 1)
    assert one == same
    assert hash(one) == hash(same)
    others = [
        Address("other", 1),
        Address("host", 2),
        Address("host", 1, "/path"),
        Address("host", 1, "", Tls()),
        ("host", 1, "", None),
    ]
    assert one not in others
    assert same.host in repr(same)


@pytest.mark.parametrize("host", ["localhost", "a.b-c.example", "a.example.", "127.0.0.1", "::1", "X" * 63])
def test_a_plain_host_needs_no_codec(host: str) -> None:
    assert host.encode("idna") == Address(host, 1).node()


@pytest.mark.parametrize("host", ["bücher.example", "a..b", ".", "", ".a", "x" * 64])
def test_any_other_host_is_left_to_the_codec(host: str) -> None:
    assert host == Address(host, 1).node()


def test_tls_is_for_addresses_of_the_network() -> None:
    files = Tls("ca.pem")
    assert Address("host", 1, "", files) == parse("host:1").with_tls(files)
    assert parse("host:1") == parse("host:1").with_tls(files).with_tls(None)
    assert parse("unix:/path") == parse("unix:/path").with_tls(files)


def test_defaults_can_be_given() -> None:
    assert Address("127.0.0.1", 80) == parse(":80", default_host="127.0.0.1")
    assert Address("host", 80) == parse("host", default_port=80)


def test_a_list_is_separated_by_commas_and_has_no_repeats() -> None:
    assert [Address("a", 1), Address("b", 4730)] == parse_list(["a:1,b", " b:4730 ,, a:1", ""])


def test_servers_given_go_before_the_environment() -> None:
    assert [Address("a", 4730)] == servers(["a"], {"GEARMAN_SERVERS": "b"})


def test_libgearmans_variable_goes_before_the_tools() -> None:
    environ = {"GEARMAN_SERVER": "tool:1", "GEARMAN_SERVERS": "library:1,library:2"}
    assert [Address("library", 1), Address("library", 2)] == servers([], environ)
    assert [Address("tool", 1)] == servers([], {"GEARMAN_SERVER": "tool:1"})


@pytest.mark.parametrize("environ", [{}, {"GEARMAN_SERVERS": ""}, {"GEARMAN_SERVERS": " , "}])
def test_without_any_server_it_is_localhost(environ: dict[str, str]) -> None:
    assert [LOCALHOST] == servers([], environ)


def test_an_empty_variable_does_not_hide_the_next() -> None:
    assert [Address("tool", 4730)] == servers([], {"GEARMAN_SERVERS": "", "GEARMAN_SERVER": "tool"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [Address("env", 4730)]),
        ("a:1,b:2", [Address("a", 1), Address("b", 2)]),
        (["a:1", Address("b", 2), "a:1,c:3"], [Address("a", 1), Address("b", 2), Address("c", 3)]),
        (Address("a", 1), [Address("a", 1)]),
    ],
)
def test_what_a_caller_of_the_python_api_names(
    given: str | Address | list[str | Address] | None, expected: list[Address]
) -> None:
    assert expected == named(given, {"GEARMAN_SERVERS": "env"})


@pytest.mark.parametrize("given", ["", [], [" , "]])
def test_a_caller_of_the_python_api_has_to_name_one(given: str | list[str | Address]) -> None:
    with pytest.raises(AddressError, match="no server is named"):
        named(given, {})


def test_a_path_has_as_many_bytes_as_the_system_takes() -> None:
    assert "" == too_long("x" * PATH_LIMIT)
    assert "107 bytes at most, this one has 108" in too_long("ü" * 54)
    assert "this one has 108" in too_long("\udcff" * 108), "bytes that are no text"

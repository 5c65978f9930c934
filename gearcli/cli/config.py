"""The user's configuration file: defaults, and contexts that have a name.

::

    servers = "localhost"            # what holds where nothing else is said
    connect-timeout = "5s"

    [context.prod]                   # chosen with --context prod or GEAR_CONTEXT=prod
    servers = ["jobs1.example", "jobs2.example:4731"]
    ca = "prod-ca.pem"               # TLS, and its files: ca, cert, key; tls = false is without
    cert = "~/.config/gear/me.pem"

It is read only if it is there, and then it has to be right as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from gearcli.cli.config_file import ENVIRONMENT as ENVIRONMENT
from gearcli.cli.config_file import file as file
from gearcli.errors import ConfigError, UsageError
from gearcli.protocol.address import ENVIRONMENT as SERVERS
from gearcli.protocol.address import Address, parse_list, servers

if TYPE_CHECKING:
    from gearcli.toml import Document

_KEYS = ("servers", "connect-timeout", "tls", "ca", "cert", "key")


class Wish(NamedTuple):
    """What the command line, or a context of the config file, says of TLS; None where it says nothing."""

    tls: bool | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    @property
    def wanted(self) -> bool | None:
        """Whether TLS is wanted: to name a file says so too; None where nothing is said."""
        return True if self.tls is None and any((self.ca, self.cert, self.key)) else self.tls


class Section(NamedTuple):
    """What a context, or the top of the file, says; None where it says nothing."""

    servers: list[Address] | None = None
    connect_timeout: float | None = None
    tls: Wish = Wish()


class Config(NamedTuple):
    """What holds for one command: the chosen context, and the defaults."""

    context: Section = Section()
    defaults: Section = Section()


def load(name: str | None, environ: Mapping[str, str]) -> Config:
    """The configuration with the context of a name, else that of the environment.  Raises ConfigError."""
    sections = contexts(environ)
    asked = name if name is not None else environ.get(ENVIRONMENT) or None
    if asked is None:
        return Config(defaults=sections.get(None, Section()))
    if asked not in sections:
        source = f" (from {ENVIRONMENT})" if name is None else ""
        known = ", ".join(each for each in sections if each is not None)
        there = f"it has {known}" if known else "it has none" if sections else "there is no such file"
        raise ConfigError(f"{file(environ)} has no context {asked!r}{source}; {there}")
    return Config(sections[asked], sections[None])


def contexts(environ: Mapping[str, str]) -> dict[str | None, Section]:
    """What the file says: the contexts by their names, the defaults under None.  Raises ConfigError."""
    path = file(environ)
    document = _read(path) if os.path.lexists(path) else None
    return _sections(document) if document else {}


def servers_of(
    given: list[Address], config: Config, environ: Mapping[str, str], *, named: bool
) -> list[Address]:
    """The servers that options, environment and file say, in this order; else the usual one.

    A context that is `named` on the command line goes before the environment,
    as an option does.  Raises AddressError.
    """
    return (
        given
        or (config.context.servers if named else None)
        or from_environment(environ)
        or config.context.servers
        or config.defaults.servers
        or servers([], {})
    )


def from_environment(environ: Mapping[str, str]) -> list[Address]:
    """The servers of the first variable that names some.  Raises AddressError."""
    lists = (parse_list([environ.get(name, "")]) for name in SERVERS)
    return next(filter(None, lists), [])


def _read(path: str) -> Document | None:
    """What the file says; None if it has just gone.  Raises ConfigError."""
    from gearcli.toml import read_if_there  # few have a file, and everybody would wait for this

    return read_if_there(path)


def _sections(document: Document) -> dict[str | None, Section]:
    """All that the file says: the contexts by their names, the defaults under None."""
    values = dict(document.values)
    contexts = values.pop("context", {})
    if not isinstance(contexts, dict):
        raise document.error("context has to be a table: [context.NAME]", "context")
    sections: dict[str | None, Section] = {None: _section(document, values)}
    for name, value in contexts.items():
        if not isinstance(value, dict):
            raise document.error(f"context.{name} has to be a table: [context.{name}]", "context", name)
        sections[name] = _section(document, value, "context", name)
    return sections


def _section(document: Document, values: dict[str, Any], *table: str) -> Section:
    for key in values:
        _check_key(document, table, key)
    return Section(
        _servers(document, values, table),
        _connect_timeout(document, values, table),
        _tls(document, values, table),
    )


def _check_key(document: Document, table: tuple[str, ...], key: str) -> None:
    if key in _KEYS:
        return
    allowed = ", ".join(_KEYS if table else (*_KEYS, "[context.NAME]"))
    raise document.error(
        f"{'.'.join(table) or 'the file'} has no key {key!r}; it may have {allowed}", *table, key
    )


def _servers(document: Document, values: dict[str, Any], table: tuple[str, ...]) -> list[Address] | None:
    key = "servers"
    if key not in values:
        return None
    texts = [values[key]] if isinstance(values[key], str) else values[key]
    name = _name(table, key)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise document.error(f"{name} has to be an address or a list of addresses", *table, key)
    try:
        found = parse_list(texts)
    except UsageError as error:
        raise document.error(f"{name}: {error}", *table, key) from None
    if not found:
        raise document.error(f"{name} names no server; write host, host:port or unix:/path", *table, key)
    return found


def _connect_timeout(document: Document, values: dict[str, Any], table: tuple[str, ...]) -> float | None:
    key = "connect-timeout"
    value, name = values.get(key), _name(table, key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise document.error(f"{name} has to be a duration such as '5s', or a number of seconds", *table, key)
    from gearcli.units import duration

    try:
        return duration(str(value))
    except UsageError as error:
        raise document.error(f"{name}: {error}", *table, key) from None


def _tls(document: Document, values: dict[str, Any], table: tuple[str, ...]) -> Wish:
    wanted = values.get("tls")
    if wanted is not None and not isinstance(wanted, bool):
        raise document.error(f"{_name(table, 'tls')} has to be true or false", *table, "tls")
    return Wish(wanted, *(_file(document, values, table, key) for key in ("ca", "cert", "key")))


def _file(document: Document, values: dict[str, Any], table: tuple[str, ...], key: str) -> str | None:
    """The path of a file; a relative one is seen from the folder of the config file."""
    value = values.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise document.error(f"{_name(table, key)} has to be the path of a file", *table, key)
    return os.path.join(os.path.dirname(document.path), os.path.expanduser(value))


def _name(table: tuple[str, ...], key: str) -> str:
    """The whole name of a key."""
    return ".".join((*table, key))

"""The connections to servers, as `gear workers` and `gear clients` show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from gearcli.cli.asking import ask, unknown_command
from gearcli.cli.exits import ExitStatus
from gearcli.cli.listing import Item, show_list
from gearcli.cli.options import Reach
from gearcli.cli.table import Column
from gearcli.client.admin import Admin
from gearcli.client.documents import ClientState, Holder
from gearcli.errors import ServerError
from gearcli.escape import shown
from gearcli.protocol.text import ConnectionRow

Told: TypeAlias = ClientState | ConnectionRow

_COLUMNS = (Column("ADDRESS"), Column("CLIENT ID"), Column("STATE"), Column("FUNCTIONS"))


def show_connections(
    name: str, reached: Reach, *, wanted: Callable[[Told], object], as_json: bool
) -> ExitStatus:
    """Print those connections that are wanted, under this name in JSON.

    Keys: ``server``, ``number``, ``address``, ``client_id``, ``functions``,
    and, null where the server does not tell, ``asleep``, ``running`` (the
    handles of its jobs), ``listening`` (how many jobs it waits for), ``exceptions``.
    """

    def items(told: Iterable[Told]) -> Iterator[Item]:
        return (_item(each) for each in told if wanted(each))

    return show_list(name, _COLUMNS, ask(reached, _connections), items, as_json=as_json)


def _connections(admin: Admin) -> list[ClientState] | list[ConnectionRow]:
    """Every connection, from a server that cannot tell all with what it can tell."""
    try:
        return admin.clients()
    except ServerError as error:
        if not unknown_command(error):
            raise
    return admin.workers()


def address_of(told: Told) -> str:
    """Where a connection comes from."""
    return told.address if isinstance(told, ClientState) else shown(told.host)


def name_of(worker: Holder | None) -> str:
    """The worker that has a job: its client id, or its address if it has none; nothing for nobody."""
    if worker is None:
        return ""
    return worker.address if worker.client_id == b"-" else shown(worker.client_id)


def _item(told: Told) -> Item:
    address = address_of(told)
    functions = list(map(shown, told.functions))
    keys: dict[str, Any] = {
        "number": told.number,
        "address": address,
        "client_id": shown(told.client_id),
        "functions": functions,
        **dict.fromkeys(("asleep", "running", "listening", "exceptions")),
    }
    if isinstance(told, ClientState):
        keys |= {
            "asleep": told.asleep,
            "running": list(map(shown, told.running)),
            "listening": told.listening,
            "exceptions": told.exceptions,
        }
    # A comma stands in no name unescaped, so that nobody's name looks like two.
    listed = ",".join(name.replace(",", "\\x2c") for name in functions)
    cells = [address, shown(told.client_id), _state(told), listed]
    return Item(keys, cells, cells)


def _state(told: Told) -> str:
    """What a connection does, in words."""
    if isinstance(told, ConnectionRow):
        return ""
    if told.running:
        return f"runs {len(told.running)}"
    if told.listening:
        return f"awaits {told.listening}"
    return "asleep" if told.asleep else "idle"

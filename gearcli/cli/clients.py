"""`gear clients`: who is connected."""

from __future__ import annotations

from gearcli.cli.connections import show_connections
from gearcli.cli.options import ConnectTimeout, Context, Json, Servers, reach


def clients(
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show all connections: address, client id, what they do, their functions.

    Workers are among them, and so is the connection that asks. What they do
    at present only a gear server tells. Off a terminal a line for each, with
    tabs.
    """
    reached = reach(server, context, connect_timeout)
    return show_connections("clients", reached, wanted=lambda told: True, as_json=json)

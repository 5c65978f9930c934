"""`gear workers`: who works."""

from __future__ import annotations

from gearcli.cli.connections import show_connections
from gearcli.cli.options import ConnectTimeout, Context, Json, Servers, reach


def workers(
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show workers: address, client id, what they do, their functions.

    A worker is a connection that can do a function. What it does at present
    only a gear server tells. Off a terminal a line for each, with tabs.
    """
    reached = reach(server, context, connect_timeout)
    return show_connections("workers", reached, wanted=lambda told: told.functions, as_json=json)

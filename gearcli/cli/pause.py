"""`gear pause`: hold back jobs."""

from __future__ import annotations

from gearcli.cli.function_actions import Functions, switch_functions
from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Servers, reach
from gearcli.client.admin import Admin


def pause(
    function: Functions,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
) -> int:
    """Give out no more jobs of functions until `gear resume` (gear server).

    Jobs that run go on, and new ones are taken and wait.
    """
    reached = reach(server, context, connect_timeout)
    return switch_functions(reached, function, Admin.pause, "paused", as_json=json, quiet=quiet)

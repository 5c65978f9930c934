"""`gear resume`: let jobs be given out again."""

from __future__ import annotations

from gearcli.cli.function_actions import Functions, switch_functions
from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Servers, reach
from gearcli.client.admin import Admin


def resume(
    function: Functions,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
) -> int:
    """Give out jobs of functions again (gear server).

    It takes back `gear pause`.
    """
    reached = reach(server, context, connect_timeout)
    return switch_functions(reached, function, Admin.resume, "resumed", as_json=json, quiet=quiet)

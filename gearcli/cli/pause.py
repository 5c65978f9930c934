"""`gear pause`: hold back jobs."""

from __future__ import annotations

from gearcli.cli.function_actions import Functions, do_to_functions
from gearcli.cli.function_formats import function_keys
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
    return do_to_functions(
        reach(server, context, connect_timeout),
        function,
        Admin.pause,
        words=lambda state: f"paused; {state.queued} queued, {state.running} running",
        keys=function_keys,
        as_json=json,
        quiet=quiet,
    )

"""`gear resume`: let jobs be given out again."""

from __future__ import annotations

from gearcli.cli.function_actions import Functions, do_to_functions
from gearcli.cli.function_formats import function_keys
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
    return do_to_functions(
        reach(server, context, connect_timeout),
        function,
        Admin.resume,
        words=lambda state: f"resumed; {state.queued} queued, {state.running} running",
        keys=function_keys,
        as_json=json,
        quiet=quiet,
    )

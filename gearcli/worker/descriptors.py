"""How many files a worker may have open, setrlimit(2): as many as all of its slots need at once."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterable

from gearcli.errors import NotPermitted
from gearcli.units import counted
from gearcli.worker.plan import Plan

_PER_COMMAND = 4
"""Pipes of a command: input, output, errors, status."""
_OTHERS = 96
"""For all else: the pipes of a command that is just being started, those who read figures, libraries."""


def see_to(plans: Iterable[Plan], servers: int) -> None:
    """Have as many as all slots of some plans need, if each works and talks to so many servers.

    The limit is raised no further than that, because commands inherit it.
    Raises NotPermitted: a worker without them would take jobs that it cannot do.
    """
    slots = sum(plan.most for plan in plans)
    needed = slots * (servers + _PER_COMMAND) + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or needed <= soft:
        return
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise NotPermitted(
            f"{slots} slots with {counted(servers, 'server')} need {needed} open files, "
            f"and the system permits {hard}: "
            "have fewer slots, or raise the limit (ulimit -n, LimitNOFILE=)"
        )
    with contextlib.suppress(OSError, ValueError):  # more than this system can have; then it will say so
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))

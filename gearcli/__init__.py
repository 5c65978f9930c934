"""gear: all of Gearman in one command.

One program with five rooms; imports run downwards only::

                  cli/                one command per file: parse, call, print
         ┌─────────┼──────────┐
      worker/      │          │       take jobs from servers, run commands
         │         │          │
      client/ ◄────┘       server/    client: talk to servers · server: be one
         └─────────┬──────────┘
               protocol/              the two Gearman protocols, and addresses; no I/O
                   │
        errors.py  escape.py          every error, as one drawn tree; a peer's words made safe
        units.py  signals.py          durations; signals that arrive in a selector
        toml.py                       configuration files, and the line of every key in them

The Python API is `Client`, `AsyncClient`, `Worker` and `Admin`; the errors are in
`gearcli.errors`.  Nothing is imported before it is asked for, so that ``gear``
starts as fast as Python can.
"""

TYPE_CHECKING = False  # who checks types knows better; `typing` takes a third of the time to start
if TYPE_CHECKING:
    from gearcli.client.admin import Admin as Admin
    from gearcli.client.asynchronous import AsyncClient as AsyncClient
    from gearcli.client.client import Client as Client
    from gearcli.worker.callables import Worker as Worker

__version__ = "0.1.0"

_HOMES = {
    "Admin": "gearcli.client.admin",
    "AsyncClient": "gearcli.client.asynchronous",
    "Client": "gearcli.client.client",
    "Worker": "gearcli.worker.callables",
}
"""The public names and the modules that define them."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})

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

Nothing is imported here, so that ``gear`` starts as fast as Python can.
"""

__version__ = "0.1.0"

"""The generator of the manual: `python -m tools.manual` writes `man/` anew.

::

    gearcli.cli.outline ──► commands ─┐
    man/src/*.txt ─► parts ───────────┼─► pages ─► man/man1, man5, man7
    tables of gearcli ─► facts ───────┘     │
                                          mdoc: how roff is written

What the parser knows is taken from the parser, what other modules know from
them; a person writes examples and what has to be said besides, in `man/src`.
"""

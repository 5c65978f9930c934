"""The program by other names: called as `gearman`, `gearadmin` or `gearmand` it is that tool.

Existing scripts go on working: each takes the options of gearmand 1.1.20's
tool and prints what that prints.  What differs, and why, is in `differences`,
which the manual shows.  Nobody but the entry point imports this folder; it
uses the rooms below as the commands do::

    calling ──► gearman ──► gearman_client, gearman_worker    short_options
           ├──► gearadmin                                     long_options, help_text
           └──► gearmand ─► gearmand_options                  (and `gear serve` itself)
"""

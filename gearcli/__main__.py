"""The entry point: answers what needs no command line parser at once, then runs the app."""

from __future__ import annotations

import os
import sys

TOOLS = ("gearman", "gearadmin", "gearmand")
"""The tools that the program is when it is called by their names."""


def main() -> None:
    """Run `gear` with the process's arguments and exit with its status.

    Called as one of `TOOLS`, by a symbolic link, it is that tool.
    """
    try:
        _begin(os.path.basename(sys.argv[0]), sys.argv[1:])
    except KeyboardInterrupt as error:  # before a command was there to say so
        from gearcli.cli.process import status_after

        sys.exit(status_after(error))


def _begin(called: str, arguments: list[str]) -> None:
    """Load as little as the arguments need, and run that."""
    if called in TOOLS:
        from gearcli.cli.dropin.calling import run_as

        run_as(called, arguments)
    if arguments in (["-V"], ["--version"]):
        from gearcli.cli.process import carry_out
        from gearcli.cli.version import show_version

        carry_out(show_version)
    if arguments in (["-h"], ["--help"]):
        from gearcli.cli.overview import show_overview
        from gearcli.cli.process import carry_out

        carry_out(show_overview)
    if arguments[:1] == ["--man"] and not {"-h", "--help"} & {*arguments}:
        from gearcli.cli.manual import show_manual

        sys.exit(show_manual(arguments[1:]))
    if arguments[:1] == ["report"] and not {"-h", "--help"} & {*arguments}:
        from gearcli.cli.reporting import quickly

        sys.exit(quickly(arguments[1:]))
    if arguments[:1] == ["__complete"]:
        from gearcli.cli.completing import answer

        answer(arguments[1:])
    if arguments[:1] == ["submit"]:
        from gearcli.cli.plain_submit import submit_if_plain

        submit_if_plain(arguments[1:])
    if arguments[:1] == ["serve"]:
        from gearcli.cli.plain_serve import serve_if_plain

        serve_if_plain(arguments[1:])
    from gearcli.cli.app import run

    run(arguments)


if __name__ == "__main__":
    main()

"""The entry point: answers what needs no command line parser at once, then runs the app."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `gear` with the process's arguments and exit with its status."""
    arguments = sys.argv[1:]
    if arguments in (["-V"], ["--version"]):
        from gearcli.cli.version import show_version

        sys.exit(show_version())
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
        from gearcli.cli.plain import submit_if_plain

        submit_if_plain(arguments[1:])
    from gearcli.cli.app import run

    run(arguments)


if __name__ == "__main__":
    main()

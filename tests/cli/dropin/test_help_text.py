"""The help as Boost prints it; against the originals in tests/interop."""

from __future__ import annotations

from gearcli.cli.dropin.help_text import help_of
from gearcli.cli.dropin.long_options import Option

# An editor would take away the space that Boost leaves at the end of a line.
HELP = """\
Some:
  -p [ --port ] arg (=1) A port.
  --flag                 A flag.

Other:
  --none                 Words that are so many that they need a second line,{space}
                         which is this one.
"""


def test_groups_share_a_column() -> None:
    some = [Option("port", "p", "A port.", str, "1"), Option("flag", "", "A flag.")]
    words = "Words that are so many that they need a second line, which is this one."
    other = [Option("none", "", words), Option("secret", "", "Not shown.", secret=True)]
    assert HELP.format(space=" ") == help_of([("Some", some), ("Other", other)])


def test_a_long_name_has_a_line_of_its_own() -> None:
    long = Option("a-name-that-is-so-long-that-it-needs-it", "", "Help.")
    assert f"Some:\n  --{long.name}\n{' ' * 40}Help.\n" == help_of([("Some", [long])])

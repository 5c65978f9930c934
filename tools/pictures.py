"""Pictures of the terminal for the documents: `python -m tools.pictures`.

A real `gear` runs on a terminal that is an object (pyte), with a real server and workers.  Its
screen becomes an SVG: no service, no font file, nothing that moves.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pyte

from tests.support import ServerProcess, gear, gear_serve, process
from tests.terminal.screens import seen

DOCS = Path(__file__).parent.parent / "docs"

WIDE, HIGH, MARGIN = 8.4, 18, 12
"""Of a character, and of the edge, in pixels."""
_GROUND, _TEXT = "#1b1f27", "#d8dee9"
_COLOURS = {
    "black": "#3b4252",
    "red": "#e06c75",
    "green": "#98c379",
    "brown": "#e5c07b",
    "yellow": "#e5c07b",
    "blue": "#61afef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#d8dee9",
}
"""The terminal's colours; pyte calls yellow brown."""


class Style(NamedTuple):
    """How neighbours on a row look."""

    text: str
    ground: str
    bold: bool


def picture(screen: pyte.Screen, title: str, rows: int) -> str:
    """The first rows of a screen as SVG."""
    wide, high = screen.columns * WIDE + 2 * MARGIN, (rows + 1) * HIGH + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{high:g}" '
        f'viewBox="0 0 {wide:g} {high:g}" font-family="monospace" font-size="14">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{_GROUND}"/>',
        f'<text x="{MARGIN}" y="{HIGH:g}" fill="#7f8896" xml:space="preserve">$ {escape(title)}</text>',
    ]
    for row in range(rows):
        lines += _row(screen, row)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _row(screen: pyte.Screen, row: int) -> Iterator[str]:
    """A row's parts of one style each, with their grounds below them."""
    cells = ((column, screen.buffer[row][column]) for column in range(screen.columns))
    y = (row + 1) * HIGH + MARGIN
    for style, group in groupby(cells, key=lambda cell: _style(cell[1])):
        found = list(group)
        x, text = found[0][0] * WIDE + MARGIN, "".join(cell.data for _, cell in found)
        wide = len(found) * WIDE
        if style.ground != _GROUND:
            yield f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{HIGH}" fill="{style.ground}"/>'
        bold = ' font-weight="bold"' if style.bold else ""
        if text.strip():
            yield (
                f'<text x="{x:g}" y="{y + HIGH - 5:g}" textLength="{wide:g}" '
                f'lengthAdjust="spacingAndGlyphs" fill="{style.text}"{bold} xml:space="preserve">'
                f"{escape(text)}</text>"
            )


def _style(cell: Any) -> Style:
    text, ground = _colour(cell.fg, _TEXT), _colour(cell.bg, _GROUND)
    if cell.reverse:
        text, ground = ground, text
    return Style(text, ground, cell.bold)


def _colour(name: str, default: str) -> str:
    """A colour of the terminal; pyte says six digits where a program chose one of the many."""
    if name == "default":
        return default
    return _COLOURS.get(name.removeprefix("bright"), f"#{name}")


# -- what is to be seen --------------------------------------------------------------

_SPARKS = "▁▂▃▄▅▆▇█"

_TOP = """
import sys
import tempfile
import time
from gearcli.client import trends
trends.STEP = 0.3  # minutes become seconds
from gearcli.__main__ import main
sys.argv[0] = "gear"
main()
"""

_FEED = """
import math, random, time
from gearcli import Client
load = {"thumbnail": (17, 7), "index": (5, 5), "report": (0.4, 9), "mail": (0.7, 20)}
with Client("127.0.0.1:%d") as client:
    start = time.monotonic()
    while True:
        now = time.monotonic() - start
        for function, (rate, wave) in load.items():
            while random.random() < rate * (1 + math.sin(now * 6.28 / wave)) / 60:
                client.submit(function, b"a picture", background=True)
        time.sleep(0.02)
"""


@contextlib.contextmanager
def _workers(server: ServerProcess, *commands: list[str]) -> Iterator[None]:
    """Workers of a server; each command is what follows `gear worker`."""
    with contextlib.ExitStack() as stack:
        for command in commands:
            where = ("-s", f"127.0.0.1:{server.port}", "-q", "--grace", "0")
            stack.enter_context(process(gear("worker", *where, *command)))
        yield


def _lasting(seconds: float) -> list[str]:
    """A command that takes so long for each job, and stays."""
    script = f"import sys, time\nfor line in sys.stdin: time.sleep({seconds}); print('done', flush=True)"
    return ["--persistent", "--", sys.executable, "-c", script]


def top() -> str:
    """`gear top` when there is something to tell of a while."""
    with gear_serve() as server, contextlib.ExitStack() as stack:
        thumbnails = ["-f", "thumbnail", "-j", "3", "--name", "press-1", *_lasting(0.1)]
        index = ["-f", "index", "-j", "2", "--name", "press-2", *_lasting(0.15)]
        reports = ["-f", "report", "--name", "press-2", *_lasting(2)]
        stack.enter_context(_workers(server, thumbnails, index, reports))
        stack.enter_context(process([sys.executable, "-c", _FEED % server.port]))
        where = f"127.0.0.1:{server.port}"
        with seen("-c", _TOP, "top", "-s", where, "-i", "0.3", columns=96, rows=10) as screen:
            end = time.monotonic() + 60
            while time.monotonic() < end and not any(
                sum(map(row.count, _SPARKS)) > 15 for row in screen.rows()
            ):
                pass
            row = next(row for row in range(10) if where in screen.screen.display[row])
            _write(screen.screen, row, screen.screen.display[row].replace(where, "jobs1"))
            return picture(screen.screen, "gear top -s jobs1", rows=10)


def _write(screen: pyte.Screen, row: int, text: str) -> None:
    """Have a row say something else: a server's port is another one each time."""
    for column, character in enumerate(text.ljust(screen.columns)):
        screen.buffer[row][column] = screen.buffer[row][column]._replace(data=character)


def batch() -> str:
    """A batch with its bar, and the bars of its jobs."""
    report = f"{sys.executable} -m gearcli report"
    steps = f"for n in 1 2 3 4 5 6 7 8; do {report} $n 8; sleep 0.$((2 + $n % 3)); done"
    with (
        gear_serve() as server,
        tempfile.NamedTemporaryFile("w", suffix=".txt") as films,
        _workers(server, ["-f", "encode", "-j", "3", "--", "sh", "-c", steps]),
    ):
        films.writelines(f"film-{number}.mp4\n" for number in range(1, 13))
        films.flush()
        submit = f"{sys.executable} -m gearcli submit -s 127.0.0.1:{server.port} encode -n -f {films.name}"
        script = f"import os; os.execvp('sh', ['sh', '-c', '{submit} > /dev/null'])"
        with seen("-c", script, columns=96, rows=8) as screen:
            screen.until(lambda rows: any(f" {n} done" in rows[3] for n in (5, 6, 7)))
            return picture(screen.screen, "gear submit encode -n -f films.txt > encoded", rows=4)


PICTURES = {"top.svg": top, "batch.svg": batch}
"""Files in docs/, and what makes them."""


if __name__ == "__main__":
    for name in sys.argv[1:] or PICTURES:
        (DOCS / name).write_text(PICTURES[name]())

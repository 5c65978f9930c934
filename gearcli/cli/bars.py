"""Bars on the terminal: a row for each job that tells how far it is, and one for a whole batch.

The rows are a region above the cursor, which stands at the start of the line
below them.  So to remove them is to move up and erase, and whatever ends the
program leaves a cursor that is visible and a line that is clean.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING

from gearcli.cli.counts import Counts, put, whole
from gearcli.cli.output import on_terminal
from gearcli.client.tasks import Event
from gearcli.escape import shown
from gearcli.protocol.packets import PacketType

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

INTERVAL = 0.1
"""Seconds between two drawings."""
PATIENCE = 0.5
"""Seconds after which a batch has a bar: what is over before that would only flicker."""
MOST = 8
"""How many jobs have a bar."""
_WIDEST = 40
"""Columns of a bar, at most."""


class Bars:
    """The progress of jobs as bars, drawn by hand, so that nothing draws between two writes."""

    def __init__(self, *, batch: bool, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._batch = batch
        self._counts = Counts(clock())
        self._reports: dict[int, Event] = {}
        """The latest report of each job in flight that made one, by its number."""
        self._due = clock() + (PATIENCE if batch else 0)
        self._height = 0
        """Rows on the terminal."""
        self._shares_terminal = on_terminal(1)
        self._within_line = False
        """Whether a result stands unfinished on the line on which a bar would be drawn."""
        self._painter: _Painter | None = None

    def take(self, event: Event) -> None:
        """Take note of it; draw unless it is about to be written, which would remove the bars at once."""
        self._counts.take(event)
        task, kind, fields = event
        if kind is PacketType.WORK_STATUS:
            self._reports[task.number] = event
            self._draw_if_due()
        elif event.ends:
            self._reports.pop(task.number, None)
        elif kind is PacketType.JOB_CREATED:
            self._reports.pop(task.number, None)  # a job that is tried again starts again
            self._draw_if_due()
        elif kind is PacketType.WORK_DATA and fields[0] and self._shares_terminal and not self._batch:
            self._within_line = not fields[0].endswith(b"\n")

    def tick(self, fraction: float | None) -> None:
        """Draw when it is time."""
        self._counts.fraction = fraction
        self._draw_if_due()

    def hide(self) -> None:
        """Remove the bars; the cursor is at the start of an empty line."""
        if self._height:
            put(self._erasing())
            self._height = 0

    def close(self) -> None:
        """Remove the bars for good."""
        self.hide()
        self._due = math.inf

    def _draw_if_due(self) -> None:
        if not self._batch and not self._reports:
            self.hide()
            return
        now = self._clock()
        if now >= self._due and not self._within_line:
            self._due = now + INTERVAL
            self._draw(now)

    def _draw(self, now: float) -> None:
        self._painter = self._painter or _Painter()
        rows = self._painter.painted(self._reports.values(), self._counts if self._batch else None, now)
        put((self._erasing() if self._height else self._painter.fresh_line()) + rows)
        self._height = rows.count("\n")

    def _erasing(self) -> str:
        """What moves the cursor to the first row and erases from there on."""
        return f"\r\x1b[{self._height}A\x1b[J"


class _Painter:
    """Makes text of rows.  It loads rich, so it is made only when there is something to draw."""

    def __init__(self) -> None:
        from rich.console import Console

        # Rich writes to its file, be it nothing, and a terminal that is gone would raise.  That there is
        # one has been decided; rich would ask the environment too.
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        paper = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        self._console = Console(file=paper, force_terminal=True, highlight=False)
        self._unicode = self._console.encoding.startswith("utf")

    def fresh_line(self) -> str:
        """What puts the cursor at the start of a line, a new one if there is something on its line.

        A row of spaces, as zsh does before its prompt: only from the first
        column does it fit into the line.
        """
        return " " * self._console.width + "\r"

    def painted(self, reports: Iterable[Event], counts: Counts | None, now: float) -> str:
        """The rows for jobs, and with `counts` one for the batch, as what shows them on the terminal."""
        from rich.console import Group

        room = self._console.height - 2  # the row of the batch and the cursor's line
        rows: list[RenderableType] = [
            self._jobs(islice(reports, max(0, min(MOST, room))), counts is not None, now)
        ]
        if counts is not None:
            rows.append(self._overall(counts, now))
        with self._console.capture() as captured:
            self._console.print(Group(*rows))
        return captured.get()

    def _jobs(self, reports: Iterable[Event], batch: bool, now: float) -> Table:
        """A row for each job: which one, a bar, numbers."""
        table = self._grid(4 if batch else 3)
        table.columns[0].max_width = self._console.width // 3  # a long name leaves room for the rest
        for task, _, fields in reports:
            record = [f"record {task.number}"] if batch else []
            numerator, denominator = map(whole, fields)
            bar = self._bar(numerator, denominator, now)
            table.add_row(self._text(shown(task.function)), *record, bar, _numbers(numerator, denominator))
        return table

    def _overall(self, counts: Counts, now: float) -> Table:
        """The row of a batch: a bar, numbers."""
        table = self._grid(2)
        portion = counts.portion
        bar = self._progress_bar(portion, None if portion is None else 1.0, now)
        table.add_row(bar, self._text(counts.words(now, in_flight=False)))
        return table

    def _grid(self, columns: int) -> Table:
        from rich.table import Table

        table = Table.grid(padding=(0, 1))
        for _ in range(columns):
            table.add_column(no_wrap=True, overflow="ellipsis" if self._unicode else "crop")
        return table

    def _bar(self, numerator: int | None, denominator: int | None, now: float) -> RenderableType:
        """A bar, or what only shows that there is life if the end is not known."""
        if numerator is not None and denominator:
            return self._progress_bar(numerator, denominator, now)
        frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if self._unicode else "|/-\\"
        return self._text(frames[int(now / INTERVAL) % len(frames)])

    def _progress_bar(self, done: float | None, total: float | None, now: float) -> RenderableType:
        from rich.progress_bar import ProgressBar

        width = min(_WIDEST, self._console.width // 4)
        return ProgressBar(total, done or 0, width=width, animation_time=now)

    def _text(self, text: str) -> Text:
        """A text in which nothing has a meaning, of what the terminal's encoding can show.

        What it cannot would be longer than the room that rich has counted for it.
        """
        from rich.text import Text

        encoding = self._console.encoding
        return Text(text.encode(encoding, "backslashreplace").decode(encoding))


def _numbers(numerator: int | None, denominator: int | None) -> str:
    if numerator is None:
        return ""
    return f"{numerator:,}/{denominator:,}" if denominator else f"{numerator:,}"

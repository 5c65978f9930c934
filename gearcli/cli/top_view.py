"""The page of functions of `gear top` as lines of styled text.  Pure: no I/O, no clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gearcli.cli import top_format as form
from gearcli.cli.output import failure
from gearcli.cli.styled import (
    ALARM,
    BOLD,
    CHOSEN,
    DIM,
    PLAIN,
    Piece,
    StyledLine,
    bar,
    line,
)
from gearcli.cli.table import age, fitted
from gearcli.cli.top_choices import Choices
from gearcli.client.documents import FunctionState
from gearcli.client.inside import Inside
from gearcli.client.watch import Watch, Watched
from gearcli.escape import shown

_MOST_FAILURES = 4
_LATE = 3.0  # seconds without an answer after which a server is named, beside three intervals
_NARROWEST = 12  # cells of a name
_KEYS = "q quit · p pause · s sort · / filter · e empty · Enter jobs · ? help"


class Scene(NamedTuple):
    """All that is to be seen."""

    watch: Watch
    choices: Choices
    insides: dict[int, Inside]
    """What servers told of the function that is selected, by their numbers."""
    now: float
    """Monotonic seconds."""
    clock: str
    """The time of day."""
    interval: float
    asked: dict[int, float]
    """Since when servers that have not answered yet are being asked, by their numbers."""
    ascii: bool = False


class _Column(NamedTuple):
    """A number of a function: the order that sorts by it, its heading, its width."""

    order: str
    heading: str
    width: int
    text: Callable[[Watched], str]


_COLUMNS = (
    _Column("queued", "QUEUED", 8, lambda row: form.count(row.state.queued, 8)),
    _Column("running", "RUNNING", 7, lambda row: form.count(row.state.running, 7)),
    _Column("workers", "WORKERS", 7, lambda row: form.count(row.state.workers, 7)),
    _Column("in", "IN/s", 5, lambda row: form.rate(row.pace and row.pace.came)),
    _Column("out", "OUT/s", 5, lambda row: form.rate(row.pace and row.pace.left)),
    _Column("eta", "ETA", 6, lambda row: _eta(row)),
    _Column("oldest", "OLDEST", 6, lambda row: age(row.state.oldest)),
)
_EXPENDABLE = ("oldest", "in", "out", "eta", "workers", "running", "queued")
"""Columns that a narrow screen does without, the first one first; on a usual one that is the first."""
_TREND = 12  # cells of a line of sparks at least


def functions_page(scene: Scene, width: int, height: int) -> list[StyledLine]:
    """The whole screen: what is watched, who does not answer, the functions, the keys."""
    choices, rows = scene.choices, scene.choices.rows(scene.watch)
    above = head(scene, width)
    above.append(line(_sums(scene), width))
    room = functions_height(scene, height)
    layout = _layout(width, choices.sort, aged=any(state.oldest is not None for state in rows))
    numbers = choices.visible(rows, room)
    cursor = choices.cursor(rows)
    body = [_row(scene, rows[number], layout, chosen=number == cursor) for number in numbers]
    if not rows and room > 0:
        body = [line(_nothing(scene), width, DIM)]
    body += [[] for _ in range(room - len(body))]
    return [*above, _headings(choices.sort, layout, width), *body, _foot(scene, rows, numbers, width)][
        :height
    ]


def functions_height(scene: Scene, height: int) -> int:
    """How many functions there is room for."""
    return max(0, height - 4 - len(failures(scene)))


def head(scene: Scene, width: int) -> list[StyledLine]:
    """The first lines of a page: what is watched, and who does not answer."""
    servers = scene.watch.servers
    answering = sum(server.seen is not None for server in servers)
    where = str(servers[0].address) if len(servers) == 1 else f"{answering} of {len(servers)} servers"
    product = servers[0].seen.product if len(servers) == 1 and servers[0].seen else ""
    said = [f"gear top · {scene.clock}", shown(where), *([shown(product)] if product else [])]
    said.append(f"every {scene.interval:g}s")
    if scene.choices.paused:
        said.append("PAUSED")
    first = bar(plain(" · ".join(said), scene), width, BOLD)
    return [first, *(line(plain(text, scene), width, ALARM) for text in failures(scene))]


def failures(scene: Scene) -> list[str]:
    """Which servers do not answer, and why."""
    said = [text for number in range(len(scene.watch.servers)) if (text := _failure(scene, number))]
    more = len(said) - _MOST_FAILURES
    return said if more <= 0 else [*said[: _MOST_FAILURES - 1], f"and {more + 1} more servers do not answer"]


def _failure(scene: Scene, number: int) -> str:
    server = scene.watch.servers[number]
    if server.error is not None:
        return shown(failure(server.address, server.error))
    waiting = scene.now - scene.asked.get(number, scene.now)
    if waiting >= max(_LATE, 3 * scene.interval):
        return f"{shown(str(server.address))} has not answered for {age(waiting)}"
    return ""


def _sums(scene: Scene) -> str:
    """All functions that are wanted in one line."""
    these, known = scene.choices.totals(scene.watch), len(scene.watch.states())
    of = f" of {known}" if these.functions != known else ""
    many = f"{these.functions}{of} function{'' if known == 1 else 's'}"
    rates = ""
    if these.pace is not None:
        least = "" if these.pace.counted else " at least"
        rates = f", in {form.rate(these.pace.came)}/s, out {form.rate(these.pace.left)}/s{least}"
    when = "" if scene.watch.answering else "when a server last answered: "
    return f"{when if known else ''}{many}: {these.queued} queued, {these.running} running{rates}"


def _nothing(scene: Scene) -> str:
    """Why there is no function."""
    if scene.watch.states():
        return "no function is like that; Esc shows all" if scene.choices.pattern else "no function has jobs"
    if scene.watch.answering:
        return "no functions yet"
    return "no server answers any more" if scene.watch.answered else "no server has answered yet"


# -- columns ---------------------------------------------------------------------------------


class _Layout(NamedTuple):
    """Where columns stand: cells of the name, the columns behind it, cells of the sparks (0: none)."""

    name: int
    columns: Sequence[_Column]
    trend: int


def _layout(width: int, sort: str, *, aged: bool) -> _Layout:
    """What there is room for; the age of the oldest job only where it is known and the screen is wide."""
    columns = [
        _marked(each) if each.order == sort else each
        for each in _COLUMNS
        if each.order != "oldest" or (aged and width >= 100)
    ]
    for order in _EXPENDABLE:
        if _room(width, columns) >= _NARROWEST:
            break
        columns = [each for each in columns if each.order != order]
    room = _room(width, columns)
    trend = 0 if room < _NARROWEST + _TREND + 1 else min(60, max(_TREND, room * 2 // 5))
    return _Layout(max(1, room - trend - (1 if trend else 0)), columns, trend)


def _marked(column: _Column) -> _Column:
    """The column by which functions are sorted, with a mark."""
    heading = f"{column.heading}*"
    return column._replace(heading=heading, width=max(column.width, len(heading)))


def _room(width: int, columns: Sequence[_Column]) -> int:
    """Cells that are left for the name and the sparks."""
    return width - 2 - sum(each.width + 1 for each in columns)


def _headings(sort: str, layout: _Layout, width: int) -> StyledLine:
    """The headings; the one by which functions are sorted is marked."""
    name = "FUNCTION*" if sort == "function" else "FUNCTION"
    text = "  " + fitted(name, layout.name)
    for column in layout.columns:
        text += column.heading.rjust(column.width + 1)
    if layout.trend:
        text += " " + fitted("QUEUED BEFORE", layout.trend)
    return bar(text, width)


def _row(scene: Scene, state: FunctionState, layout: _Layout, *, chosen: bool) -> StyledLine:
    """A function."""
    row = scene.watch.watched(state)
    style = CHOSEN if chosen else PLAIN
    name = fitted(plain(shown(state.function), scene), layout.name)
    pieces = [Piece(0, ("> " if chosen else "  ") + name, style)]
    at = 2 + layout.name
    for column in layout.columns:
        alarming = column.order in ("workers", "eta") and row.remaining == math.inf and not chosen
        text = " " + fitted(column.text(row), column.width, right=True)
        pieces.append(Piece(at, text, ALARM if alarming else style))
        at += column.width + 1
    if layout.trend:
        drawn = form.sparks(scene.watch.trend(state.function, layout.trend)).rjust(layout.trend)
        pieces.append(Piece(at, " " + drawn, style))
    return pieces


def _eta(row: Watched) -> str:
    return "paused" if row.state.paused and row.state.queued else form.left(row.remaining)


def _foot(scene: Scene, rows: Sequence[FunctionState], numbers: range, width: int) -> StyledLine:
    """The last line: what is typed, or keys and which functions these are."""
    choices = scene.choices
    if choices.typing:
        return line(plain(f"filter: {shown(choices.pattern)}_", scene), width, BOLD)
    where = f"{numbers.start + 1}-{numbers.stop} of {len(rows)}" if numbers else ""
    left = f"filter: {shown(choices.pattern)} (Esc: all) · {_KEYS}" if choices.pattern else _KEYS
    room = width - len(where) - 1
    pieces = [Piece(0, fitted(plain(left, scene), room).rstrip(), DIM)] if room > 0 else []
    return [*pieces, Piece(max(0, width - len(where)), where[:width], DIM)]


def plain(text: str, scene: Scene) -> str:
    """A text with names in it, of what the terminal can show; what is ours is seen to when all is drawn."""
    return form.in_ascii(text).encode("ascii", "backslashreplace").decode("ascii") if scene.ascii else text

"""The page of one function of `gear top`: its jobs and its workers.  Pure: no I/O, no clock.

Only lines that are on the screen are made: a function may have ten thousand workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gearcli.cli import top_format as form
from gearcli.cli.connections import address_of, name_of
from gearcli.cli.styled import BOLD, DIM, Piece, StyledLine, bar, line
from gearcli.cli.table import age, amount, fitted
from gearcli.cli.top_view import Scene, head, plain
from gearcli.client.documents import ClientState, JobList, JobState
from gearcli.client.inside import Connection, Inside
from gearcli.escape import shown
from gearcli.protocol.text import JobRow

_KEYS = "Esc back · arrows scroll · p pause · q quit · ? help"


class _Column(NamedTuple):
    """A column: its heading, its width, 0 for what is left; whether it holds numbers."""

    heading: str
    width: int
    number: bool = False


_SERVER = _Column("SERVER", 16)
_JOBS = (
    _Column("HANDLE", 0),
    _Column("STATE", 8),
    _Column("PRIORITY", 8),
    _Column("AGE", 6, True),
    _Column("TRY", 3, True),
    _Column("SIZE", 6, True),
    _Column("PROGRESS", 9, True),
    _Column("WORKER", 15),
)
_WORKERS = (
    _Column("CLIENT ID", 0),
    _Column("ADDRESS", 24),
    _Column("STATE", 12),
    _Column("FUNCTIONS", 9, True),
)


class _Part(NamedTuple):
    """Lines of one kind: how many there are, and what makes one from its number and a width."""

    length: int
    make: Callable[[int, int], StyledLine]


def inside_page(scene: Scene, width: int, height: int) -> list[StyledLine]:
    """The whole screen: the function in a line, then jobs and workers from the first one chosen on."""
    above = head(scene, width)
    above.append(line(plain(_summary(scene), scene), width, BOLD))
    room = max(0, height - len(above) - 1)
    parts = _parts(scene)
    count = sum(part.length for part in parts)
    scene.choices.inside_first = first = min(scene.choices.inside_first, max(0, count - room))
    body = _lines(parts, first, room, width)
    body += [[] for _ in range(room - len(body))]
    where = f"{first + 1}-{min(first + room, count)} of {count}"
    foot = [Piece(0, fitted(_KEYS, max(0, width - len(where) - 1)), DIM)]
    foot.append(Piece(max(0, width - len(where)), where[:width], DIM))
    return [*above, *body, foot][:height]


def _summary(scene: Scene) -> str:
    """The function and its numbers."""
    name = scene.choices.selected or b""
    state = next((state for state in scene.watch.states() if state.function == name), None)
    if state is None:
        return f"{shown(name)}: no server has it any more"
    said = [
        f"{state.queued} queued",
        f"{state.running} running",
        f"{state.workers} worker{'' if state.workers == 1 else 's'}",
    ]
    if state.delayed:
        said.append(f"{state.delayed} delayed")
    if state.paused:
        said.append("paused")
    pace = scene.watch.watched(state).pace
    if pace is not None:
        said.append(f"in {form.rate(pace.came)}/s, out {form.rate(pace.left)}/s")
    return f"{shown(name)}: {', '.join(said)}"


def _lines(parts: Iterable[_Part], first: int, room: int, width: int) -> list[StyledLine]:
    """The lines from one on that there is room for; no others are made."""
    found: list[StyledLine] = []
    for part in parts:
        found += [
            part.make(number, width) for number in range(first, min(part.length, first + room - len(found)))
        ]
        first = max(0, first - part.length)
    return found


def _parts(scene: Scene) -> list[_Part]:
    """What makes the lines: of jobs, then of workers."""
    several = len(scene.watch.servers) > 1
    insides = [
        (str(scene.watch.servers[number].address) if several else "", each)
        for number, each in sorted(scene.insides.items())
        if each.function == scene.choices.selected
    ]
    if not insides:
        return [_text("asking for its jobs and workers…", scene)]
    return [*_jobs(insides, scene, several), _text("", scene), *_workers(insides, scene, several)]


# -- jobs ------------------------------------------------------------------------------------


def _jobs(insides: Sequence[tuple[str, Inside]], scene: Scene, several: bool) -> list[_Part]:
    columns = (_SERVER, *_JOBS) if several else _JOBS
    parts = [_jobs_of(server, each.jobs, columns, scene) for server, each in insides]
    notes = [
        _text(f"{server}: {note}" if server else note, scene)
        for server, each in insides
        if (note := _note(each.jobs))
    ]
    if any(part.length for part in parts):
        return [_heading(columns, scene), *parts, *notes]
    return notes or [_text("no jobs", scene)]


def _note(jobs: JobList | list[JobRow] | None) -> str:
    """What is to be said of the jobs of a server, beside what they are."""
    if jobs is None:
        return "too many jobs to list: this server can only tell all at once"
    if isinstance(jobs, JobList):
        return f"{jobs.left_out} more jobs" if jobs.left_out else ""
    return "this server does not tell the functions of jobs: all are here" if jobs else ""


def _jobs_of(
    server: str, jobs: JobList | list[JobRow] | None, columns: Sequence[_Column], scene: Scene
) -> _Part:
    """The jobs of one server."""
    told: Sequence[JobState | JobRow] = jobs.jobs if isinstance(jobs, JobList) else jobs or ()

    def make(number: int, width: int) -> StyledLine:
        return _cells([*_server(server, columns), *_job(told[number])], columns, width, scene)

    return _Part(len(told), make)


def _job(job: JobState | JobRow) -> list[str]:
    """The cells of a job; of some no more is told than the handle."""
    if isinstance(job, JobRow):
        return [shown(job.handle), "unwanted" if job.ignore else "", *[""] * 6]
    progress = f"{job.numerator}/{job.denominator}" if job.denominator else ""
    facts = [job.state, job.priority, age(job.age), str(job.attempt), amount(job.size)]
    return [shown(job.handle), *facts, progress, name_of(job.worker)]


# -- workers ---------------------------------------------------------------------------------


def _workers(insides: Sequence[tuple[str, Inside]], scene: Scene, several: bool) -> list[_Part]:
    columns = (_SERVER, *_WORKERS) if several else _WORKERS
    parts = [_workers_of(server, each.workers, columns, scene) for server, each in insides]
    if any(part.length for part in parts):
        return [_heading(columns, scene), *parts]
    return [_text("no workers", scene)]


def _workers_of(
    server: str, workers: Sequence[Connection], columns: Sequence[_Column], scene: Scene
) -> _Part:
    """The workers of one server."""

    def make(number: int, width: int) -> StyledLine:
        told = workers[number]
        cells = [shown(told.client_id), address_of(told), _state(told), str(len(told.functions))]
        return _cells([*_server(server, columns), *cells], columns, width, scene)

    return _Part(len(workers), make)


def _state(told: Connection) -> str:
    if not isinstance(told, ClientState):
        return ""
    if told.running:
        return f"runs {len(told.running)}"
    return "asleep" if told.asleep else "idle"


def _server(server: str, columns: Sequence[_Column]) -> list[str]:
    return [server] if columns[0] is _SERVER else []


# -- cells -----------------------------------------------------------------------------------


def _text(text: str, scene: Scene) -> _Part:
    return _Part(1, lambda _, width: line(plain(text, scene), width, DIM))


def _heading(columns: Sequence[_Column], scene: Scene) -> _Part:
    def make(_: int, width: int) -> StyledLine:
        pieces = _cells([column.heading for column in columns], columns, width, scene)
        return bar(" ".join(piece.text for piece in pieces), width)

    return _Part(1, make)


def _cells(cells: Sequence[str], columns: Sequence[_Column], width: int, scene: Scene) -> StyledLine:
    """A line of cells; the last columns go where there is no room for them."""
    pieces, at = [], 0
    for cell, (column, size) in zip(cells, _sizes(columns, width), strict=False):
        text = fitted(plain(cell, scene), size, right=column.number)
        pieces.append(Piece(at, text))
        at += size + 1
    return pieces


def _sizes(columns: Sequence[_Column], width: int) -> list[tuple[_Column, int]]:
    """The columns that there is room for, and their widths."""
    kept = list(columns)
    while len(kept) > 1 and _rest(kept, width) < 16:
        kept.pop()
    rest = max(1, _rest(kept, width))
    return [(column, column.width or min(rest, width)) for column in kept]


def _rest(columns: Sequence[_Column], width: int) -> int:
    return width - sum(column.width + 1 for column in columns) + 1

"""The page of `gear serve --metrics` for people: what the server has to do, as a table.

The file beside this one is the whole page, style and script included, and
fetches nothing else; the figures are put in here.  The script only fetches
the page again, so there is one place that says how a figure looks.  Names
come from peers: they have been made safe to show, and are escaped for HTML
here.  What the page may do is said by hash, so nothing that could slip in runs.
"""

from __future__ import annotations

import heapq
import re
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from gearcli.server.counters import Result
from gearcli.server.overview import FunctionRow, Overview

MEDIA_TYPE = "text/html; charset=utf-8"
SHOWN = 500
"""Functions that are shown: those with the most to do."""

_WIDE = "wide"
"""The class of columns for which a phone has no room."""
_HEADS = (
    ("Waiting", ""), ("Running", ""), ("Workers", ""),
    ("Oldest", _WIDE), ("Completed", _WIDE), ("Failed", _WIDE), ("Average run", _WIDE),
)  # fmt: skip
_PART = re.compile(r"\{\{(\w+)\}\}")


@cache
def _template() -> str:
    return Path(__file__).with_name("dashboard.html").read_text(encoding="utf-8")


def headers() -> tuple[tuple[str, str], ...]:
    """The lines of its head that say what the page may do: run its own script, ask its own server."""
    policy = {
        "default-src": "'none'",
        "style-src": _hash_of("style"),
        "script-src": _hash_of("script"),
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return (("Content-Security-Policy", "; ".join(f"{name} {value}" for name, value in policy.items())),)


def _hash_of(element: str) -> str:
    """By what a browser knows an element of the page that may stand in it (CSP level 3, 2.3.1)."""
    _, _, rest = _template().partition(f"<{element}>")
    content, _, _ = rest.partition(f"</{element}>")
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def page(seen: Overview, where: Sequence[str]) -> Iterator[str]:
    """The page, in pieces of which none takes long to make; `where` are the server's addresses."""
    addresses = escape(", ".join(where))
    parts: dict[str, Iterable[str]] = {
        "title": [f"{addresses} · gear"],
        "where": [addresses],
        "version": [escape(seen.vitals.version)],
        "state": [_state(seen.vitals.stopping)],
        "cards": _cards(seen),
        "note": [_note(seen.functions)],
        "functions": _functions(seen.functions),
        "when": [_when(seen.vitals.started + seen.vitals.uptime)],
    }
    # Every other piece of the template is the name of a part; what is put in is not looked at again.
    for index, piece in enumerate(_PART.split(_template())):
        yield from parts[piece] if index % 2 else [piece]


# -- the parts, each with an id by which the script exchanges it --------------------------


def _state(stopping: bool) -> str:
    words, more = ("Stopping", " stopping") if stopping else ("Serving", "")
    return f'<p class="state{more}" id="state" role="status" data-live>{words}</p>'


def _cards(seen: Overview) -> Iterator[str]:
    rows, counters, vitals = seen.functions, seen.counters, seen.vitals
    delayed = sum(row.delayed for row in rows)
    failed = counters.ended(Result.FAILED, Result.EXCEPTION)
    yield "<dl>"
    yield _card("Waiting", sum(row.waiting for row in rows), f"{delayed:,} due later" if delayed else "")
    yield _card("Running", sum(row.running for row in rows))
    yield _card("Completed", counters.ended(Result.COMPLETED), "since the start", grows=True)
    yield _card("Failed", failed, "since the start", grows=True)
    yield _card("Connections", seen.connections, f"{counters.connections:,} since the start")
    if vitals.memory is not None:
        yield _card("Memory", _size(vitals.memory))
    yield _card("Uptime", _duration(vitals.uptime))
    yield "</dl>"


def _card(name: str, value: int | str, more: str = "", *, grows: bool = False) -> str:
    """A figure of the server; the script tells how fast it `grows` if it does."""
    text = f"{value:,}" if isinstance(value, int) else value
    count = f' data-count="{value}"' if grows else ""
    about = f'id="{name.lower()}" data-live{count}'
    return f"<div><dt>{name}</dt><dd {about}>{text}<small>{more}</small></dd></div>\n"


def _note(rows: Sequence[FunctionRow]) -> str:
    """What somebody should look at, if there is anything."""
    stuck = sum(row.stuck for row in rows)
    words = ""
    if stuck:
        what = "One function has" if stuck == 1 else f"{stuck:,} functions have"
        words = f"{what} jobs waiting and no worker."
    return f'<p class="note" id="note" role="status" data-live>{words}</p>'


def _functions(rows: Sequence[FunctionRow]) -> Iterator[str]:
    if not rows:
        yield (
            '<div class="sheet" id="functions" data-live><p class="empty">No function is known yet. '
            "The first worker or job makes one: <code>gear worker -f upper -- tr a-z A-Z</code></p></div>"
        )
        return
    shown = heapq.nsmallest(SHOWN, rows, key=_busiest_first)
    heads = "".join(f'<th scope="col"{_class(kind)}>{name}</th>' for name, kind in _HEADS)
    yield (
        '<div class="sheet" id="functions" data-live><table>'
        f"<caption>Functions <small>{len(rows):,}</small></caption>"
        f'<thead><tr><th scope="col">Function</th>{heads}</tr></thead><tbody>'
    )
    yield from map(_row, shown)
    yield f'</tbody></table><p class="more">{_left_out(len(rows) - len(shown))}</p></div>'


def _busiest_first(row: FunctionRow) -> tuple[bool, int, int, str]:
    return not row.stuck, -row.waiting, -row.running, row.name


def _left_out(count: int) -> str:
    return f"And {count:,} more with less to do; <code>gear status</code> shows all." if count else ""


def _row(row: FunctionRow) -> str:
    ended = row.counted.ended
    failed = ended[Result.FAILED] + ended[Result.EXCEPTION]
    cells = (
        _count(row.waiting),
        _count(row.running),
        _count(row.workers),
        _time(row.oldest if row.waiting else None),
        _count(ended[Result.COMPLETED], _WIDE),
        _count(failed, f"{_WIDE} bad" if failed else _WIDE),
        _time(row.counted.ran.average),
    )
    return f'<tr><th scope="row"><bdi>{escape(row.name)}</bdi>{_tags(row)}</th>{"".join(cells)}</tr>\n'


def _tags(row: FunctionRow) -> str:
    """What is to be said of a function besides its figures."""
    tags = [("warn", "no worker")] if row.stuck else []
    if row.paused:
        tags.append(("warn", "paused"))
    if row.delayed:
        tags.append(("", f"{row.delayed:,} due later"))
    return "".join(f" <span{_class('tag', kind)}>{words}</span>" for kind, words in tags)


def _count(count: int, kind: str = "") -> str:
    return _cell(f"{count:,}", kind, "" if count else "zero")


def _time(seconds: float | None) -> str:
    return _cell("–", _WIDE, "zero") if seconds is None else _cell(_duration(seconds), _WIDE)


def _cell(text: str, *kinds: str) -> str:
    return f"<td{_class(*kinds)}>{text}</td>"


def _class(*kinds: str) -> str:
    """The attribute for these classes; empty ones are none."""
    names = " ".join(filter(None, kinds))
    return f' class="{names}"' if names else ""


def _when(wall: float) -> str:
    """When the figures were true."""
    moment = time.gmtime(wall)
    stamp, words = (time.strftime(form, moment) for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S UTC"))
    return f'<p id="when" data-live>As of <time datetime="{stamp}">{words}</time></p>'


# -- numbers in words ------------------------------------------------------------------------


def _size(size: float) -> str:
    """Bytes, in the largest unit of which there is one."""
    for unit in ("KiB", "MiB"):
        size /= 1024
        if size < 1000:
            return f"{size:.0f} {unit}"
    return f"{size / 1024:.1f} GiB"


_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def _duration(seconds: float) -> str:
    """A time, in its two largest units; below ten seconds with the places that matter."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    rest, parts = int(seconds), list[str]()
    for unit, name in _UNITS:
        count, rest = divmod(rest, unit)
        if count or parts:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])

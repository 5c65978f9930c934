"""The page for people, as text; `test_endpoint` has it in a browser."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from gearcli.server import dashboard
from gearcli.server.counters import Counters, Result
from gearcli.server.overview import FunctionRow, Overview, Vitals

VITALS = Vitals("1.2.3", 1_700_000_000.0, 90061.0, 1.5, 25 << 20, False)
VOID = {"meta", "link", "circle"}


class Reader(HTMLParser):
    """Reads a page strictly: every element is closed; what the cells of its table say."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.text: dict[str, str] = {}
        self._open: list[str] = []
        self._id = ""
        self.feed(page)
        self.close()
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        self._id = dict(attrs).get("id") or self._id
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert tag == self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text[self._id] = self.text.get(self._id, "") + data
        if {"th", "td"} & set(self._open):
            self.rows[-1][-1] += data


def row(counters: Counters, name: bytes, **figures: float) -> FunctionRow:
    made = FunctionRow(counters.of(name))
    for key, value in figures.items():
        setattr(made, key, value)
    return made


def seen(counters: Counters, *rows: FunctionRow, vitals: Vitals = VITALS) -> Overview:
    return Overview(list(rows), counters, 3, vitals)


def page_of(overview: Overview, *where: str) -> str:
    return "".join(dashboard.page(overview, where or ("127.0.0.1:4730",)))


def test_the_functions_with_the_most_to_do_come_first() -> None:
    counters = Counters()
    function = counters.of(b"busy")
    function.ended.update({Result.COMPLETED: 1234, Result.FAILED: 2, Result.EXCEPTION: 3})
    function.ran.add(1.0)
    function.ran.add(2.0)
    rows = [
        row(counters, b"idle", workers=2),
        row(counters, b"busy", normal=2000, workers=4, running=4, oldest=3725.0),
        row(counters, b"later", delayed=7),
        row(counters, b"stuck", high=1, low=1, oldest=0.25),
        row(counters, b"held", normal=1, workers=1, oldest=100.0, paused=True),
    ]
    read = Reader(page_of(seen(counters, *rows)))
    assert [
        ["Function", "Waiting", "Running", "Workers", "Oldest", "Completed", "Failed", "Average run"],
        ["stuck no worker", "2", "0", "0", "250 ms", "0", "0", "–"],
        ["busy", "2,000", "4", "4", "1 h 2 min", "1,234", "5", "1.5 s"],
        ["held paused", "1", "0", "1", "1 min 40 s", "0", "0", "–"],
        ["idle", "0", "0", "2", "–", "0", "0", "–"],
        ["later 7 due later", "0", "0", "0", "–", "0", "0", "–"],
    ] == read.rows
    assert "One function has jobs waiting and no worker." == read.text["note"].strip()
    assert ["2,0037 due later", "4", "1,234since the start", "5since the start"] == [
        read.text[name].removesuffix(after).strip()
        for name, after in (
            ("waiting", "\nRunning"), ("running", "\nCompleted"), ("completed", "\nFailed"),
            ("failed", "\nConnections"),
        )
    ]  # fmt: skip
    assert read.text["uptime"].startswith("1 d 1 h")
    assert read.text["memory"].startswith("25 MiB")
    assert "As of 2023-11-15 23:14:21 UTC" in read.text["when"]


def test_every_part_that_changes_can_be_exchanged_by_its_id() -> None:
    page = page_of(seen(Counters()))
    ids = Reader(page).ids
    assert len(set(ids)) == len(ids)
    assert len(re.findall(r' id="\w+"[^<>]* data-live\b', page)) == len(ids)
    assert {"state", "waiting", "running", "completed", "failed", "note", "functions", "when"} <= set(ids)


def test_a_server_without_functions_says_how_to_begin() -> None:
    read = Reader(page_of(seen(Counters(), vitals=VITALS._replace(memory=None))))
    assert [] == read.rows
    assert "No function is known yet." in read.text["functions"]
    assert "memory" not in read.ids
    assert "" == read.text.get("note", "").strip()


def test_a_server_that_stops_says_so() -> None:
    assert ">Serving</p>" in page_of(seen(Counters()))
    assert ">Stopping</p>" in page_of(seen(Counters(), vitals=VITALS._replace(stopping=True)))


def test_of_very_many_functions_some_are_left_out() -> None:
    counters = Counters()
    rows = [row(counters, b"f%d" % number) for number in range(dashboard.SHOWN + 2)]
    rows += [row(counters, b"stuck%d" % number, normal=1) for number in range(3)]
    read = Reader(page_of(seen(counters, *rows)))
    assert dashboard.SHOWN + 1 == len(read.rows)
    assert ["stuck0 no worker", "stuck1 no worker", "stuck2 no worker"] == [
        each[0] for each in read.rows[1:4]
    ]
    assert "And 5 more with less to do; gear status shows all." in read.text["functions"]
    assert "3 functions have jobs waiting and no worker." == read.text["note"].strip()


@pytest.mark.parametrize(
    "name",
    [
        b"<script>alert(1)</script>",
        b'"onload="x',
        b"</table></main>",
        b"&amp;",
        b"{{state}}",
        b"\x1b[31m\n\0",
    ],
)
def test_no_name_is_more_than_text(name: bytes) -> None:
    counters = Counters()
    plain = Reader(page_of(seen(counters, row(counters, b"plain"))))
    read = Reader(page_of(seen(counters, row(counters, name)), f"unix:/{name.decode()!r}"))
    assert plain.tags == read.tags
    assert counters.of(name).name == read.rows[1][0]
    assert read.rows[1][0].isprintable()


def test_only_its_own_style_and_script_may_run() -> None:
    ((name, policy),) = dashboard.headers()
    assert "Content-Security-Policy" == name
    page = page_of(seen(Counters()))
    for element in ("style", "script"):
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert f"{element}-src 'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'" in policy
    for part in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page)
    assert not re.findall(r'(?:src|href)="(?!/|data:)', page), "nothing from elsewhere"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0 ms"), (0.999, "999 ms"), (1.0, "1.0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (86400, "1 d 0 h")],
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert words == dashboard._duration(seconds)


@pytest.mark.parametrize(
    ("size", "words"), [(999 << 10, "999 KiB"), (1 << 20, "1 MiB"), (3 << 30, "3.0 GiB")]
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert words == dashboard._size(size)

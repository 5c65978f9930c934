"""What a command says of its job while it works."""

from __future__ import annotations

import pytest

from gearcli.worker.report import EVERY, Reports
from gearcli.worker.report_lines import lines_for


class Told:
    """A job that notes what is reported of it."""

    def __init__(self) -> None:
        self.reports: list[object] = []
        self.notes: list[str] = []

    def status(self, numerator: int, denominator: int) -> None:
        """So much of so much is done."""
        self.reports.append((numerator, denominator))

    def data(self, data: bytes) -> None:
        """A part of the result."""
        self.reports.append(data)

    def warn(self, text: bytes) -> None:
        """Words for whoever submitted it."""
        self.reports.append(("warning", text))


@pytest.fixture
def job() -> Told:
    return Told()


@pytest.fixture
def reports(job: Told) -> Reports:
    return Reports(job, job.notes.append)


@pytest.mark.parametrize(
    ("line", "report"),
    [
        (b"3 10", (3, 10)),
        (b" 3  10 ", (3, 10)),
        (b"30%", (30, 100)),
        (b"30", (30, 100)),
        (b"0 0", (0, 0)),
        (b"4294967295 4294967295", (4294967295, 4294967295)),
        (b"data a part\0", b"a part\0\n"),
        (b"data", b"\n"),
        (b"data64 YQBi", b"a\0b"),
        (b"warn no room\xff", ("warning", b"no room\xff")),
    ],
)
def test_what_a_line_reports(line: bytes, report: object, job: Told, reports: Reports) -> None:
    reports.take(line + b"\n", 100.0)
    assert ([report], []) == (job.reports, job.notes)


@pytest.mark.parametrize(
    "line", [b"half", b"1 2 3", b"-1 2", b"1 4294967296", b"data64 ?", b"%", b"1.5%", b"\x1b[2J", b"1" * 30]
)
def test_what_means_nothing_is_noted(line: bytes, job: Told, reports: Reports) -> None:
    reports.take(line + b"\n", 100.0)
    (note,) = job.notes
    assert [] == job.reports
    assert note.startswith("descriptor 3 said what means nothing: ")
    assert note.isprintable()


def test_notes_are_for_the_log(job: Told, reports: Reports) -> None:
    reports.take(b"# reading \x1b[31m page 2\n\n  \n", 100.0)
    assert ([], ["reading \\x1b[31m page 2"]) == (job.reports, job.notes)


def test_lines_may_come_in_pieces(job: Told, reports: Reports) -> None:
    for byte in b"data one\nwarn two\n3 4":
        reports.take(bytes([byte]), 100.0)
    assert [b"one\n", ("warning", b"two")] == job.reports
    reports.end()
    assert (3, 4) == job.reports[-1]


def test_who_writes_no_lines_at_all_is_noted_once(job: Told, reports: Reports) -> None:
    for _ in range(40):
        reports.take(bytes(1 << 16) + b"\n???\n", 100.0)
    assert 1 == len(job.notes)


def test_a_line_without_end_costs_little(job: Told, reports: Reports) -> None:
    for _ in range(40):
        reports.take(b"data " + bytes((1 << 16) - 5), 100.0)
    assert 2 == len(job.reports)


def test_no_more_than_ten_reports_a_second_and_the_last_in_any_case(job: Told, reports: Reports) -> None:
    for step in range(1000):  # a thousand in a second
        reports.take(b"%d 1000\n" % step, 100.0 + step / 1000)
    assert 9 <= len(job.reports) <= 10
    assert reports.due == pytest.approx(100.9 + EVERY, abs=0.01)
    reports.end()
    assert ((999, 1000), None) == (job.reports[-1], reports.due)


def test_what_came_too_early_is_sent_when_it_is_due(job: Told, reports: Reports) -> None:
    reports.take(b"1 2\n", 100.0)
    reports.take(b"2 2\n", 100.01)
    assert ([(1, 2)], 100.0 + EVERY) == (job.reports, reports.due)
    reports.tick(100.05)
    assert [(1, 2)] == job.reports
    reports.tick(100.0 + EVERY)
    assert ([(1, 2), (2, 2)], None) == (job.reports, reports.due)


def test_an_end_without_a_word_reports_nothing(job: Told, reports: Reports) -> None:
    reports.end()
    assert ([], []) == (job.reports, job.notes)


# -- gear report -------------------------------------------------------------------------


def test_any_bytes_arrive_and_lines_do_not_mix(job: Told, reports: Reports) -> None:
    data = bytes(range(256)) * 40
    parts = iter([data, data, b""])
    lines = b"".join(lines_for(["--data"], lambda: next(parts)))
    assert max(map(len, lines.split(b"\n"))) < 4096
    reports.take(lines, 100.0)
    assert data * 2 == b"".join(part for part in job.reports if isinstance(part, bytes))

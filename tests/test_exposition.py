"""Figures as Prometheus reads them: its own parser reads ours."""

from __future__ import annotations

from math import inf, nan

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gearcli.exposition import Histogram, Sample, family, figures, heading, labels


def test_a_counter_and_its_labels() -> None:
    text = family("jobs_total", "counter", "Jobs.", [Sample({"function": b"f", "result": "done"}, 3)])
    assert (
        '# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total{function="f",result="done"} 3\n'
        == text
    )
    (found,) = text_string_to_metric_families(text)
    assert ("jobs", "counter", "Jobs.") == (found.name, found.type, found.documentation)
    assert [("jobs_total", {"function": "f", "result": "done"}, 3.0)] == [each[:3] for each in found.samples]


def test_a_figure_needs_no_labels_and_a_family_no_figures() -> None:
    assert "# HELP n Words.\n# TYPE n gauge\nn 0.25\n" == family("n", "gauge", "Words.", [Sample({}, 0.25)])
    assert "# HELP n Words.\n# TYPE n gauge\n" == family("n", "gauge", "Words.", [])


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (b"a\\b", r"a\b"),
        (b'a"} 1\nforged{x="', r'a"} 1\nforged{x="'),
        (b"\x1b[31m\r\0", r"\x1b[31m\r\x00"),
        (b"\xff\xc3\xa9", r"\xff" + "é"),
        ("\u202eright", "\\u202eright"),
    ],
)
def test_no_name_can_forge_a_line_or_harm_a_terminal(name: bytes | str, read: str) -> None:
    text = family("n", "gauge", "Words.", [Sample({"function": name}, 1)])
    assert 3 == text.count("\n")
    assert text.replace("\n", "").isprintable()
    (found,) = text_string_to_metric_families(text)
    assert [{"function": read}] == [sample.labels for sample in found.samples]


def test_a_histogram_counts_all_that_took_no_longer() -> None:
    histogram = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 30.0):
        histogram.add(seconds)
    text = family("seconds", "histogram", "Words.", histogram.samples({"function": "f"}))
    (found,) = text_string_to_metric_families(text)
    assert [
        ("seconds_bucket", "0.1", 2.0),
        ("seconds_bucket", "1", 3.0),
        ("seconds_bucket", "+Inf", 4.0),
        ("seconds_sum", None, 30.65),
        ("seconds_count", None, 4.0),
    ] == [(sample.name, sample.labels.get("le"), sample.value) for sample in found.samples]


def test_labels_may_be_written_already() -> None:
    written = labels({"a": b'b"'})
    assert family("x", "gauge", "X.", [Sample({"a": 'b"'}, 1)]) == family(
        "x", "gauge", "X.", [Sample(written, 1)]
    )


@pytest.mark.parametrize(
    ("value", "text"), [(inf, "+Inf"), (-inf, "-Inf"), (nan, "NaN"), (0.5, "0.5"), (2.0, "2")]
)
def test_a_figure_may_be_no_number(value: float, text: str) -> None:
    assert family("x", "gauge", "X.", [Sample("", value)]).endswith(f"\nx {text}\n")


def test_the_average_is_known_from_the_first_on() -> None:
    histogram = Histogram((1.0,))
    assert histogram.average is None
    histogram.add(0.5)
    histogram.add(4.5)
    assert 2.5 == histogram.average


def test_a_family_may_be_made_piece_by_piece() -> None:
    samples = [Sample({"function": name}, 1) for name in (b"a", b"b", b"c")]
    pieces = heading("n", "gauge", "Words."), figures("n", samples[:2]), figures("n", samples[2:])
    assert family("n", "gauge", "Words.", samples) == "".join(pieces)

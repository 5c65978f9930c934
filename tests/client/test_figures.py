"""What a load has measured, in the numbers people ask for."""

from __future__ import annotations

import pytest

from gearcli.client.figures import Figures


def test_jobs_in_a_second() -> None:
    assert 250.0 == Figures(500, 2.0).per_second


@pytest.mark.parametrize(
    ("latencies", "percentiles"),
    [
        ([1.0], [1.0, 1.0, 1.0, 1.0]),
        ([1.0, 2.0], [1.0, 2.0, 2.0, 2.0]),
        ([float(n) for n in range(1, 201)], [100.0, 198.0, 200.0, 200.0]),
        ([float(n) for n in range(1, 10_001)], [5000.0, 9900.0, 9990.0, 10_000.0]),
    ],
)
def test_percentiles_are_times_that_were_measured(latencies: list[float], percentiles: list[float]) -> None:
    figures = Figures(len(latencies), 1.0, latencies=latencies)
    assert percentiles == [figures.percentile(permille) for permille in (500, 990, 999, 1000)]


def test_no_percentile_of_nothing() -> None:
    assert Figures(5, 1.0).percentile(500) is None

"""What a server counts, and under which names."""

from __future__ import annotations

from gearcli.server.counters import OTHER, Counters, Result


def test_each_function_is_counted_for_itself() -> None:
    counters = Counters()
    counters.of(b"f").submitted += 2
    counters.of(b"\xff\n").submitted += 1
    counters.of(b"f").submitted += 1
    assert {"f": 3, r"\xff\n": 1} == {name: each.submitted for name, each in counters.functions.items()}


def test_from_a_number_of_functions_on_they_are_counted_together() -> None:
    counters = Counters(functions=2)
    for name in (b"a", b"b", b"c", b"d", b"a"):
        counters.of(name).lost += 1
    assert {"a": 2, "b": 1, OTHER: 2} == {name: each.lost for name, each in counters.functions.items()}
    assert {name: each.name for name, each in counters.functions.items()} == {n: n for n in ("a", "b", OTHER)}


def test_a_function_that_looks_like_another_is_one_of_the_others() -> None:
    counters = Counters()
    for name in (b"\x00", rb"\x00", OTHER.encode()):
        counters.of(name).submitted += 1
    assert {r"\x00": 1, OTHER: 2} == {name: each.submitted for name, each in counters.functions.items()}


def test_ends_are_summed_over_all_functions() -> None:
    counters = Counters()
    counters.of(b"f").ended[Result.FAILED] += 2
    counters.of(b"g").ended[Result.FAILED] += 1
    counters.of(b"g").ended[Result.EXCEPTION] += 4
    assert (3, 7, 0) == (
        counters.ended(Result.FAILED),
        counters.ended(Result.FAILED, Result.EXCEPTION),
        counters.ended(Result.COMPLETED),
    )

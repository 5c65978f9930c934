"""What a worker says of itself."""

from __future__ import annotations

import inspect

from gearcli.worker import notes


def test_who_does_not_care_can_be_told_all_that_an_observer_is() -> None:
    functions = inspect.getmembers(notes.Observer, inspect.isfunction)
    told = [name for name, _ in functions if name[0] != "_"]
    for name in told:
        arguments = [b"f", "done", 1.0][
            : len(inspect.signature(getattr(notes.Observer, name)).parameters) - 1
        ]
        assert None is getattr(notes.Unobserved(), name)(*arguments)
    assert ["ended", "retried", "timed_out"] == told

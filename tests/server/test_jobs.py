"""A job: what it is when it is new, and when nobody wants it."""

from __future__ import annotations

import pytest

from gearcli.server.jobs import NO_PROGRESS, Job
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue


def new(background: bool) -> Job:
    return Job(b"H:1", FunctionQueue(b"f"), b"u", b"w", 1, background)


def test_a_new_job_waits_unheard_and_untried() -> None:
    job = new(background=True)
    assert (None, (), NO_PROGRESS, 0) == (job.worker, job.listeners, job.progress, job.attempt)


@pytest.mark.parametrize(
    ("background", "heard", "abandoned"),
    [(False, False, True), (False, True, False), (True, False, False), (True, True, False)],
)
def test_a_job_is_abandoned_when_nobody_listens_and_nobody_wanted_it_done(
    background: bool, heard: bool, abandoned: bool
) -> None:
    job = new(background)
    job.listeners = (Peer([]),) if heard else ()
    assert abandoned == job.abandoned


def test_a_job_is_small() -> None:
    """A million of them may wait, so none has a dictionary."""
    assert not hasattr(new(background=True), "__dict__")

"""A job: what it is when it is new, and when nobody wants it."""

from __future__ import annotations

import pytest

from gearcli.server.jobs import NO_PROGRESS, Job
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue


def new(background: bool) -> Job:
    return Job(1, FunctionQueue(b"f", b"H:%d"), b"u", b"w", (1, background))


def test_a_new_job_waits_unheard_and_untried() -> None:
    job = new(background=True)
    assert (None, (), NO_PROGRESS, 0) == (job.worker, job.listeners, job.known.progress, job.attempt)


@pytest.mark.parametrize(
    ("background", "heard", "wanted"),
    [(False, False, False), (False, True, True), (True, False, True), (True, True, True)],
)
def test_a_job_is_wanted_while_somebody_listens_or_wanted_it_done_anyway(
    background: bool, heard: bool, wanted: bool
) -> None:
    job = new(background)
    job.listeners = (Peer([]),) if heard else ()
    assert wanted == job.wanted


def test_a_job_is_small() -> None:
    """A million of them may wait, so none has a dictionary."""
    assert not hasattr(new(background=True), "__dict__")


def test_what_few_jobs_have_is_made_for_those_that_need_it() -> None:
    plain, special = new(background=True), new(background=True)
    special.extend().losses += 1
    assert ({}, 1) == (plain.queue.extras, special.extend().losses)
    assert (0, 1) == (plain.known.losses, special.known.losses)

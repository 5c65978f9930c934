"""All jobs: found by the handle to the last byte, in order, in no more memory than they need."""

from __future__ import annotations

import random

import pytest

from gearcli.server.index import BLOCK, Index
from gearcli.server.jobs import Job
from gearcli.server.queues import FunctionQueue

QUEUE = FunctionQueue(b"f", b"H:%%s:%d")
"""Its handles begin with ``H:%s:``."""


def new(number: int) -> Job:
    return Job(number, QUEUE, b"", b"", (1, True))


@pytest.fixture
def index() -> Index:
    return Index(b"H:%s:")


@pytest.mark.parametrize("number", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 1, 10**19])
def test_a_job_is_found_by_its_handle_until_it_is_removed(index: Index, number: int) -> None:
    job = new(number)
    index.add(job)
    assert (job, [job], 1) == (index.get(b"H:%%s:%d" % number), list(index), len(index))
    index.remove(job)
    assert (None, [], 0) == (index.get(b"H:%%s:%d" % number), list(index), len(index))


@pytest.mark.parametrize(
    "handle",
    [
        b"", b"12", b"H:%s:", b"H:%s:11", b"H:%s:13", b"H:%s:012", b"H:%s:+12", b"H:%s:-12", b"H:%s: 12",
        b"H:%s:12 ", b"H:%s:12\n", b"H:%s:1_2", b"H:%s:12.0", b"H:%s:0x0c", b"H:%s:12\0", b"H:%t:12",
        b"H:%s:" + b"0" * 19 + b"12", b"H:%s:" + b"12" * 5000, b"h:%s:12", b"H:%%s:12", b"xxxxx12",
        "H:%s:١٢".encode(), "H:%s:１２".encode(), b"H:%s:\xb2", b"H:%s:12H:%s:12", b"H:%s:0",
    ],
)  # fmt: skip
def test_what_is_not_a_handle_to_the_last_byte_finds_nothing(index: Index, handle: bytes) -> None:
    index.add(new(12))
    assert index.get(handle) is None


def test_where_the_prefix_is_empty_a_handle_is_a_number() -> None:
    index, queue = Index(b""), FunctionQueue(b"f", b"%d")
    job = Job(7, queue, b"", b"", (1, True))
    index.add(job)
    assert [job, None, None] == [index.get(handle) for handle in (b"7", b"07", b"")]


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, 3 * BLOCK + 5])
@pytest.mark.parametrize("first", [1, BLOCK - 1, BLOCK])
def test_many_are_as_many_one_by_one(index: Index, first: int, count: int) -> None:
    jobs = [new(number) for number in range(first, first + count)]
    index.add_many(jobs)
    index.add(new(first + count))
    assert jobs == list(index)[:-1]
    assert jobs == [index.get(job.handle) for job in jobs]
    assert count + 1 == len(index)


def test_jobs_that_come_and_go_in_any_order_are_those_that_are_there(index: Index) -> None:
    chance, there, number = random.Random(1), dict[int, Job](), 0
    for _ in range(2000):
        if chance.random() < 0.5:
            jobs = [new(number + place) for place in range(1, chance.choice((1, 2, 30, 200)))]
            number += len(jobs)
            index.add_many(jobs)
            there.update((job.number, job) for job in jobs)
        gone = chance.sample(list(there), min(len(there), chance.choice((1, 2, 20, 60))))
        for each in gone:
            index.remove(there.pop(each))
        assert all(index.get(b"H:%%s:%d" % each) is None for each in gone)
    assert list(there.values()) == list(index)
    assert len(there) == len(index)
    assert all(index.get(job.handle) is job for job in index)


def test_the_last_job_of_each_block_keeps_no_room_for_the_others(index: Index) -> None:
    jobs = [new(number) for number in range(100 * BLOCK)]
    index.add_many(jobs)
    for job in jobs:
        if job.number % BLOCK != 5:
            index.remove(job)
    assert 100 == len(index)
    assert max(block.__sizeof__() for block in index._blocks.values()) < 200
    for job in list(index):
        index.remove(job)
    assert {} == index._blocks


def test_what_was_there_before_has_its_old_place(index: Index) -> None:
    numbers = [*range(2, 5 * BLOCK, 3)]
    jobs = {number: new(number) for number in numbers}
    for number in numbers[::2]:
        index.add(jobs[number])
    for job in list(index)[:30]:
        index.remove(job)
    back = numbers[1::2] + numbers[: 2 * 30 : 2]
    random.Random(3).shuffle(back)
    for number in back:
        index.insert(jobs[number])
    assert [jobs[number] for number in numbers] == list(index)
    index.add(last := new(9 * BLOCK))
    assert last is index.get(b"H:%%s:%d" % last.number)

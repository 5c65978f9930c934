"""All jobs of a server, found by their handles and told in the order of their submission.

A handle is a prefix and a running number, so no table of handles is needed,
which would cost each of a million jobs 40 bytes and the handle itself 48 or
more.  The jobs stand in blocks by number, those of a block in their order.  A
block shrinks with its jobs and goes with the last: neither a job that stays
for long nor one that leaves the middle costs more than a block's length.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator
from operator import attrgetter

from gearcli.server.jobs import Job

BLOCK = 128
"""The numbers of a block: finding and removing a job looks at no more, and the blocks cost a byte a job."""

_DIGITS = 20
"""No number has more: a server that takes a million jobs a second counts for 3 million years until then."""
_NUMBER = attrgetter("number")


class Index:
    """The jobs that wait or run, or are not due yet."""

    __slots__ = ("_blocks", "prefix")

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        """What all handles begin with."""
        self._blocks: defaultdict[int, list[Job]] = defaultdict(list)

    def __iter__(self) -> Iterator[Job]:
        """The jobs in the order of their submission."""
        for block in self._blocks.values():
            yield from block

    def __len__(self) -> int:
        """How many there are; a question that is not asked per packet, so the blocks are counted."""
        return sum(map(len, self._blocks.values()))

    def get(self, handle: bytes) -> Job | None:
        """The job whose handle this is to the last byte; None if there is none."""
        digits = handle[len(self.prefix) :][:_DIGITS]
        if not digits.isdigit():
            return None
        number = int(digits)
        block = self._blocks.get(number // BLOCK, [])
        place = bisect_left(block, number, key=_NUMBER)
        # The number may have been found in what is no handle: after another prefix, or with zeros before it.
        return block[place] if place < len(block) and block[place].handle == handle else None

    def add(self, job: Job) -> None:
        """Take up a new job, whose number is higher than those before."""
        self._blocks[job.number // BLOCK].append(job)

    def insert(self, job: Job) -> None:
        """Take up a job that was here before, whatever its number."""
        place = job.number // BLOCK
        new = place not in self._blocks
        insort(self._blocks[place], job, key=_NUMBER)
        if new:
            self._blocks = defaultdict(list, sorted(self._blocks.items()))

    def add_many(self, jobs: list[Job]) -> None:
        """Take up new jobs, whose numbers follow each other."""
        start = 0
        while start < len(jobs):
            number = jobs[start].number
            end = start + BLOCK - number % BLOCK
            self._blocks[number // BLOCK] += jobs[start:end]
            start = end

    def remove(self, job: Job) -> None:
        """Forget a job, most likely one of the oldest."""
        place = job.number // BLOCK
        block = self._blocks[place]
        block.remove(job)
        if not block:
            del self._blocks[place]

"""Where the workloads of a batch come from: records cut out of a stream, or a list.

A source is read only when there is room for more jobs, and without blocking:
its `descriptor` tells when it is ready.  So results leave while the input is
still being written, and memory does not grow with its length.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

from gearcli.errors import InputError, reason_of

_READ = 1 << 16


class Source(Protocol):
    """Workloads, as they become available."""

    records: deque[bytes]
    """Those that can be taken now."""
    ended: bool
    """Whether no more will come."""

    @property
    def fraction(self) -> float | None:
        """How much of it has been taken, from 0 to 1; None if nobody knows how much there is."""
        ...

    def fileno(self) -> int:
        """The descriptor to wait for before `read`."""
        ...

    def read(self) -> None:
        """Take in what is available.  Raises InputError."""
        ...


class Given:
    """Workloads that are all there."""

    def __init__(self, workloads: Iterable[bytes]) -> None:
        self.records = deque(workloads)
        self.ended = True
        self._count = len(self.records)

    @property
    def fraction(self) -> float:
        """How many of the workloads have been taken."""
        return 1 - len(self.records) / self._count if self._count else 1.0

    def fileno(self) -> int:
        """There is nothing to wait for."""
        return -1

    def read(self) -> None:
        """There is nothing to read."""


class Splitter:
    """Cuts a stream into records at a delimiter; `keep` leaves it on them.

    The last record need not have one; an empty piece after the last delimiter
    is not a record.
    """

    def __init__(self, delimiter: bytes, *, keep: bool = False) -> None:
        self._delimiter = delimiter
        self._keep = delimiter if keep else b""
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        """The records that `data` completes."""
        overlap = len(self._delimiter) - 1
        if overlap and self._pieces:  # the delimiter may lie across the border
            last = self._pieces.pop()
            self._pieces.append(last[:-overlap])
            data = last[-overlap:] + data
        first, *rest = data.split(self._delimiter)
        self._pieces.append(first)
        if not rest:
            return []
        records = [b"".join(self._pieces) + self._keep, *(record + self._keep for record in rest[:-1])]
        self._pieces = [rest[-1]]
        return records

    def end(self) -> list[bytes]:
        """The record that ends with the stream, if there is one."""
        last = b"".join(self._pieces)
        self._pieces = []
        return [last] if last else []


class Stream:
    """Records from open descriptors, one after the other; `names` are for messages."""

    def __init__(self, descriptors: Sequence[int], names: Sequence[str], splitter: Splitter) -> None:
        self.records: deque[bytes] = deque()
        self._open = deque(zip(descriptors, names, strict=True))
        self._splitter = splitter
        self._size = _size(descriptors)
        self._before, self._last = 0, 0
        """Bytes that were read before the last time, and then."""
        self._in_last = 1
        """Records that came of those."""
        self.ended = not self._open

    @property
    def fraction(self) -> float | None:
        """How many of the bytes have been taken, where all come from files."""
        if not self._size:
            return None
        taken = self._last * (1 - len(self.records) / self._in_last)
        return min(1.0, (self._before + taken) / self._size)

    def fileno(self) -> int:
        """The descriptor that is being read."""
        return self._open[0][0]

    def read(self) -> None:
        """Take in what the present descriptor has; go on with the next at its end."""
        descriptor, name = self._open[0]
        try:
            data = os.read(descriptor, _READ)
        except BlockingIOError:
            return
        except OSError as error:
            raise InputError(f"cannot read {name}: {reason_of(error)}") from None
        if data:
            self._before, self._last = self._before + self._last, len(data)
            self.records.extend(self._splitter.feed(data))
            self._in_last = len(self.records) or 1
            return
        self.records.extend(self._splitter.end())
        self._open.popleft()
        self.ended = not self._open


def _size(descriptors: Sequence[int]) -> int:
    """The bytes that files still have; 0 if one of them is no file, so that nobody knows."""
    found = [os.fstat(descriptor) for descriptor in descriptors]
    if not all(stat.S_ISREG(each.st_mode) for each in found):
        return 0
    return sum(
        max(0, each.st_size - os.lseek(descriptor, 0, os.SEEK_CUR))
        for each, descriptor in zip(found, descriptors, strict=True)
    )

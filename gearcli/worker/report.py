"""What a command says of its job while it works, on the descriptor that GEARMAN_STATUS_FD names.

A line each::

    3 10            so much of so much is done
    30%             the same in percent; the sign may be left out
    data TEXT       a line of the result that is there already
    data64 BASE64   the same for any bytes
    warn TEXT       a warning for whoever submitted the job
    # TEXT          a note for the worker's own log

`gearcli.worker.report_lines` makes such lines of the arguments of `gear report`.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import Protocol

from gearcli.escape import shown
from gearcli.worker.report_lines import progress_of

EVERY = 0.1
"""Seconds between two WORK_STATUS of a job, at least; what comes faster is left out, but for the last."""
DESCRIPTOR = 3
"""The descriptor in the command; a shell cannot redirect to one above 9."""

_LONGEST = 1 << 20
"""Bytes of a line; a longer one is not understood."""


class Reported(Protocol):
    """A job that can be reported about; `gearcli.worker.worker.Job` is one."""

    def status(self, numerator: int, denominator: int) -> None:
        """So much of so much is done."""

    def data(self, data: bytes) -> None:
        """A part of the result."""

    def warn(self, text: bytes) -> None:
        """Words for whoever submitted it."""


class Reports:
    """Turns what one command says into reports of its job; `note` takes what is for the log."""

    def __init__(self, job: Reported, note: Callable[[str], None]) -> None:
        self._job = job
        self._note = note
        self._unfinished = b""
        self._pending: tuple[int, int] | None = None
        self._next = 0.0
        """When the next WORK_STATUS may be sent."""
        self._is_puzzled = False
        """Whether it has been said that a line means nothing; once is enough, some write no lines at all."""
        self.gave_data = False
        """Whether a part of the result has left."""

    @property
    def due(self) -> float | None:
        """When `tick` is wanted, monotonic seconds; None if never."""
        return None if self._pending is None else self._next

    def take(self, data: bytes, now: float) -> None:
        """The command has written some bytes at a time (monotonic seconds)."""
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        if len(self._unfinished) > _LONGEST:
            lines.append(self._unfinished)
            self._unfinished = b""
        for line in lines:
            self._line(line)
        self.tick(now)

    def tick(self, now: float) -> None:
        """Send the latest progress, if it is time."""
        if self._pending is not None and now >= self._next:
            self._send(now)

    def end(self) -> None:
        """The command has ended: its last progress is sent in any case, and a line without an end counts."""
        if self._unfinished:
            self._line(self._unfinished)
            self._unfinished = b""
        if self._pending is not None:
            self._send(self._next)

    def _send(self, now: float) -> None:
        assert self._pending is not None
        self._job.status(*self._pending)
        self._pending, self._next = None, now + EVERY

    def _line(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        if word == b"data":
            self._give(rest + b"\n")
        elif word == b"data64" and (data := _decoded(rest)) is not None:
            self._give(data)
        elif word == b"warn":
            self._job.warn(rest)
        elif word.startswith(b"#"):
            self._note(shown(line[1:].strip()))
        elif (progress := progress_of(line)) is not None:
            self._pending = progress
        elif line.strip() and not self._is_puzzled:
            self._is_puzzled = True
            self._note(f"descriptor {DESCRIPTOR} said what means nothing: {shown(line[:200])}")

    def _give(self, data: bytes) -> None:
        self._job.data(data)
        self.gave_data = True


def _decoded(text: bytes) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return None

"""The lines of `gearcli.worker.report` as they are written, and the numbers in them.

A command may report a thousand times, and each time a process starts: nothing is imported
here that `gear report` can do without.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LINE = 4096
"""Bytes of a line, at most: so long ones do not mix in a pipe, however many write."""
_CHUNK = 3000
"""Bytes in a line of data64."""
_HIGHEST = 2**32 - 1
"""What a number of progress may be: gearmand drops larger ones in silence."""


def progress_of(line: bytes) -> tuple[int, int] | None:
    """The numerator and denominator of a line; None if it has none."""
    words = line.split()
    if len(words) == 1:
        words = [words[0].removesuffix(b"%"), b"100"]
    if len(words) != 2 or not all(word.isdigit() and len(word) <= 10 for word in words):
        return None
    numerator, denominator = map(int, words)
    return (numerator, denominator) if max(numerator, denominator) <= _HIGHEST else None


def lines_for(arguments: Sequence[str], data: Callable[[], bytes]) -> Iterator[bytes]:
    """What `gear report` with these arguments says; `data` reads standard input.  Raises UsageError."""
    match list(arguments):
        case ["--data"]:
            from binascii import b2a_base64

            while part := data():
                for start in range(0, len(part), _CHUNK):
                    yield b"data64 " + b2a_base64(part[start : start + _CHUNK])
        case ["--warn", text]:
            for line in text.encode("utf-8", "surrogateescape").splitlines() or [b""]:
                yield b"warn " + line[: _LINE - len("warn \n")] + b"\n"
        case [*words] if words and (progress := progress_of(" ".join(words).encode("utf-8", "replace"))):
            yield b"%d %d\n" % progress
        case _:
            from gearcli.errors import UsageError

            raise UsageError(
                "say how far the job is: gear report 3 10, gear report 30%; or --data, or --warn TEXT"
            )

"""GNU parallel's job log: what was done, and what a later run need not do again.

A header and then a line for each job, in nine columns that a TAB separates.
"""

from __future__ import annotations

import os
import re

from gearcli.cli.inputs import unreadable
from gearcli.cli.output import unwritable
from gearcli.errors import InputError, OutputError
from gearcli.escape import shown

_HEADER = b"Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
_TABS = _HEADER.count(b"\t")
_NUMBER = rb" *-?[\d.]+"
_LINE = re.compile(rb"(\d{1,18})\t[^\t]*\t%b\t%b\t\d+\t\d+\t(-?\d+)\t(\d+)\t.*\n" % (_NUMBER, _NUMBER))

_COMMAND_LIMIT = 200
_CHARACTER_LIMIT = 4
"""How many bytes a character has at most."""

_PAGE_BITS = 15
_PAGE_BYTES = 1 << _PAGE_BITS >> 3


class JobLog:
    """A job log that is being written."""

    def __init__(self, path: str, *, append: bool) -> None:
        """Open the log, and empty it unless `append` is said.

        Raises OutputError, also rather than empty a file that is no log.
        """
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            if not append and os.fstat(self._descriptor).st_size:
                _check_log(path)
                os.ftruncate(self._descriptor, 0)
            beginning = _beginning(path, os.fstat(self._descriptor).st_size)
        except OSError as error:
            raise self._unwritable(error) from None
        self._put(beginning)

    def write(
        self,
        number: int,
        host: str,
        started: float,
        seconds: float,
        sent: int,
        received: int,
        status: int,
        command: bytes,
    ) -> None:
        """Add the line of a job: when it was submitted (epoch seconds) and for how many seconds it took.

        `sent` and `received` are the bytes of its workload and its result,
        `status` is its exit status.  Raises OutputError.
        """
        times = f"{started:.3f}\t{seconds:10.3f}"
        line = f"{number}\t{shown(host)}\t{times}\t{sent}\t{received}\t{status:d}\t0\t{_short(command)}\n"
        self._put(line.encode("utf-8"))

    def close(self) -> None:
        """Close the file.  Raises OutputError, as some network file systems only now say what went wrong."""
        try:
            os.close(self._descriptor)
        except OSError as error:
            raise self._unwritable(error) from None

    def _put(self, data: bytes) -> None:
        """Write all at once: whoever ends this program by force finds whole lines."""
        try:
            while data:  # a second time only if the disk is full, to be told so
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: OSError) -> OutputError:
        return unwritable(f"the job log {self._path}", error)


def _beginning(path: str, size: int) -> bytes:
    """What goes before the first new line of a log of `size` bytes.  Raises OSError.

    That is the header, or the line end that a crash or a full disk kept from
    the last line.
    """
    if not size:  # also of a pipe or a device
        return _HEADER
    with open(path, "rb", buffering=0) as file:
        file.seek(size - 1)
        return b"" if file.read(1) == b"\n" else b"\n"


def _check_log(path: str) -> None:
    """Raise OutputError for a file with something in it that is not a job log.  Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        if file.read(4) != _HEADER[:4]:
            raise OutputError(f"{path} is there and is no job log; remove it, or name another file")


def _short(command: bytes) -> str:
    """The beginning of a command in printable text."""
    return shown(command[: _COMMAND_LIMIT * _CHARACTER_LIMIT])[:_COMMAND_LIMIT]


class Finished:
    """The numbers of the records that are finished: about a bit for each of them.

    The bits lie in pages, so that a record with an enormous number costs one
    page and not all those before it.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def __contains__(self, number: int) -> bool:
        page = self._pages.get(number >> _PAGE_BITS)
        return page is not None and page[number >> 3 & _PAGE_BYTES - 1] >> (number & 7) & 1 == 1

    def mark(self, number: int) -> None:
        """The record is finished."""
        page = self._pages.get(number >> _PAGE_BITS)
        if page is None:
            page = self._pages[number >> _PAGE_BITS] = bytearray(_PAGE_BYTES)
        page[number >> 3 & _PAGE_BYTES - 1] |= 1 << (number & 7)

    def unmark(self, number: int) -> None:
        """The record is not finished after all."""
        page = self._pages.get(number >> _PAGE_BITS)
        if page is not None:
            page[number >> 3 & _PAGE_BYTES - 1] &= ~(1 << (number & 7))


def finished(path: str, *, only_good: bool) -> Finished:
    """What a log says is finished; nothing if there is no log.

    Every record that it names, or with `only_good` those whose last line says
    that all went well.  Raises InputError for a file that cannot be read or is
    no job log.
    """
    done = Finished()
    try:
        with open(path, "rb") as file:
            for count, line in enumerate(file, 1):
                if not _take(done, line, only_good) and line.endswith(b"\n"):
                    _check(line, f"line {count} of {path}")
    except FileNotFoundError:
        pass
    except OSError as error:
        raise unreadable(path, error) from None
    return done


def _take(done: Finished, line: bytes, only_good: bool) -> bool:
    """Take in a whole line; whether it is that of a job."""
    match = _LINE.fullmatch(line)
    if match is None:
        return False
    number, status, signal = match.groups()
    if only_good and not status == signal == b"0":
        done.unmark(int(number))
    else:
        done.mark(int(number))
    return True


def _check(line: bytes, place: str) -> None:
    """Pass over headers, empty lines, and what was cut short before a later run went on below it.

    Such a line is one that some end could complete.  Raises InputError for any other.
    """
    start, tabs = line.removesuffix(b"\n"), line.count(b"\t")
    completed = start + b"1" + b"\t1" * (_TABS - tabs) + b"\n"
    if _HEADER.startswith(start) or (tabs < _TABS and _LINE.fullmatch(completed)):
        return
    raise InputError(f"{place} does not belong in a job log: {_short(start)!r}; is it the right file?")

"""Where the results of a batch go: standard output as bytes or JSON, a folder, a job log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import missing_end, text_or_base64, unwritable, write, write_text
from gearcli.cli.results import Ended
from gearcli.escape import shown

if TYPE_CHECKING:
    from gearcli.cli.joblog import JobLog

_WORDS = {
    ExitStatus.DONE: "done",
    ExitStatus.FAILED: "failed",
    ExitStatus.TIMEOUT: "timed out",
    ExitStatus.UNREACHABLE: "lost",
}


class Printed:
    """Results on standard output, each ended by `delimiter`.

    With `tag` each line stands after its record without the delimiter `tag`.
    A background job has a handle instead of a result.  `hide` makes room on a
    terminal.
    """

    def __init__(self, delimiter: bytes, *, tag: bytes | None, hide: Callable[[], None]) -> None:
        self._delimiter = delimiter
        self._tag = tag
        self._hide = hide

    def __call__(self, ended: Ended) -> None:
        if ended.task.background and ended.status is ExitStatus.DONE:
            result = f"{shown(ended.task.handle)}\n".encode()
        elif ended.status is ExitStatus.DONE:
            result = ended.result
            if not result.endswith(self._delimiter):
                result += self._delimiter
        else:
            return
        self._hide()
        if self._tag is not None:
            result = _tagged(ended.task.workload.removesuffix(self._tag), result)
        write(result)


def _tagged(record: bytes, result: bytes) -> bytes:
    """Each line of a result after its record and a TAB, as GNU parallel has it."""
    *lines, last = result.split(b"\n")
    tagged = [b"%b\t%b\n" % (record, line) for line in lines]
    return b"".join([*tagged, b"%b\t%b" % (record, last) if last else b""])


class PrintedWhole:
    """The result of the only job, unchanged; on a terminal a missing line end is added."""

    def __init__(self, hide: Callable[[], None]) -> None:
        self._hide = hide

    def __call__(self, ended: Ended) -> None:
        self._hide()
        write(ended.result)
        write(missing_end(ended.result))


class PrintedJson:
    """An object per job and line, with these keys.

    ``number`` (of the record, from 1), ``function``, ``unique``, ``handle``,
    ``server``, ``status`` (``queued``, ``done``, ``failed``, ``timed out``,
    ``lost``, ``refused``), ``exit`` (what the command would exit with for this
    job alone), ``attempt``, ``seconds``, and for a job that is done
    ``result`` (text) or, where it is not UTF-8, ``result_base64``.
    """

    def __init__(self, hide: Callable[[], None]) -> None:
        self._hide = hide

    def __call__(self, ended: Ended) -> None:
        import json

        task = ended.task
        document: dict[str, object] = {
            "number": task.number,
            "function": shown(task.function),
            "unique": shown(task.unique),
            "handle": shown(task.handle),
            "server": str(task.server or ""),
            "status": _WORDS.get(ended.status, "refused"),
            "exit": int(ended.status),
            "attempt": task.attempt,
            "seconds": round(ended.seconds, 6),
        }
        if task.background and ended.status is ExitStatus.DONE:
            document["status"] = "queued"
        elif ended.status is ExitStatus.DONE:
            document.update(text_or_base64("result", ended.result))
        self._hide()
        write_text(json.dumps(document) + "\n")


class Folder:
    """A file for each result, named after the number of its record; whole or not there.

    Raises OutputError when the folder cannot be made.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from None

    def __call__(self, ended: Ended) -> None:
        if ended.status is not ExitStatus.DONE:
            return
        path = os.path.join(self._path, str(ended.task.number))
        data = ended.task.handle + b"\n" if ended.task.background else ended.result
        try:
            self._put(path, data)
        except OSError as error:
            raise unwritable(path, error) from None

    def _put(self, path: str, data: bytes) -> None:
        import tempfile

        descriptor, draft = tempfile.mkstemp(dir=self._path, prefix=".gear-")
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), 0o666 & ~_umask())
            os.replace(draft, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            raise


def _umask() -> int:
    before = os.umask(0o077)
    os.umask(before)
    return before


class Logged:
    """A line of a job log for each job; `key` is what a line says of its job after the function."""

    def __init__(self, log: JobLog, key: Callable[[Ended], bytes]) -> None:
        self._log = log
        self._key = key

    def __call__(self, ended: Ended) -> None:
        task = ended.task
        self._log.write(
            task.number,
            str(task.server or ""),
            ended.started,
            ended.seconds,
            len(task.workload),
            len(ended.result),
            ended.status,
            task.function + b" " + self._key(ended),
        )

"""What the commands print: data to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys

from gearcli.errors import OutputError, reason_of
from gearcli.escape import shown


def message(text: str) -> None:
    """A line for people, on standard error; nothing in it can harm a terminal."""
    line = f"gear: {shown(text)}\n"
    try:
        sys.stderr.write(line)
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody can be told that nobody can be told
        pass


def failure(server: object, error: Exception) -> str:
    """What is wrong with a server, with its address, which most errors say themselves."""
    address, words = str(server), str(error)
    return words if address in words else f"{address}: {words}"


def write(data: bytes) -> None:
    """Data to standard output, at once and whole.

    Raises BrokenPipeError when its reader is gone, OutputError when it cannot
    be written for another reason, such as a full disk.
    """
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(1, view) :]
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable("the output", error) from None


def missing_end(data: bytes) -> bytes:
    """The line end that a terminal wants after data that has none."""
    return b"\n" if data[-1:] not in (b"", b"\n") and on_terminal() else b""


def write_text(text: str) -> None:
    """Lines of text to standard output."""
    write(text.encode("utf-8", "backslashreplace"))


def write_file(path: str, text: str) -> None:
    """Text to a file, which is whole at any time, or to what else a path names; ``-`` is standard output.

    Raises OutputError, and BrokenPipeError as `write` does.
    """
    from gearcli.wholefile import write as write_whole  # few write files

    if path == "-" or _is_standard_output(path):
        write_text(text)
        return
    try:
        write_whole(path, text.encode("utf-8", "backslashreplace"))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path, error) from None


def _is_standard_output(path: str) -> bool:
    """Whether a path, such as /dev/stdout, leads to where the output goes anyway."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(1))
    except OSError:
        return False


def unwritable(what: str, error: OSError) -> OutputError:
    """The error to raise where something cannot be written."""
    return OutputError(f"cannot write {what}: {reason_of(error)}")


def with_tabs(name: bytes) -> str:
    """A name, or a row, as it is shown where tabs may stay."""
    return "\t".join(map(shown, name.split(b"\t")))


def text_or_base64(key: str, data: bytes) -> dict[str, str]:
    """Bytes for JSON: text under a key, or what is no text in base 64, under that key with ``_base64``."""
    try:
        return {key: data.decode("utf-8")}
    except UnicodeDecodeError:
        import base64

        return {f"{key}_base64": base64.b64encode(data).decode("ascii")}


def on_terminal(descriptor: int = 1) -> bool:
    """Whether a person reads what is written there."""
    return os.isatty(descriptor)


def coloured() -> bool:
    """Whether standard output is a terminal that is wanted to be coloured."""
    return on_terminal() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")

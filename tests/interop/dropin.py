"""Playing a tool of gearmand's and ours of the same name, so that their answers can be compared."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from gearcli.__main__ import TOOLS
from gearcli.cli.dropin.differences import DIFFERENCES
from tests.support import DEADLINE, clean_environment

ORIGINALS = "/usr/bin:/usr/sbin:/bin"
"""Where Debian's tools are, and what commands of workers need."""
_KEYS = {difference.key for difference in DIFFERENCES}


class Played(NamedTuple):
    """How a command line ended: exit status, standard output, standard error."""

    status: int
    out: bytes
    err: bytes


class Case(NamedTuple):
    """A command line that is played with both tools, which must answer the same.

    Where they need not, `differs` names the difference, and `status` and `out` are what ours answers.
    """

    line: str
    stdin: bytes = b""
    environ: Mapping[str, str] = {}
    differs: str = ""
    status: int | None = None
    out: bytes | None = None


def links(folder: Path) -> str:
    """The path in which the tools are ours: symbolic links to the installed command."""
    for tool in TOOLS:
        (folder / tool).symlink_to(Path(sys.executable).parent / "gear")
    return f"{folder}:{ORIGINALS}"


def environment(path: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which tools are found in a path."""
    return {**clean_environment(), **(more or {}), "PATH": path}


def play(
    path: str,
    line: str,
    stdin: bytes = b"",
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Played:
    """Run a command line with the tools of a path."""
    done = subprocess.run(
        shlex.split(line),
        input=stdin,
        capture_output=True,
        timeout=DEADLINE,
        env=environment(path, environ),
        cwd=folder,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return Played(done.returncode, done.stdout, done.stderr)


Answer: TypeAlias = tuple[int, bytes]
"""What has to be the same: exit status and standard output."""


def compared(case: Case, ours: str, **values: object) -> tuple[Answer, Answer]:
    """Play a case with both tools: what ours has to answer, and what it does."""
    line = case.line.format(**values)
    environ = {name: value.format(**values) for name, value in case.environ.items()}
    theirs, own = (_answer(play(path, line, case.stdin, environ)) for path in (ORIGINALS, ours))
    expected = theirs
    if case.differs:
        assert case.differs in _KEYS
        expected = (
            theirs[0] if case.status is None else case.status,
            theirs[1] if case.out is None else case.out,
        )
        assert theirs != expected, "there is no difference"
    return expected, own


def _answer(played: Played) -> Answer:
    """An answer without handles, which differ from job to job, and descriptors."""
    out = re.sub(rb"H:\S+", b"HANDLE", played.out)
    return played.status, re.sub(rb"(?m)^\d+ (?=127\.0\.0\.1 )", b"FD ", out)

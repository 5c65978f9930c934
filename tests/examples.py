"""The shell examples of documents, found and played as a reader would play them.

A document's fenced blocks are examples where their first word is ``console``
(what stands behind ``$ `` is typed, ``> `` goes on with it, the rest is what is
seen) or ``sh`` (a script).  Further words say more::

    ```console figures          every number may be another one
    ```sh not-run: needs ssh    only shown, and why

A `Session` types them into one shell, in an empty folder, with ports of its
own instead of the usual ones.  What runs on, `gear serve` and `gear worker`,
gets a terminal of its own, and the session waits until it is ready.
"""

from __future__ import annotations

import contextlib
import os
import pty
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from tests.support import DEADLINE, clean_environment, wait_until

ROOT = Path(__file__).parent.parent


class Step(NamedTuple):
    """What is typed, and the lines that are then seen; none shown: anything may be."""

    typed: str
    seen: list[str]


class Example(NamedTuple):
    """A block of a document."""

    where: str
    """Its document, line and section, for people."""
    section: str
    """The heading above it."""
    steps: list[Step]
    figures: bool
    """Whether the numbers of the output are those of another machine."""
    excuse: str
    """Why it is only shown; empty for one that is played."""


# -- finding ----------------------------------------------------------------------

_FENCE = re.compile(r"^```(console|sh)\b *(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## +(.*)$", re.MULTILINE)


def in_markdown(path: Path) -> list[Example]:
    """The examples of a Markdown document."""
    text = path.read_text()
    headings = [(found.start(), found[1]) for found in _HEADING.finditer(text)]
    examples = []
    for found in _FENCE.finditer(text):
        language, words, body = found.groups()
        section = next((title for at, title in reversed(headings) if at < found.start()), "")
        line = text.count("\n", 0, found.start()) + 1
        steps = steps_of(body) if language == "console" else [Step(f"(set -e\n{body})", [])]
        flag, _, excuse = words.partition(": ")
        assert flag in ("", "figures", "not-run"), f"{path.name}:{line}: what is {words!r}?"
        assert flag != "not-run" or excuse, f"{path.name}:{line}: say why it is not run"
        examples.append(Example(f"{path.name}:{line} ({section})", section, steps, flag == "figures", excuse))
    return examples


def steps_of(body: str) -> list[Step]:
    """The commands of a session on a terminal, each with what it said."""
    steps: list[Step] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            steps.append(Step(line[2:], []))
        elif line.startswith("> ") and steps and not steps[-1].seen:
            steps[-1] = Step(f"{steps[-1].typed}\n{line[2:]}", [])
        elif steps:
            steps[-1].seen.append(line)
    return steps


# -- comparing --------------------------------------------------------------------

_VARIES = {
    "any": (r"…", r"[^\n]*?"),
    "handle": (r"H:[\w.-]+:\w+-\d+", r"H:[\w.-]+:\w+-\d+"),
    "age": (r"\b\d+ms", r" *(?:\d+ms|\d+s)"),
    "clock": (r"\d\d:\d\d:\d\d\.\d+", r"\d\d:\d\d:\d\d\.\d+"),
    "port": (r"127\.0\.0\.1:\d{5}", r"127\.0\.0\.1:\d+"),
    "unique": (r"\b[0-9a-f]{32}\b", r"[0-9a-f]{32}"),
}
"""What is another one each time: as it stands in a document, and what may stand there."""
_FIGURE = {"figure": (r"[\d.]+", r"[\d.]+"), "space": (r" +", r" +")}


def matches(seen: list[str], said: str, handles: dict[str, str], *, figures: bool = False) -> bool:
    """Whether a document shows what was said.

    ``…`` is anything within a line, and any lines where it stands alone.
    `handles` are those of the document and what they are now; new ones are added.
    """
    varies = {**_VARIES, **(_FIGURE if figures else {})}
    token = re.compile("|".join(f"(?P<{name}>{shown})" for name, (shown, _) in varies.items()))
    new: list[str] = []

    def pattern(found: re.Match[str]) -> str:
        if found.lastgroup != "handle":
            return varies[found.lastgroup or ""][1]
        if found[0] in handles:
            return re.escape(handles[found[0]])
        if found[0] in new:
            return f"(?P=h{new.index(found[0])})"
        new.append(found[0])
        return f"(?P<h{len(new) - 1}>{varies['handle'][1]})"

    def line_pattern(line: str) -> str:
        if line == "…":
            return r"(?:[^\n]*\n)*?"
        parts, end = [], 0
        for found in token.finditer(line):
            parts += [re.escape(line[end : found.start()]), pattern(found)]
            end = found.end()
        return "".join(parts) + re.escape(line[end:]) + r" *\n"

    found = re.fullmatch("".join(map(line_pattern, seen)), said.rstrip("\n") + "\n" if said.strip() else "")
    if found is None:
        return False
    handles |= {shown: found[f"h{number}"] for number, shown in enumerate(new)}
    return True


# -- playing ----------------------------------------------------------------------

_RUNS_ON = re.compile(
    r"gear (serve|worker)\b(?!((?! -- ).)*(--check|--help|--burst|--count| -c | -d\b|&$| \|))"
)
"""What does not end by itself; what stands behind ``--`` is another command."""
_USUAL_PORTS = ("4730", "4731", "4732", "8000", "9100", "9418")
_PORT = re.compile(rf"(?<![\w.])({'|'.join(_USUAL_PORTS)})(?!\w)")
"""The ports of the documents, each another one in a session."""
_DONE = re.compile("\036(\\d+)\036")


class Terminal:
    """A program on a terminal of its own, without colours."""

    def __init__(self, command: list[str], folder: Path, environ: dict[str, str], stdin: int) -> None:
        self._screen, slave = pty.openpty()
        modes = termios.tcgetattr(slave)
        modes[1] &= ~termios.OPOST  # a line ends as it was said
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        termios.tcsetwinsize(slave, (40, 100))
        self.process = subprocess.Popen(
            command, stdin=stdin, stdout=slave, stderr=slave, cwd=folder, env=environ, start_new_session=True
        )
        os.close(slave)

    def pieces(self, what: str) -> Iterator[str]:
        """What is on it, as it comes, never longer than DEADLINE."""
        end = time.monotonic() + DEADLINE
        while select.select([self._screen], [], [], max(0.0, end - time.monotonic()))[0]:
            try:
                yield os.read(self._screen, 1 << 16).decode("utf-8", "replace")
            except OSError:  # nobody has it open any longer
                return
        raise AssertionError(f"no end after {DEADLINE} seconds: {what}")

    def signal(self, number: int) -> None:
        """Send a signal to the program and all that it left in its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def end(self) -> None:
        """Wait for its end, for a while."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.signal(signal.SIGKILL)
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        os.close(self._screen)


class Session:
    """A reader at a shell, in an empty folder; all that was started ends with it.

    `environ` are further variables of the environment.
    """

    def __init__(self, **environ: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gear-example-"))
        self._ports = dict(zip(_USUAL_PORTS, _free_ports(len(_USUAL_PORTS)), strict=True))
        self._handles: dict[str, str] = {}
        self._running: list[Terminal] = []
        (self.folder / ".bin").mkdir()
        self.stand_in("gear", f'exec {sys.executable} -m gearcli "$@"')
        self._environ = {
            **clean_environment(),
            "PATH": f"{self.folder}/.bin:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / ".config"),
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "GEARMAND_PORT": self._ports["4730"],
            "GEARMAN_SERVERS": f"localhost:{self._ports['4730']}",
            **environ,
        }
        self._shell = self._open(["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE)

    def stand_in(self, name: str, script: str) -> None:
        """Have a program of this name, as a line of shell."""
        path = self.folder / ".bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for terminal in reversed(self._running):  # workers before their server
            terminal.signal(signal.SIGTERM)
        for terminal in self._running:
            terminal.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def play(self, example: Example) -> None:
        """Type all of an example; AssertionError where something else is seen."""
        for number, step in enumerate(example.steps):
            following = example.steps[number + 1].typed if number + 1 < len(example.steps) else ""
            if _RUNS_ON.match(step.typed):
                said = self._run_on(step)
            else:
                status, said = self.type(step.typed)
                told = f"{example.where}: $ {step.typed}\nexit status {status}: {said}"
                assert status == 0 or following.startswith("echo $?"), told
            if step.seen:
                shown = "\n".join(step.seen)
                assert matches(step.seen, said, self._handles, figures=example.figures), (
                    f"{example.where}: $ {step.typed}\nis shown as:\n{shown}\nand said:\n{said}"
                )

    def type(self, command: str) -> tuple[int, str]:
        """Type a command and wait for its end; its exit status and what was seen."""
        stdin = self._shell.process.stdin
        assert stdin
        quoted = self._now(command).replace("'", "'\\''")
        line = f"eval '{quoted}' </dev/null; _s=$?; printf '\\036%d\\036' $_s; (exit $_s)\n"
        stdin.write(line.encode())
        stdin.flush()
        said = ""
        for piece in self._shell.pieces(command):
            said += piece
            if done := _DONE.search(said):
                return int(done[1]), self._then(said[: done.start()])
        raise AssertionError(f"the shell ended at {command!r}: {said}")

    def _run_on(self, step: Step) -> str:
        """Start what runs on; what it has said when it is ready and has said what is shown.

        One that has ended instead has its exit status in ``$?``.
        """
        path = self.folder / ".bin" / f"ready-{len(self._running)}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            manager.settimeout(0.02)
            terminal = self._open(["bash", "-c", self._now(step.typed)], NOTIFY_SOCKET=str(path))
            ready = wait_until(lambda: _heard(manager) or terminal.process.poll() is not None)
        said = ""
        if step.seen or terminal.process.poll() is not None:
            for piece in terminal.pieces(step.typed):
                said += piece
                if ready == b"READY=1" and said.count("\n") >= len(step.seen):
                    break
        if terminal.process.poll() is not None:
            self.type(f"(exit {terminal.process.returncode})")
        return self._then(said)

    def _open(self, command: list[str], stdin: int = subprocess.DEVNULL, **environ: str) -> Terminal:
        terminal = Terminal(command, self.folder, {**self._environ, **environ}, stdin)
        self._running.append(terminal)
        return terminal

    # -- what is another one each time ------------------------------------------------

    def _now(self, command: str) -> str:
        """A command with the ports and handles of this session."""
        command = _PORT.sub(lambda found: self._ports[found[1]], command)
        return re.sub(_VARIES["handle"][0], lambda found: self._handles.get(found[0], found[0]), command)

    def _then(self, said: str) -> str:
        """What was said, with the ports of the document."""
        for usual, port in self._ports.items():
            said = re.sub(rf"(?<!\d){port}(?!\d)", usual, said)
        return said.replace(f"{self.folder}/", "")


def _heard(manager: socket.socket) -> bytes:
    with contextlib.suppress(TimeoutError):
        return manager.recv(99)
    return b""


def _free_ports(count: int) -> list[str]:
    """Free ports in order, as wide as those of the documents, so that tables look the same."""
    found: list[int] = []
    for port in random.sample(range(2000, 10_000), 1000):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
        if len(found) == count:
            return [str(port) for port in sorted(found)]
    raise AssertionError("no port is free")

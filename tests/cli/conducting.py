"""Runs a batch against a server that the test plays, and watches what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gearcli.cli import conduct
from gearcli.cli.conduct import Conduct
from gearcli.cli.exits import ExitStatus
from gearcli.cli.halt import Halt
from gearcli.cli.outcomes import Outcomes
from gearcli.cli.results import Results
from gearcli.cli.sinks import Printed
from gearcli.client.batch import Batch
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Source
from gearcli.client.tasks import Event, Local, Task
from gearcli.protocol.packets import PacketType
from tests.client.peer import Listener, Peer

INTERRUPTED = "gear: jobs that wait for a worker are dropped, running ones and background ones go on\n"


class Watcher:
    """A progress that remembers what it is told."""

    def __init__(self) -> None:
        self.kinds: list[tuple[int, PacketType | Local]] = []
        self.fractions: list[float | None] = []
        self.hidden = 0
        self.closed = 0
        self.react: Callable[[int, PacketType | Local], None] = lambda number, kind: None
        """What the server does when something is told."""

    def take(self, event: Event) -> None:
        """Something happened."""
        self.kinds.append((event.task.number, event.kind))
        self.react(event.task.number, event.kind)

    def tick(self, fraction: float | None) -> None:
        """Time has passed."""
        self.fractions.append(fraction)

    def hide(self) -> None:
        """Something else is about to write."""
        self.hidden += 1

    def close(self) -> None:
        """The end."""
        self.closed += 1


class Stage:
    """A connection to a server that the test plays, and what a batch over it tells."""

    def __init__(self, dispatch: Dispatch, peer: Peer) -> None:
        self.dispatch = dispatch
        self.peer = peer
        self.progress = Watcher()
        self.status = ExitStatus.DONE

    def run(
        self,
        source: Source,
        *,
        halt: Halt | None = None,
        served: Callable[[Task], bool] | None = None,
        window: int = 64,
        tick: float | None = None,
        make: Callable[[bytes, int], Task | None] = lambda w, n: Task(b"f", w, number=n),
    ) -> None:
        """Run a batch to its end."""
        outcomes = Outcomes(
            Results([Printed(b"\n", tag=None, hide=self.progress.hide)], in_order=False),
            batch=True,
            hide=self.progress.hide,
            ended=halt.finished if halt is not None else lambda good: None,
        )
        batch = Batch(self.dispatch, source, make, window=window, tick=tick)
        try:
            Conduct(batch, source, outcomes, self.progress, halt=halt, served=served).run()
        finally:
            self.status = outcomes.status


@pytest.fixture
def stage(listener: Listener) -> Iterator[Stage]:
    with Dispatch([listener.address]) as dispatch:
        dispatch.connect()
        with listener.accept() as peer:
            yield Stage(dispatch, peer)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody looks at standard error, and has done so for long enough to be told something."""
    monkeypatch.setattr(conduct, "on_terminal", lambda descriptor: descriptor == 2)
    monkeypatch.setattr(conduct, "_PATIENCE", 0.0)


def asking(asked: list[Task]) -> Callable[[Task], bool]:
    """What notes the tasks that it is asked about; none of them is served."""

    def served(task: Task) -> bool:
        asked.append(task)
        return False

    return served

"""TERM and HUP end a command in order, so that nothing is lost or left behind."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

from gearcli.signals import wanted


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """Let TERM and HUP raise SystemExit with the status that a shell would show for them.

    HUP stays ignored where it is ignored.
    """

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in wanted((signal.SIGTERM, signal.SIGHUP))}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""TERM and HUP end a command in order, so that nothing is lost or left behind."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """Let TERM and HUP raise SystemExit with the status that a shell would show for them.

    HUP stays ignored where it is ignored.
    """

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    # `gearcli.signals.wanted` says the same, but `gear submit` does without that module.
    deaf = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    numbers = [signal.SIGTERM] if deaf else [signal.SIGTERM, signal.SIGHUP]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

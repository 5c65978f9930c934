"""Signals for a program that waits in a selector: they arrive there, as bytes on a socket.

So a signal never interrupts anything half done, and none is lost while the
program is about to wait.
"""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
from collections.abc import Callable, Iterable, Iterator


@contextlib.contextmanager
def arriving(numbers: Iterable[int], *, last: bool = False) -> Iterator[socket.socket]:
    """A socket that can be read when one of these signals came; `received` says which.

    Afterwards they do what they did before; if the process ends then (`last`), nothing any more.
    """
    inner, outer = socket.socketpair()
    inner.setblocking(False)
    outer.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    wakeup = signal.set_wakeup_fd(outer.fileno(), warn_on_full_buffer=False)
    try:
        yield inner
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if last else handler)
        inner.close()
        outer.close()


def wanted(numbers: Iterable[signal.Signals]) -> list[signal.Signals]:
    """Signals that are to end a program: but for HUP where it is ignored, as nohup(1) has it."""
    deaf = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in numbers if not (deaf and number == signal.SIGHUP)]


def received(source: socket.socket) -> list[int]:
    """The signals that have come since the last call, in their order."""
    try:
        return list(source.recv(4096))
    except BlockingIOError:
        return []


@contextlib.contextmanager
def registered(
    selector: selectors.BaseSelector,
    numbers: Iterable[int],
    data: Callable[[socket.socket], object],
    *,
    last: bool = False,
) -> Iterator[None]:
    """Have a selector wait for signals too; `data` makes the key's data from the socket to read."""
    with arriving(numbers, last=last) as source:
        selector.register(source, selectors.EVENT_READ, data(source))
        try:
            yield
        finally:
            selector.unregister(source)

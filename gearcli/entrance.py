"""Listening sockets in a selector: whoever comes is accepted while they are open, and waits else."""

from __future__ import annotations

import errno
import selectors
import socket
from collections.abc import Callable, Sequence

OUT_OF_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What accept(2) says when there is no room for one more; others may end, so it may be tried again."""
AGAIN = 0.25
"""Seconds after which that is worth another try."""


class Entrance:
    """Has a selector wait for some listeners, or not; it begins closed.

    `data` makes of a listener what its key in the selector is to have.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        listeners: Sequence[socket.socket],
        data: Callable[[socket.socket], object],
    ) -> None:
        self._selector = selector
        self._listeners = listeners
        self._data = data
        self._open = False

    def open(self) -> None:
        """Have connections accepted; twice is once."""
        if not self._open:
            self._open = True
            for listener in self._listeners:
                self._selector.register(listener, selectors.EVENT_READ, self._data(listener))

    def shut(self) -> None:
        """Let those who come wait; twice is once."""
        if self._open:
            self._open = False
            for listener in self._listeners:
                self._selector.unregister(listener)

"""Where a server is, and the connection to it, without anybody waiting: a resolver may hang for long.

To ask for the address of a name cannot be given up and wakes no selector, so a
thread does it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Sequence

from gearcli.client.connection import Connection, Opening, Place, expired, places_of
from gearcli.errors import ConnectFailed, reason_of
from gearcli.protocol.address import Address


class Approach:
    """A connection that is being made, from the search for its server on; to be used like an `Opening`.

    Each of both may take `timeout` seconds.  Raises ConnectFailed.
    """

    def __init__(self, search: Search, timeout: float) -> None:
        self._search = search
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._opening: Opening | None = None
        """The connection, once it is known where to."""
        search.begin()
        self._open()

    def fileno(self) -> int:
        """The descriptor to wait for; -1 while there is nothing to wait for but time."""
        return (self._opening or self._search).fileno()

    @property
    def wants_read(self) -> bool:
        """Whether to wait until there is something to read, not until something can be written."""
        return self._opening is None or self._opening.wants_read

    @property
    def due(self) -> float:
        """When to call `proceed` even if nothing has happened."""
        return self._deadline if self._opening is None else self._opening.due

    def proceed(self) -> Connection | None:
        """The connection, if it has been made.  Raises as an `Opening` does."""
        if self._opening is not None:
            return self._opening.proceed()
        self._open()
        return None

    def close(self) -> None:
        """Give up."""
        if self._opening is not None:
            self._opening.close()

    def _open(self) -> None:
        places = self._search.found()
        if places is not None:
            self._opening = Opening(self._search.address, self._timeout, places=places)
        elif expired(self._deadline):
            raise _not_found(self._search.address, f"no answer within {self._timeout:g} s")


class Search:
    """The places of one server, found while others go on; what was found counts until it is forgotten.

    A name is asked for in a thread, and only in one at a time: while nobody
    answers it goes on for whoever wants to know next.  It does not keep the
    process from ending.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._found: Sequence[Place] | None = None
        self._asked: _LookUp | None = None

    def fileno(self) -> int:
        """What can be read once `found` has an answer; -1 if it has one already."""
        return self._asked.fileno() if self._asked else -1

    def begin(self) -> None:
        """See to it that there will be an answer.  Raises ConnectFailed where that is impossible."""
        if self._found is None and self._asked is None:
            try:
                self._found = places_of(self.address, socket.AI_NUMERICHOST)
            except ConnectFailed:
                if self.address.path:
                    raise
                self._asked = _LookUp(self.address)

    @property
    def known(self) -> bool:
        """Whether `found` knows without asking."""
        return self._found is not None

    def found(self) -> Sequence[Place] | None:
        """The places, None while nobody has answered.  Raises ConnectFailed for a name that has none."""
        if self._asked is not None and self._asked.answered:
            asked, self._asked = self._asked, None
            self._found = asked.answer()
        return self._found

    def forget(self) -> None:
        """Ask anew when somebody wants to know next: a server may move."""
        self._found = None

    def close(self) -> None:
        """Wait no longer."""
        if self._asked is not None:
            self._asked.close()
            self._asked = None


class _LookUp:
    """A name that is being asked for.  Raises ConnectFailed where that is impossible."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._result: Sequence[Place] | ConnectFailed = _not_found(address, "it was not looked up")
        try:
            self._ours, self._theirs = socket.socketpair()
        except OSError as error:
            raise _not_found(address, reason_of(error)) from None
        try:
            threading.Thread(target=self._look_up, name="search", daemon=True).start()
        except RuntimeError as error:  # as many as the system permits
            self._theirs.close()
            self._ours.close()
            raise _not_found(address, str(error)) from None

    def fileno(self) -> int:
        """What can be read once it is answered."""
        return self._ours.fileno()

    @property
    def answered(self) -> bool:
        """Whether `answer` has something to say."""
        try:
            return bool(self._ours.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return False

    def answer(self) -> Sequence[Place]:
        """What was found; nothing can be asked afterwards.  Raises ConnectFailed."""
        self.close()
        if isinstance(self._result, ConnectFailed):
            raise self._result
        return self._result

    def close(self) -> None:
        """Wait no longer; the thread ends by itself."""
        self._ours.close()

    def _look_up(self) -> None:
        """Ask, in the thread."""
        try:
            self._result = places_of(self._address)
        except ConnectFailed as error:
            self._result = error
        finally:
            # A byte, not only the end: a process that was forked meanwhile may have this end too.
            with contextlib.suppress(OSError):  # nobody waits any longer
                self._theirs.send(b"\0", socket.MSG_NOSIGNAL)
            self._theirs.close()


def _not_found(address: Address, why: str) -> ConnectFailed:
    return ConnectFailed(f"cannot find the host {address.host}: {why}")

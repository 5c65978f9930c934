"""The words in which conversations with a server are written; the rows are in `conversations_*`.

A row reads like a transcript of what its connections say::

    row(
        "a result reaches its client",
        worker.say(P.CAN_DO, "{f}"),
        client.say(P.SUBMIT_JOB, "{f}", "", "workload"),
        worker.say(P.GRAB_JOB),
        worker.say(P.WORK_COMPLETE, "{1}", "result"),
    )

``{f}`` is a function name of the row's own, ``{1}`` the handle of its first
job, ``{2}`` that of its second.  Text is latin-1, so it can be any byte.

What is heard is not written down: it must be the same from both servers.
Where it is not, the step says with `ours` what our server says there, and the
row says with `differs` why.  Lines of `ours` have handles as ``H1``, ``H2``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from gearcli.protocol.packets import PacketType

Speech: TypeAlias = tuple[PacketType, *tuple[str, ...]] | str
"""A packet (its type and its arguments), or text as it is."""


@dataclass(frozen=True)
class Step:
    """What one connection does: it says something, waits, or hangs up."""

    end: str
    speeches: tuple[Speech, ...] = ()
    hangs_up: bool = False
    waits: bool = False
    expected: tuple[str, ...] | None = None
    """What our server says to this, where that is deliberately something else."""

    def ours(self, *lines: str) -> Step:
        """The same step, at which our server deliberately says something else: these lines."""
        return replace(self, expected=lines)


@dataclass(frozen=True)
class End:
    """A connection, which is opened when it is first named."""

    name: str

    def say(self, type_: PacketType, *fields: str) -> Step:
        """Say a packet."""
        return Step(self.name, ((type_, *fields),))

    def say_all(self, *speeches: Speech) -> Step:
        """Say several packets in one breath."""
        return Step(self.name, speeches)

    def raw(self, text: str) -> Step:
        """Say bytes as they are."""
        return Step(self.name, (text,))

    def line(self, command: str) -> Step:
        """Say a text command, with a bare line feed.

        Of the rows that answer it those are kept that have the name or a
        handle of this row in them; they are compared in any order.
        """
        return self.raw(f"{command}\n")

    def waits(self) -> Step:
        """Say nothing until any connection hears something."""
        return Step(self.name, waits=True)

    def hang_up(self) -> Step:
        """Close the connection."""
        return Step(self.name, hangs_up=True)


@dataclass(frozen=True)
class Row:
    """A conversation, played with gearmand and with `gear serve`."""

    name: str
    steps: tuple[Step, ...]
    differs: str
    """Why our server is deliberately different; empty if it is not."""
    options: tuple[str, ...]
    """Options of both servers, which are started anew for this row."""
    fresh: bool
    """Whether both servers are started anew; then every row of a reply is kept."""


def row(
    name: str, *steps: Step, differs: str = "", options: tuple[str, ...] = (), fresh: bool = False
) -> Row:
    """A conversation; see `Row`."""
    return Row(name, steps, differs, options, fresh or bool(options))


client, other, third = End("client"), End("other"), End("third")
worker, second, admin = End("worker"), End("second"), End("admin")

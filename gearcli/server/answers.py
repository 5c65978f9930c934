"""The responses of a server, each with its headers made and ready.

A header says no more than the type and the size of the body, and a server
sends the same few again and again: looking one up costs half of making it.
"""

from __future__ import annotations

from gearcli.protocol import packets
from gearcli.protocol.packets import RESPONSE, PacketType

_REMEMBERED = 4096
"""Sizes up to which headers are kept: no peer can make the server keep more than so many of a type."""


class Answer(dict[int, bytes]):
    """One type of response: its headers, by the size of the body in bytes."""

    def __init__(self, type_: PacketType) -> None:
        super().__init__()
        self._type = type_

    def __missing__(self, size: int) -> bytes:
        header = packets.header(RESPONSE, self._type, size)
        if size < _REMEMBERED:
            self[size] = header
        return header


ECHO_RES = Answer(PacketType.ECHO_RES)
ERROR = Answer(PacketType.ERROR)
JOB_ASSIGN = Answer(PacketType.JOB_ASSIGN)
JOB_ASSIGN_ALL = Answer(PacketType.JOB_ASSIGN_ALL)
JOB_ASSIGN_UNIQ = Answer(PacketType.JOB_ASSIGN_UNIQ)
JOB_CREATED = Answer(PacketType.JOB_CREATED)
OPTION_RES = Answer(PacketType.OPTION_RES)
STATUS_RES = Answer(PacketType.STATUS_RES)
STATUS_RES_UNIQUE = Answer(PacketType.STATUS_RES_UNIQUE)
WORK_COMPLETE = Answer(PacketType.WORK_COMPLETE)
WORK_DATA = Answer(PacketType.WORK_DATA)
WORK_EXCEPTION = Answer(PacketType.WORK_EXCEPTION)
WORK_FAIL = Answer(PacketType.WORK_FAIL)
WORK_STATUS = Answer(PacketType.WORK_STATUS)
WORK_WARNING = Answer(PacketType.WORK_WARNING)

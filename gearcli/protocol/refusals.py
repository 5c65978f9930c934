"""Every ERROR packet that a server answers: one table.

An ERROR packet carries a code for programs and a text for people, both
without a trailing NUL.  Codes are gearmand's names of its return codes
without ``GEARMAN_`` (libgearman-server/server.cc, `_server_error_packet`).
"""

from __future__ import annotations

from enum import Enum

from gearcli.errors import ProtocolError


class Refusal(Enum):
    """A reason to answer ERROR: its code and its text."""

    @property
    def code(self) -> bytes:
        """What programs read."""
        return self.value[0].encode("ascii")

    @property
    def text(self) -> bytes:
        """What people read."""
        return self.value[1].encode("ascii")

    def error(self) -> ProtocolError:
        """The error to raise where the borders between packets are lost."""
        code, text = self.value
        return ProtocolError(text, code=code)

    # As gearmand answers, byte for byte.
    MAGIC = "INVALID_MAGIC", "Request magic expected"
    COMMAND = "INVALID_COMMAND", "Command not expected"
    FULL = "QUEUE_ERROR", "Job queue is full"
    OPTION = "UNKNOWN_OPTION", "Server does not recognize given option"
    UNIQUE = "ARGUMENT_TOO_LARGE", "Unique value too large"
    RESULT = "JOB_NOT_FOUND", "Job given in work result not found"
    UPDATE = "JOB_NOT_FOUND", "Job does not exist on server"
    FAILED_HANDLE = (
        "ARGUMENT_TOO_LARGE",
        "Error occurred due to GEARMAND_JOB_HANDLE_SIZE being too small from snprintf",
    )
    EXCEPTION = "JOB_NOT_FOUND", "An exception was received for a job that does not exist"

    # Where gearmand says nothing, or only closes the connection.
    FIELDS = "INVALID_PACKET", "Packet has too few arguments"
    NUMBER = "INVALID_PACKET", "Argument is not a number"
    EPOCH = "ARGUMENT_TOO_LARGE", "Epoch out of range"
    SCHEDULE = "INVALID_PACKET", "No minute matches the schedule"
    HANDLE = "ARGUMENT_TOO_LARGE", "Job handle too large"
    FUNCTION = "ARGUMENT_TOO_LARGE", "Function name too large"
    TYPE = "INVALID_PACKET", "Unknown packet type or magic"
    SIZE = "ARGUMENT_TOO_LARGE", "Packet too large"
    HTTP = "INVALID_COMMAND", "This is a Gearman server, not a web server"
    LINE = "ARGUMENT_TOO_LARGE", "Text line too long"
    PERMISSION = "PERMISSION_DENIED", "Your role does not permit this"
    MEMORY = "QUEUE_ERROR", "Server has no memory for more"
    DRAINING = "QUEUE_ERROR", "Server is shutting down and takes no new jobs"
    STORE = "QUEUE_ERROR", "The job could not be stored and is not queued; the server's log says why"

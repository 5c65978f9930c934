"""What a worker is to do: which command for which functions, how often at a time, and how it is treated.

Only facts: who reads options or a file makes them, and the pool follows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PACKET_LIMIT
from gearcli.worker.ending import Terms

STDERR = ("both", "local", "warning")
"""Where a command's standard error may go: here and to the submitter, only here, only to the submitter."""
ON_FAILURE = ("fail", "exception", "requeue")
"""What a job becomes that has failed: WORK_FAIL, WORK_EXCEPTION, or the server's to offer again."""
FRESH_FOLDER = "tmp"
"""The `workdir` that stands for an empty folder for each job, which is removed afterwards."""
TIMED_OUT = 124
"""The exit status by which `retry_exit` calls a time limit, as timeout(1) does."""
GRACE = 25.0
"""Seconds that the first TERM waits for running jobs."""
MOST_OUTPUT = PACKET_LIMIT - 256
"""Bytes of a result that fit into the largest packet that `gear serve` takes."""


class Recipe(NamedTuple):
    """How the jobs of some functions are done: a command, and how it is treated.

    Times are in seconds, sizes in bytes.  A job has failed when its command
    ended with a status other than 0, by a signal, did not end within
    `timeout` or could not be started.
    """

    argv: Sequence[str]
    """The program and its arguments; there is no shell."""
    stream: bool = False
    """Whether the output leaves as WORK_DATA as it comes."""
    lines: str | None = None
    """With `stream`, each WORK_DATA is a line, with its end (``keep``) or without (``strip``).

    None is as much as comes at a time.
    """
    partial: bool = False
    """Whether the output of a job that failed leaves as WORK_DATA before it is said to have failed."""
    timeout: float | None = None
    """How long one attempt may take; then its process group is sent TERM."""
    kill_after: float = 5.0
    """How long after TERM what still runs is killed."""
    stderr: str = "both"
    """One of `STDERR`."""
    on_failure: str = "fail"
    """One of `ON_FAILURE`."""
    retries: int = 0
    """How often a failed job is tried again here."""
    retry_delay: float = 1.0
    """The pause before each of these."""
    retry_exit: frozenset[int] = frozenset()
    """The statuses that are tried again, as a shell has them; empty for every failure."""
    persistent: bytes | None = None
    """The delimiter, one byte, of the records of a command that stays; None for a process per job."""
    replace: str | None = None
    """What stands for the workload in the arguments; None for a workload on standard input."""
    max_output: int = MOST_OUTPUT
    """How long a result may be."""
    workdir: str | None = None
    """The command's folder; `FRESH_FOLDER` for one per job, None for the worker's own."""
    environment: Mapping[str, str | None] = {}
    """Variables that are set; None keeps the worker's own although `clean_env` is wanted."""
    clean_env: bool = False
    """Whether the command gets no other variables than PATH and those that are named."""
    limits: Mapping[str, int] = {}
    """Resource limits by their names in `gearcli.worker.limits`."""
    backoff: float = 10.0
    """The longest pause between jobs while one after the other fails; 0 for none."""


class Plan(NamedTuple):
    """Slots that share functions and a recipe.

    There are `least` of them, and up to `most` while jobs wait.  `name` is
    what a configuration file calls it.
    """

    name: str
    functions: Sequence[bytes]
    recipe: Recipe
    least: int = 1
    most: int = 1


class Reread(NamedTuple):
    """What HUP found: the plans as they are now, and the keys that cannot change while it works but did."""

    plans: Sequence[Plan]
    too_late: Sequence[str] = ()


class Settings(NamedTuple):
    """What a worker is to do, and where.  Times are in seconds."""

    plans: Sequence[Plan]
    servers: Sequence[Address]
    terms: Terms = Terms()
    """When it ends by itself."""
    grace: float = GRACE
    """How long the first TERM waits for running jobs."""
    client_id: bytes = b""
    connect_timeout: float = CONNECT_TIMEOUT
    reread: Callable[[], Reread] | None = None
    """What HUP does; without it HUP stops the worker.  Raises GearError."""

"""The text commands, answered from the engine.

A method is named after the first word of its command and takes the words
after it; `gearcli.protocol.text.COMMANDS` lists them.  gearmand's commands
answer what gearmand's text.cc answers, byte for byte; ours answer with JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Protocol

from gearcli.escape import percent_decoded, percent_encoded, shown
from gearcli.protocol.numbers import number
from gearcli.protocol.packets import FUNCTION_LIMIT
from gearcli.protocol.refusals import Refusal
from gearcli.protocol.text import (
    COMMANDS,
    WORDS_LIMIT,
    ConnectionRow,
    FunctionRow,
    JobRow,
    PriorityRow,
    err,
    incomplete,
    ok,
    priority_status_reply,
    show_jobs_reply,
    show_unique_jobs_reply,
    status_reply,
    unknown_command,
    words_of,
    workers_reply,
)
from gearcli.server.documents import (
    Document,
    client_document,
    dead_document,
    dead_result_document,
    function_document,
    job_document,
    no_result_document,
    reply,
    result_document,
    settings_document,
    workload_document,
)
from gearcli.server.engine import Engine
from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue, identity
from gearcli.server.store import StoredJob

JOBS_LIMIT = 10_000
"""Jobs that ``jobs`` tells at most; a million would hold everybody up."""

_NEEDED = {b"show": 1, b"cancel": 2}
"""Words without which gearmand does not know a command."""
_HTTP = (b" HTTP/1.1", b" HTTP/1.0")
_IN_USE = err("there are still connected workers or executing clients")
_DEAD_JOBS = err("there are still dead jobs; gear purge --dead throws them away")
_NO_FUNCTION = err("function not found")
_TOO_LONG = err("ARGUMENT_TOO_LARGE", "Function name too large")
_NO_JOB = err("UNKNOWN_JOB")
_NOT_KEPT = err("NOT_KEPT", "This server keeps no results; start it with gear serve --keep-results 1h")


class Host(Protocol):
    """The process around the engine, as far as an operator may touch it."""

    def verbosity(self) -> str:
        """gearmand's name of the level at which things are logged."""

    def set_verbosity(self, level: str) -> bool:
        """Log from now on at a level of gearmand's; whether there is one of this name."""

    def stop(self, graceful: bool) -> None:
        """Stop as TERM does; gracefully, as USR1 does, when no job is left."""


class Operator:
    """Answers text commands.

    `version` and `pid` are what the commands of these names say, `settings`
    is what ``settings`` tells besides.  The loop sets `host`.
    """

    host: Host

    def __init__(self, engine: Engine, *, version: str, pid: int, settings: Document | None = None) -> None:
        self._settings = settings or {}
        self._engine = engine
        self._registry = engine.registry
        self._version = version
        self._pid = pid
        self._commands = {name.encode("ascii"): getattr(self, name) for name in COMMANDS}

    def text(self, peer: Peer, line: bytes) -> None:
        """Answer one command line.  Raises ProtocolError for one of HTTP.

        A web page may have a browser send its own lines after those; they are not an operator's.
        """
        if line.rstrip().endswith(_HTTP):
            raise Refusal.HTTP.error()
        name, *words = words_of(line)
        command = self._commands.get(name.lower())
        if len(words) >= WORDS_LIMIT:
            peer.send(err("INVALID_ARGUMENTS", f"A command has at most {WORDS_LIMIT} words"))
        elif command is None or len(words) < _NEEDED.get(name.lower(), 0):
            peer.send(unknown_command(name))
        else:
            peer.send(command(words))

    # -- gearmand's: looking -------------------------------------------------------------

    def status(self, words: list[bytes]) -> bytes:
        """Every function: jobs, running jobs, workers."""
        queues = self._registry.queues.values()
        return status_reply(FunctionRow(q.name, q.total, q.running, q.workers) for q in queues)

    def prioritystatus(self, words: list[bytes]) -> bytes:
        """Every function: jobs without a worker by priority, workers."""
        return priority_status_reply(
            PriorityRow(queue.name, high, normal + queue.delayed, low, queue.workers)
            for queue in self._registry.queues.values()
            for high, normal, low in [queue.counts]
        )

    def workers(self, words: list[bytes]) -> bytes:
        """Every connection, clients and the asking one too."""
        return workers_reply(
            ConnectionRow(peer.number, peer.host, peer.client_id, tuple(peer.abilities))
            for peer in self._engine.peers
        )

    def version(self, words: list[bytes]) -> bytes:
        """The server's name and version."""
        return ok(f"gear {self._version}")

    def getpid(self, words: list[bytes]) -> bytes:
        """The server's process id."""
        return ok(str(self._pid))

    def show(self, words: list[bytes]) -> bytes:
        """``show jobs``, ``show unique jobs``: every job, in the order of their submission."""
        jobs = self._registry.jobs
        match [word.lower() for word in words]:
            case [b"jobs"]:
                return show_jobs_reply(map(_row, jobs))
            case [b"unique", b"jobs"]:
                return show_unique_jobs_reply(job.unique for job in jobs)
        return err("UNKNOWN_SHOW_ARGUMENTS")

    # -- gearmand's: doing ---------------------------------------------------------------

    def verbose(self, words: list[bytes]) -> bytes:
        """At which level the server logs; with a level, it logs at that from now on."""
        if words and not self.host.set_verbosity(words[0].decode("ascii", "replace")):
            return err("INVALID_ARGUMENTS", "There is no level of this name")
        return ok(self.host.verbosity())

    def maxqueue(self, words: list[bytes]) -> bytes:
        """Limit the jobs of a function: with one number for each priority, or one for all; 0 is none."""
        if not words:
            return incomplete("maxqueue")
        if len(words[0]) > FUNCTION_LIMIT:
            return _TOO_LONG
        high, normal, low = (*map(number, words[1:4]), 0, 0, 0)[:3]
        self._registry.limit(words[0], (high, normal, low) if len(words) > 2 else (high, high, high))
        return ok()

    def cancel(self, words: list[bytes]) -> bytes:
        """``cancel job HANDLE``: nobody wants the job any longer."""
        if len(words) != 2 or words[0].lower() != b"job":
            return err("UNKNOWN_ERROR")
        job = self._registry.jobs.get(words[1])
        if job is None:
            return _NO_JOB
        self._registry.cancel(job)
        return ok()

    def create(self, words: list[bytes]) -> bytes:
        """``create function FUNCTION``: know a function before anybody uses it."""
        if len(words) != 2 or words[0].lower() != b"function":
            return incomplete("create")
        if words[1] not in self._registry.queues and self._registry.new_queue(words[1]) is None:
            return _TOO_LONG
        return ok()

    def drop(self, words: list[bytes]) -> bytes:
        """``drop function FUNCTION``: forget a function that has no worker and no job, dead or not."""
        if len(words) != 2 or words[0].lower() != b"function":
            return incomplete("drop")
        queue = self._named_in_any_case(words[1])
        if queue is None:
            return _NO_FUNCTION
        if self._registry.drop_queue(queue):
            return ok()
        return _IN_USE if queue.workers or queue.total else _DEAD_JOBS

    def _named_in_any_case(self, name: bytes) -> FunctionQueue | None:
        """The function of this name, else one that differs in upper and lower case, as in gearmand."""
        queues = self._registry.queues
        if name in queues:
            return queues[name]
        return next((queue for queue in queues.values() if queue.name.lower() == name.lower()), None)

    def shutdown(self, words: list[bytes]) -> bytes:
        """Stop: as TERM does, or ``graceful``, as USR1 does, when no job is left."""
        graceful = [word.lower() for word in words] == [b"graceful"]
        if words and not graceful:
            return err("INVALID_ARGUMENTS", "Shutdown takes nothing or the word graceful")
        self.host.stop(graceful)
        return ok()

    # -- ours ----------------------------------------------------------------------------

    def functions(self, words: list[bytes]) -> bytes:
        """Every function."""
        return reply(function_document(queue, self._registry) for queue in self._registry.queues.values())

    def jobs(self, words: list[bytes]) -> bytes:
        """Jobs in the order of their submission; a last document says how many are left out."""
        jobs: Iterable[Job] = self._registry.jobs
        total = len(self._registry.jobs)
        if words:
            queue = self._queue(words)
            if queue is None:
                return _NO_FUNCTION
            total = queue.total
            jobs = (job for job in jobs if job.queue is queue)
        most = min(number(words[1]), JOBS_LIMIT) if len(words) > 1 else JOBS_LIMIT
        documents = [job_document(job, self._registry) for job in islice(jobs, most)]
        return reply([*documents, {"left_out": total - most}] if total > most else documents)

    def job(self, words: list[bytes]) -> bytes:
        """Everything about one job but its workload; it may be a dead one."""
        job, letter = self._job(words), self._dead(words)
        if letter is not None:
            return reply([dead_document(letter, self._registry)])
        return reply([job_document(job, self._registry)]) if job else _NO_JOB

    def peek(self, words: list[bytes]) -> bytes:
        """The workload of a job, in base 64; it may be a dead one."""
        job = self._job(words) or self._dead(words)
        return reply([workload_document(percent_decoded(words[0]), job.workload)]) if job else _NO_JOB

    def result(self, words: list[bytes]) -> bytes:
        """How a background job ended; the state of a job that has not.  Of dead ones every server knows."""
        letter = self._dead(words)
        if letter is not None:
            return reply([dead_result_document(letter, self._registry)])
        results = self._registry.results
        if results is None:
            return _NOT_KEPT
        kept = results.get(percent_decoded(words[0])) if words else None
        if kept is not None:
            return reply([result_document(kept)])
        job = self._job(words)
        return reply([no_result_document(job)]) if job else _NO_JOB

    def dead(self, words: list[bytes]) -> bytes:
        """Dead jobs, those that died first at the front; a last document says how many are left out."""
        letters = list(self._registry.dead)
        if words:
            function = percent_decoded(words[0])
            letters = [letter for letter in letters if letter.function == function]
        most = min(number(words[1]), JOBS_LIMIT) if len(words) > 1 else JOBS_LIMIT
        documents = [dead_document(letter, self._registry) for letter in letters[:most]]
        left_out = len(letters) - most
        return reply([*documents, {"left_out": left_out}] if left_out > 0 else documents)

    def retry(self, words: list[bytes]) -> bytes:
        """Queue a dead job again, as if it had never been tried."""
        letter = self._dead(words)
        if letter is None:
            return _NO_JOB
        queue = self._registry.queues.get(letter.function)
        twin = queue and queue.uniques.get(identity(letter.unique, letter.workload))
        if twin:
            words_of_twin = f"An identical job waits or runs already: {shown(twin.handle)}"
            return err("IDENTICAL_JOB", words_of_twin)
        return reply([job_document(self._registry.dead.revive(letter), self._registry)])

    def _dead(self, words: list[bytes]) -> StoredJob | None:
        """The dead job that had the handle that the first word is, percent-encoded."""
        return self._registry.dead.get(percent_decoded(words[0])) if words else None

    def purge(self, words: list[bytes]) -> bytes:
        """Let all jobs of a function fail that no worker has; or throw away its dead ones."""
        if [word.lower() for word in words[1:]] == [b"dead"]:
            return self._purge_dead(percent_decoded(words[0]))
        queue = self._queue(words)
        if queue is None:
            return _NO_FUNCTION
        count = self._registry.purge(queue)
        return reply([{"function": percent_encoded(queue.name), "purged": count}])

    def _purge_dead(self, function: bytes) -> bytes:
        count = self._registry.dead.purge(function)
        if not count and function not in self._registry.queues:
            return _NO_FUNCTION
        return reply([{"function": percent_encoded(function), "purged": count}])

    def pause(self, words: list[bytes]) -> bytes:
        """Give out no more jobs of a function; those that run may end."""
        queue = self._queue(words)
        if queue is None:
            return _NO_FUNCTION
        queue.pause()
        return reply([function_document(queue, self._registry)])

    def resume(self, words: list[bytes]) -> bytes:
        """Give out jobs of a function again."""
        queue = self._queue(words)
        if queue is None:
            return _NO_FUNCTION
        if not self._registry.paused:
            self._registry.resume(queue)
        return reply([function_document(queue, self._registry)])

    def clients(self, words: list[bytes]) -> bytes:
        """Every connection."""
        return reply(map(client_document, self._engine.peers))

    def settings(self, words: list[bytes]) -> bytes:
        """How the server was started and what was set since."""
        process = {"version": self._version, "pid": self._pid, "verbosity": self.host.verbosity()}
        return reply([{**process, **self._settings, **settings_document(self._engine)}])

    def _queue(self, words: list[bytes]) -> FunctionQueue | None:
        """The function that the first word names, percent-encoded."""
        return self._registry.queues.get(percent_decoded(words[0])) if words else None

    def _job(self, words: list[bytes]) -> Job | None:
        """The job whose handle the first word is, percent-encoded."""
        return self._registry.jobs.get(percent_decoded(words[0])) if words else None


def _row(job: Job) -> JobRow:
    return JobRow(job.handle, job.known.losses, not job.wanted, job.background)

"""`gear job`: what a server knows of jobs."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Annotated, Any, NamedTuple, Self, TypeVar

import typer

from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import ConnectTimeout, Context, Json, Reach, Servers, every, reach
from gearcli.cli.output import message, missing_end, on_terminal, write, write_text
from gearcli.client.admin import Admin
from gearcli.client.answers import unknown_job
from gearcli.client.client import Client, JobStatus
from gearcli.client.documents import KeptResult
from gearcli.errors import (
    ConnectFailed,
    ConnectionLost,
    GearError,
    JobUnknown,
    NoAnswer,
    ProtocolError,
    ServerError,
    UsageError,
)
from gearcli.escape import shown
from gearcli.protocol.address import Address

T = TypeVar("T", Client, Admin)

_UNKNOWN = JobStatus(known=False, running=False, numerator=0, denominator=0)


class Question(NamedTuple):
    """Which job is meant: `kind` is handle or unique, `name` which one."""

    kind: str
    name: str


class Answer(NamedTuple):
    """What a server knows of a job; `details` are what only a gear server tells, `end` is how it ended."""

    question: Question
    state: JobStatus
    details: dict[str, Any]
    end: KeptResult | None = None


def job(
    handle: Annotated[
        list[str] | None, typer.Argument(metavar="[HANDLE]...", help="As `gear submit -b` prints it.")
    ] = None,
    unique: Annotated[
        list[str] | None, typer.Option("--unique", metavar="KEY", help="Ask by unique; repeatable.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show each change, until the server knows the jobs no longer.")
    ] = False,
    interval: Annotated[float, every("How often --watch asks.")] = "1s",  # type: ignore[assignment]  # typer parses it
    peek: Annotated[
        bool, typer.Option("--peek", help="Print the job's workload and nothing else (gear server).")
    ] = False,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show whether jobs wait or run, and how far they are.

    On a terminal and with --json everything that a gear server knows of a job
    with this handle. Of a job that is over it may know how it ended: dead jobs,
    and results that `gear serve --keep-results` keeps.
    Exit status 1 when the server does not know one of them: it is done, or
    never was. With --watch it is 0 for a job that was seen before it went.
    """
    questions = [Question("handle", name) for name in handle or []]
    questions += [Question("unique", name) for name in unique or []]
    _check(questions, peek=peek, others=watch or json)
    reached = reach(server, context, connect_timeout)
    with Jobs(reached, details=json or on_terminal()) as jobs:
        if peek:
            return _peek(questions[0], jobs)
        if watch:
            return _watch(questions, jobs, interval, json)
        answers = [jobs.ask_all(question) for question in questions]
    for answer in answers:
        _show(answer, json)
    known = all(answer.state.known or answer.end is not None for answer in answers)
    return ExitStatus.DONE if known else ExitStatus.FAILED


def _check(questions: list[Question], *, peek: bool, others: bool) -> None:
    if not questions:
        raise UsageError("name a job: its HANDLE, or --unique KEY")
    if peek and ([question.kind for question in questions] != ["handle"] or others):
        raise UsageError("--peek takes one HANDLE, and neither --unique nor --watch nor --json")


def _peek(question: Question, jobs: Jobs) -> int:
    workload = jobs.workload(question)
    write(workload)
    write(missing_end(workload))
    return ExitStatus.DONE


# -- asking ------------------------------------------------------------------------------


class Jobs:
    """Asks servers about jobs, each in turn until one knows the job.

    Which one that was is remembered, and only it is asked for the job from
    then on: else a job whose server is lost would look like one that is done.
    Use it as a context manager.
    """

    def __init__(self, reached: Reach, *, details: bool = False) -> None:
        self._reached = reached
        self._details = details
        self._clients: dict[Address, Client | ConnectFailed] = {}
        self._admins: dict[Address, Admin | ConnectFailed] = {}
        self._homes: dict[Question, Client] = {}
        self._reticent: set[Address] = set()
        """Servers that tell no details."""
        self._refusals: dict[Address, GearError] = {}
        """Servers that tell no results, and how they said so."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in (*self._clients.values(), *self._admins.values()):
            if not isinstance(connection, ConnectFailed):
                connection.close()

    def ask(self, question: Question) -> Answer:
        """What is known of a job, with `details` also what only a gear server tells of a handle.

        Raises ConnectFailed when no server can be reached, and as `Client` and `Admin` do.
        """
        state = self._state(question)
        if not state.known or not self._details or question.kind == "unique":
            return Answer(question, state, {})
        try:
            return Answer(question, state, self._details_of(question))
        except JobUnknown:  # it ended between the two questions
            return Answer(question, _UNKNOWN, {})

    def ask_all(self, question: Question) -> Answer:
        """As `ask`; of a job that neither waits nor runs also how it ended, if a gear server knows that."""
        answer = self.ask(question)
        if answer.state.known or question.kind == "unique":
            return answer
        try:
            kept = self.result(question.name)
        except (JobUnknown, ServerError, ConnectionLost, ProtocolError):
            return answer
        if kept.ended is None:  # it has come back between the two questions
            return answer
        return answer._replace(end=kept, details=_ending(kept) if self._details else {})

    def workload(self, question: Question) -> bytes:
        """The workload of a job that waits, runs or is dead.  Raises JobUnknown, and as `ask`."""
        answer = self.ask_all(question)
        if answer.end is None:
            return self.home(question).workload(os.fsencode(question.name))
        for admin in self._reachable(self._admins, Admin, self._reached.servers):
            if admin.address not in self._refusals:
                with contextlib.suppress(JobUnknown):
                    return admin.workload(os.fsencode(question.name))
        raise JobUnknown(
            f"{shown(question.name)} is {answer.end.state}: its workload is kept no longer, "
            f"its result is: gear result {shown(question.name)}"
        )

    def home(self, question: Question) -> Admin:
        """A connection for text commands to the server that knows a job.  Raises JobUnknown, and as `ask`."""
        if question not in self._homes and not self._state(question).known:
            raise unknown_job(question.name)
        (admin,) = self._reachable(self._admins, Admin, [self._homes[question].address])
        return admin

    def result(self, handle: str) -> KeptResult:
        """What became of a background job, from the first server that has kept it.

        Raises JobUnknown; what a server raised that tells no results, if
        nobody else knows of the job; ConnectFailed.  Such a server is not
        asked again, unless it is one that would tell of dead jobs.
        """
        home = self._homes.get(Question("handle", handle))
        addresses = self._reached.servers if home is None else [home.address]
        for admin in self._reachable(self._admins, Admin, addresses):
            if admin.address not in self._refusals or _may_know_of_dead_ones(self._refusals[admin.address]):
                try:
                    return admin.result(os.fsencode(handle))
                except JobUnknown:
                    continue
                except (ServerError, ConnectionLost, ProtocolError) as error:
                    self._refusals[admin.address] = error
        refusals = (self._refusals[address] for address in addresses if address in self._refusals)
        raise next(refusals, unknown_job(handle))

    def _state(self, question: Question) -> JobStatus:
        state, home = _UNKNOWN, self._homes.get(question)
        for client in self._clients_reached() if home is None else [home]:
            ask = client.status if question.kind == "handle" else client.status_unique
            state = ask(os.fsencode(question.name))
            if state.known:
                self._homes[question] = client
                break
        if home is None and not state.known:
            self._admit_ignorance(question)
        return state

    def _admit_ignorance(self, question: Question) -> None:
        """Raise ConnectFailed if a server that could not be asked may know the job."""
        failures = [str(client) for client in self._clients.values() if isinstance(client, ConnectFailed)]
        if failures:
            raise ConnectFailed(f"{'; '.join(failures)}; the other servers do not know {question.name}")

    def _clients_reached(self) -> Iterator[Client]:
        return self._reachable(self._clients, _client, self._reached.servers)

    def _reachable(
        self,
        connections: dict[Address, T | ConnectFailed],
        connect: Callable[..., T],
        addresses: Sequence[Address],
    ) -> Iterator[T]:
        """The servers that can be reached, connected to when it is their turn.  Raises ConnectFailed."""
        for address in addresses:
            if address not in connections:
                try:
                    connections[address] = connect(address, connect_timeout=self._reached.connect_timeout)
                except ConnectFailed as error:
                    connections[address] = error
            if not isinstance(connection := connections[address], ConnectFailed):
                yield connection
        failures = [each for each in map(connections.get, addresses) if isinstance(each, ConnectFailed)]
        if len(failures) == len(addresses):
            raise ConnectFailed("; ".join(map(str, failures)))

    def _details_of(self, question: Question) -> dict[str, Any]:
        """What a gear server knows besides; a server that refuses or is silent is not asked again."""
        address = self._homes[question].address
        if address in self._reticent:
            return {}
        try:
            return self.home(question).job(os.fsencode(question.name))
        except (ServerError, NoAnswer):
            self._reticent.add(address)
            return {}


def _may_know_of_dead_ones(refusal: GearError) -> bool:
    """Whether a server keeps no results but may have another job among the dead ones."""
    return isinstance(refusal, ServerError) and refusal.code.upper() == "NOT_KEPT"


def _client(address: Address, *, connect_timeout: float) -> Client:
    return Client([address], connect_timeout=connect_timeout)


# -- showing -----------------------------------------------------------------------------


def _watch(questions: Sequence[Question], jobs: Jobs, interval: float, as_json: bool) -> int:
    """Show every change until all jobs are gone."""
    status = ExitStatus.DONE
    last: dict[Question, object] = {}
    left = list(dict.fromkeys(questions))
    while left:
        answers = [jobs.ask(question) for question in left]
        for answer in answers:
            status = max(status, _show_change(answer, last, as_json))
        left = [answer.question for answer in answers if answer.state.known]
        if left:
            time.sleep(interval)
    return status


def _show_change(answer: Answer, last: dict[Question, object], as_json: bool) -> ExitStatus:
    """Show an answer if it is not the `last` one to its question; FAILED for a job never seen."""
    question, seen = answer.question, answer.question in last
    if seen and not answer.state.known and not as_json:
        write_text(f"{shown(question.name)}\tgone\n")
        return ExitStatus.DONE
    # Whatever happens to a job, it grows older.
    essence = {**_fields(answer), "age": None} if as_json else _in_words(answer.state)
    if not seen or last[question] != essence:
        _show(answer, as_json)
    last[question] = essence
    return ExitStatus.DONE if seen or answer.state.known else ExitStatus.FAILED


def _show(answer: Answer, as_json: bool) -> None:
    name = answer.question.name
    if as_json:
        write_text(json.dumps(_fields(answer)) + "\n")
    elif answer.end is not None:
        write_text(f"{shown(name)}\t{answer.end.state}\n{_in_detail(answer.details)}")
    elif answer.state.known:
        write_text(f"{shown(name)}\t{_in_words(answer.state)}\n{_in_detail(answer.details)}")
    else:
        message(str(unknown_job(name)))


def _in_detail(details: dict[str, Any]) -> str:
    """What else is known of a job, a line for each, below it."""
    told = {key: value for key, value in details.items() if key != "handle" and value not in (None, "")}
    if isinstance(worker := told.get("worker"), dict):
        told["worker"] = " ".join(str(worker.get(key, "")) for key in ("address", "client_id"))
    return "".join(f"  {shown(key):<12}{shown(str(value))}\n" for key, value in told.items())


def _ending(end: KeptResult) -> dict[str, Any]:
    """How a job ended, under the keys of the documents of jobs; what it said is for `gear result`."""
    about = {
        "function": shown(end.function),
        "unique": shown(end.unique),
        "state": end.state,
        "attempt": end.attempt,
        "ended": end.ended,
    }
    return {**about, "result_size": None if end.state == "dead" else end.size, "reason": end.reason}


def _in_words(state: JobStatus) -> str:
    words = "running" if state.running else "waiting"
    if state.denominator:
        words += f"\t{state.numerator}/{state.denominator}"
    return words


def _fields(answer: Answer) -> dict[str, Any]:
    fields = {answer.question.kind: shown(answer.question.name), **answer.state._asdict()}
    if answer.state.listeners is None:
        del fields["listeners"]
    return {**fields, **answer.details}

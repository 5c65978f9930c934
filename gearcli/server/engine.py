"""Every decision of the server: what each packet does, to whom, and what is answered.

No socket, no clock, no disk, no print.  A handler is a method named after its
packet, with parameters named after the packet's arguments; `handlers` is the
table that a loop calls.  They live here (questions), in `submissions`
(clients), in `assignments` and in `reports` (workers), before which `results`
may come; what becomes of a job is in `registry`.  Answers go into the outboxes
of peers, and peers that have something to say into `talking`.  Time is a
number that `tick` is told; `due` says when it wants to be told next.
"""

from __future__ import annotations

from collections.abc import Callable

from gearcli.protocol import runs
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import HANDLE_LIMIT, REPORTS, REQUEST, SUBMISSIONS, UNIQUE_LIMIT, PacketType
from gearcli.protocol.refusals import Refusal
from gearcli.server import answers
from gearcli.server.admission import Admission
from gearcli.server.assignments import Assignments
from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.registry import UNLIMITED, Registry
from gearcli.server.reports import Reports
from gearcli.server.results import Results
from gearcli.server.submissions import Submissions


class Engine:
    """The state of a job server, and what every packet makes of it.

    `retries`, `lease` and `worker_wakeup` are the registry's; a `worker_wakeup`
    of 0 is as few as will do.  `exceptions` gives everybody the option of that name.
    `keep_results` is for how many seconds results of background jobs are kept; 0 is not at all.
    `max_queue` is how many jobs a function may have unless it is told otherwise; 0 is no limit.
    """

    def __init__(
        self,
        handle_prefix: bytes = b"H:gear:",
        *,
        retries: int = UNLIMITED,
        worker_wakeup: int = 0,
        exceptions: bool = False,
        lease: float = 0.0,
        keep_results: float = 0.0,
        max_queue: int = 0,
    ) -> None:
        self.exceptions = exceptions
        """Whether everybody hears the words of exceptions, without having asked for them."""
        self.registry = Registry(
            handle_prefix, retries=retries, lease=lease, worker_wakeup=max(1, worker_wakeup)
        )
        if max_queue:
            self.registry.default_limits = max_queue, max_queue, max_queue
        self.talking: list[Peer] = []
        """Peers whose outbox went from empty to filled; the loop empties both."""
        self.peers: dict[Peer, None] = {}
        self._assignments = Assignments(self.registry)
        reports = Reports(self.registry)
        self.too_large = reports.too_large
        """What becomes of a job when a packet about it cannot be read; see `Reports`."""
        self._parts: list[object] = [self, self._assignments, Submissions(self.registry), reports]
        self.keep_results = keep_results
        """Seconds for which results of background jobs are kept."""
        if keep_results > 0:
            self._parts.insert(-1, Results(self.registry, reports, keep_results))
        self.handlers = self._table()
        self.runs: dict[PacketType, Callable[[Peer, bytes], bool]] = {PacketType.ECHO_REQ: self._echo_run}
        """Who takes many packets that are alike, and says whether it did; see `run`."""
        for part in self._parts:
            self.runs.update(getattr(part, "runs", {}))
        self.admission = Admission(self.handlers, self.runs)
        """What is refused, for want of room or because it drains."""

    def _table(self) -> dict[PacketType, Callable[..., None]]:
        """The method for every packet; those that no peer may send are unexpected."""
        table = {type_: self._handler(type_.name.lower()) for type_ in PacketType}
        if self.registry.lease:
            reports = {type_: self._having_back(table[type_]) for type_ in REPORTS}
            return {type_: self._noting(handler) for type_, handler in {**table, **reports}.items()}
        return table

    def _handler(self, name: str) -> Callable[..., None]:
        """The method that is named after a packet."""
        methods = (getattr(part, name) for part in self._parts if hasattr(part, name))
        return next(methods, self._unexpected)

    def _noting(self, handler: Callable[..., None]) -> Callable[..., None]:
        """The handler; it notes first when the peer was heard."""

        def noting(peer: Peer, *fields: bytes) -> None:
            peer.heard = self.registry.now
            handler(peer, *fields)

        return noting

    def _having_back(self, handler: Callable[..., None]) -> Callable[..., None]:
        """The handler of a report; what a worker says late counts as long as nobody else has its job."""

        def having_back(peer: Peer, handle: bytes, *words: bytes) -> None:
            if peer.lost:
                self.registry.deadlines.take_back(peer, handle)
            handler(peer, handle, *words)

        return having_back

    def drain(self) -> None:
        """From now on take no new jobs and give none out; those that run may end."""
        self.registry.pause()
        self.admission.end(SUBMISSIONS)

    # -- connections ----------------------------------------------------------

    def connect(self, number: int = 0, host: bytes = b"-", address: str = "") -> Peer:
        """A connection begins; see `Peer` for the parameters."""
        peer = Peer(self.talking, number, host, address)
        peer.wants_exceptions = self.exceptions
        self.peers[peer] = None
        return peer

    def disconnect(self, peer: Peer) -> None:
        """A connection is gone: its jobs are offered again, what only it wanted is dropped."""
        del self.peers[peer]
        for job in list(peer.listening):
            job.listeners = tuple(listener for listener in job.listeners if listener is not peer)
            if not job.wanted and job.worker is None:
                self.registry.drop(job)
        peer.asleep = False
        self._assignments.reset_abilities(peer)

    def clock(self, now: float, wall: float) -> None:
        """Say how late it is without doing what is due."""
        self.registry.now, self.registry.wall = now, wall

    def tick(self, now: float, wall: float = 0.0) -> None:
        """Do what is due at a time: `now` is monotonic, `wall` UTC, both in seconds."""
        self.registry.tick(now, wall)

    def due(self) -> float:
        """When `tick` is wanted next, monotonic; infinity if never."""
        return self.registry.due()

    # -- many at once ---------------------------------------------------------------

    def run(self, peer: Peer, packets: bytes) -> None:
        """Packets that are alike: done together where somebody can, else one by one."""
        together = self.runs.get(runs.type_of(packets))
        if together is None or not together(peer, packets):
            for each, fields in Decoder(REQUEST).feed(packets):
                self.handlers[each](peer, *fields)

    def _echo_run(self, peer: Peer, packets: bytes) -> bool:
        """The same bytes back, as often as they came."""
        peer.send(runs.answered(packets, PacketType.ECHO_RES))
        return True

    # -- questions ----------------------------------------------------------------

    def get_status(self, peer: Peer, handle: bytes) -> None:
        """Whether a job is known and running, and how far it is."""
        if len(handle) > HANDLE_LIMIT:
            peer.refuse(Refusal.HANDLE)
            return
        peer.tell(answers.STATUS_RES, handle, *_progress(self.registry.jobs.get(handle)))

    def get_status_unique(self, peer: Peer, unique: bytes) -> None:
        """As GET_STATUS, by unique, and how many clients listen.

        The packet names no function: of several jobs with this unique a
        running one is meant before a waiting one.
        """
        if len(unique) > UNIQUE_LIMIT:
            peer.refuse(Refusal.UNIQUE)
            return
        jobs = [job for queue in self.registry.queues.values() if (job := queue.uniques.get(unique))]
        job = max(jobs, key=lambda job: job.worker is not None, default=None)
        listeners = b"%d" % len(job.listeners) if job else b"0"
        peer.tell(answers.STATUS_RES_UNIQUE, unique, *_progress(job), listeners)

    def echo_req(self, peer: Peer, workload: bytes) -> None:
        """The same bytes back."""
        peer.tell(answers.ECHO_RES, workload)

    def option_req(self, peer: Peer, option: bytes) -> None:
        """Switch on an option of the connection; there is one, `exceptions`."""
        if option.lower() == b"exceptions":
            peer.wants_exceptions = True
            peer.tell(answers.OPTION_RES, option)
        else:
            peer.refuse(Refusal.OPTION)

    def rejected(self, peer: Peer, code: bytes, text: bytes) -> None:
        """The decoder could not accept a packet; `code` and `text` say why."""
        peer.error(code, text)

    def _unexpected(self, peer: Peer, *_: bytes) -> None:
        peer.refuse(Refusal.COMMAND)


def _progress(job: Job | None) -> tuple[bytes, bytes, bytes, bytes]:
    """Known, running, numerator and denominator, as the status packets have them."""
    if job is None:
        return b"0", b"0", b"0", b"0"
    running = b"1" if job.worker is not None else b"0"
    numerator, denominator = job.known.progress
    return b"1", running, b"%d" % numerator, b"%d" % denominator

"""The text commands, answered from the engine."""

from __future__ import annotations

from gearcli.protocol.text import (
    WORDS_LIMIT,
    ConnectionRow,
    FunctionRow,
    err,
    ok,
    status_reply,
    unknown_command,
    words_of,
    workers_reply,
)
from gearcli.server.engine import Engine
from gearcli.server.peers import Peer


class Operator:
    """Answers text commands.  `version` and `pid` are what the commands of these names say."""

    def __init__(self, engine: Engine, *, version: str, pid: int) -> None:
        self._engine = engine
        self._version = version
        self._pid = pid
        self._commands = {
            b"status": self.status,
            b"workers": self.workers,
            b"version": self.version,
            b"getpid": self.getpid,
        }

    def text(self, peer: Peer, line: bytes) -> None:
        """Answer one command line."""
        words = words_of(line)
        if len(words) > WORDS_LIMIT:
            peer.send(err("INVALID_ARGUMENTS", f"A command has at most {WORDS_LIMIT} words"))
            return
        name = words[0] if words else b""
        command = self._commands.get(name.lower())
        peer.send(command() if command else unknown_command(name))

    def status(self) -> bytes:
        """Every function: jobs, running jobs, workers."""
        queues = self._engine.registry.queues.values()
        return status_reply(FunctionRow(q.name, q.waiting + q.running, q.running, q.workers) for q in queues)

    def workers(self) -> bytes:
        """Every connection, clients and the asking one too."""
        return workers_reply(
            ConnectionRow(peer.number, peer.host, peer.client_id, tuple(peer.abilities))
            for peer in self._engine.peers
        )

    def version(self) -> bytes:
        """The server's name and version."""
        return ok(f"gear {self._version}")

    def getpid(self) -> bytes:
        """The server's process id."""
        return ok(str(self._pid))

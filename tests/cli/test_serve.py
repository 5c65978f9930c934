"""The options of `gear serve` arrive at what serves; what it does with them is tested there."""

from __future__ import annotations

import pytest

from gearcli.cli import serve
from gearcli.cli.serving import Asked
from gearcli.protocol.address import Address
from tests.cli.twice import parsing


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ([], {}),
        (["-L", "a", "-L", "b", "--port", "7"], {"listen": ["a", "b"], "port": 7}),
        (["--socket-mode", "660", "-b", "5"], {"socket_mode": 0o660, "backlog": 5}),
        (
            ["--tls", "--ca", "c", "--cert", "d", "--key", "e"],
            {"tls": True, "ca": "c", "cert": "d", "key": "e"},
        ),
        (["--no-keepalive", "--keepalive-idle", "-1"], {"keepalive": False, "keepalive_idle": -1}),
        (["-j", "-1", "-w", "2", "-R"], {"job_retries": -1, "worker_wakeup": 2, "round_robin": True}),
        (["--job-handle-prefix", "mine"], {"job_handle_prefix": b"mine"}),
        (["--max-packet", "1M", "--max-memory", "1G"], {"max_packet": 1 << 20, "max_memory": 1 << 30}),
        (["--metrics", "9999"], {"metrics": Address("127.0.0.1", 9999)}),
        (["-vv", "--verbose", "info"], {"verbosity": 2, "verbose": "INFO"}),
    ],
)
def test_an_option_arrives(words: list[str], changed: dict[str, object]) -> None:
    with parsing(serve, "served", Asked) as parse:
        assert Asked()._replace(**changed) == parse(words)  # type: ignore[arg-type]  # of many types

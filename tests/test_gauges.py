"""One set of names for whoever tells figures: a server of itself, and a client of that server."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gearcli.client.documents import parse_function
from gearcli.client.exposition import metrics as told_by_client
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer
from gearcli.gauges import BY_PRIORITY, OF_FUNCTIONS, UP, VERSION
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType as P
from gearcli.server import metrics
from gearcli.server.counters import Counters
from gearcli.server.documents import function_document
from gearcli.server.engine import Engine
from gearcli.server.overview import Vitals, overview
from tests.server.transcript import Talker

VERSION_OF_SERVER = "gear 1.2.3"


class Figures(NamedTuple):
    """The help and the values of a figure, by their labels."""

    words: str
    values: dict[tuple[tuple[str, str], ...], float]


def read(text: str) -> dict[str, Figures]:
    return {
        family.name: Figures(
            family.documentation,
            {tuple(sorted(sample.labels.items())): sample.value for sample in family.samples},
        )
        for family in text_string_to_metric_families(text)
    }


@pytest.fixture
def engine() -> Engine:
    """A server with jobs that wait, run and are due later, and a function that is paused."""
    engine = Engine(retries=0)
    engine.clock(100.0, 1000.0)
    Talker(engine).submit_bg(b"w", function=b"killer")
    victim = Talker(engine).can_do(b"killer")
    victim.take()
    victim.leave()
    client, worker = Talker(engine), Talker(engine).can_do(b"f")
    for _ in range(3):
        client.submit_bg(b"w")
    worker.take()
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"5000", b"w")
    client.submit_bg(b"w", function=b"held")
    engine.registry.queues[b"held"].pause()
    engine.clock(103.5, 1003.5)
    return engine


def test_a_client_tells_of_a_server_what_that_tells_of_itself(engine: Engine) -> None:
    vitals = Vitals(VERSION_OF_SERVER, 0.0, 0.0, 0.0, None, False)
    by_itself = read("".join(metrics.page(overview(engine, Counters(), vitals))))
    documents = [function_document(queue, engine.registry) for queue in engine.registry.queues.values()]
    states = [parse_function(json.loads(json.dumps(document))) for document in documents]
    seen = Snapshot(VERSION_OF_SERVER, VERSION_OF_SERVER, states)
    by_client = read(told_by_client([Answer(Address("h", 1), seen, None, 0.0)]))
    names = {name for name, *_ in OF_FUNCTIONS} | {BY_PRIORITY[0], UP[0], VERSION[0]}
    assert names == by_client.keys()
    assert by_client == {name: by_itself[name] for name in names}
    assert 1 == by_client["gear_jobs_dead"].values[(("function", "killer"),)]
    assert 3.5 == by_client["gear_jobs_oldest_seconds"].values[(("function", "f"),)]

"""Prometheus's text format, read back by Prometheus's own parser."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from gearcli.client.documents import FunctionState
from gearcli.client.exposition import gauge, metrics
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address

GEAR = FunctionState(b"f", 4, 1, 2, 1, 1, 1, delayed=1, paused=True, oldest=5.25)
BARE = FunctionState(b"f", 1, 0, 0)
DEAD: Answer[Snapshot] = Answer(Address("h", 9), None, ConnectFailed("gone"), 0.0)


def answer(*states: FunctionState, port: int = 1) -> Answer[Snapshot]:
    return Answer(Address("h", port), Snapshot("1.1.20", "gearmand 1.1.20", list(states)), None, 0.0)


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every value by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for each in text_string_to_metric_families(text)
        for sample in each.samples
    }


def test_the_names_are_those_of_gearman_exporter() -> None:
    f = (("function", "f"),)
    expected: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {
        ("gearman_up", ()): 1,
        ("gearman_version_info", (("version", "1.1.20"),)): 1,
        ("gearman_jobs", f): 5,
        ("gearman_jobs_running", f): 1,
        ("gearman_jobs_waiting", f): 4,
        ("gearman_workers", f): 2,
        ("gear_jobs_delayed", f): 1,
        ("gear_function_paused", f): 1,
        ("gear_jobs_oldest_seconds", f): 5.25,
        **{
            ("gearman_jobs_waiting_by_priority", (*f, ("priority", priority))): 1
            for priority in ("high", "normal", "low")
        },
    }
    assert expected == read(metrics([answer(GEAR)]))


def test_what_a_server_does_not_tell_is_left_out() -> None:
    names = {name for name, _ in read(metrics([answer(BARE)]))}
    assert {
        "gearman_up", "gearman_version_info", "gearman_jobs", "gearman_jobs_running", "gearman_jobs_waiting",
        "gearman_workers",
    } == names  # fmt: skip


def test_several_servers_have_a_label_each_and_a_dead_one_is_down() -> None:
    values = read(metrics([answer(BARE), answer(BARE, port=2), DEAD]))
    assert [1, 1, 0] == [values["gearman_up", (("server", f"h:{port}"),)] for port in (1, 2, 9)]
    assert 1 == values["gearman_jobs", (("function", "f"), ("server", "h:2"))]


def test_a_server_without_functions_and_one_that_is_dead() -> None:
    assert {"gearman_up", "gearman_version_info"} == {name for name, _ in read(metrics([answer()]))}
    assert {("gearman_up", ()): 0} == read(metrics([DEAD]))


def test_every_name_of_a_function_is_a_label() -> None:
    names = [b'"', b"\\", b"a\nb", b"\x1b[2J", b"\\n", b"} 1", b"\xff", b"a\tb", "ü\u202e".encode()]
    text = metrics([answer(*(FunctionState(name, 1, 0, 0) for name in names))])
    found = [dict(of)["function"] for (name, of) in read(text) if name == "gearman_jobs"]
    shown = ['"', "\\", "a\\nb", "\\x1b[2J", "\\n", "} 1", "\\xff", "a\\tb", "ü\\u202e"]
    assert shown == found
    assert all(character.isprintable() or character == "\n" for character in text)


def test_a_metric_without_samples_is_no_line() -> None:
    assert "" == gauge("x", "X.", [])


def test_names_that_look_alike_are_summed() -> None:
    text = metrics([answer(FunctionState(b"a\n", 1, 0, 2), FunctionState(b"a\\n", 3, 1, 0))])
    assert 1 == text.count("\ngearman_jobs{")
    assert 5 == read(text)["gearman_jobs", (("function", "a\\n"),)]


def test_legacy_names_are_those_of_the_first_exporter() -> None:
    values = read(metrics([answer(GEAR)], legacy=True))
    f = (("function", "f"),)
    names = [f"gearman_status_{name}" for name in ("total", "running", "workers")]
    assert [5, 1, 2] == [values[name, f] for name in names]
    assert 1 == values["gearman_up", (("version", "1.1.20"),)]
    assert {("gearman_up", ()): 0} == read(metrics([DEAD], legacy=True))


def test_hostile_names_are_each_a_value_of_their_own() -> None:
    names = [b'%d\x1b]0;"}\n\\' % number + "\u202e<script>'".encode() for number in range(5000)]
    values = read(metrics([answer(*(FunctionState(name, 1, 0, 0) for name in names))]))
    assert 5000 == sum(1 for name, _ in values if name == "gearman_jobs")

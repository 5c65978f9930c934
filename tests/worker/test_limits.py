"""Limits as they are written; that they are in effect in commands is shown in test_spawn_limits."""

from __future__ import annotations

import errno
import resource

import pytest

from gearcli.errors import UsageError
from gearcli.worker.limits import LIMITS, apply, from_table, parse


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("cpu=10s", {"cpu": 10}), ("cpu=2m", {"cpu": 120}), ("cpu=1.2", {"cpu": 2}), ("cpu=1ms", {"cpu": 1}),
        ("cpu=0", {"cpu": 1}), ("memory=512M", {"memory": 512 << 20}), ("file=1G", {"file": 1 << 30}),
        ("file=0", {"file": 0}), ("files=64", {"files": 64}), ("processes=100", {"processes": 100}),
        ("core=0", {"core": 0}), ("cpu=10s,memory=64K", {"cpu": 10, "memory": 65_536}),
        (" cpu = 1s , files = 9 ", {"cpu": 1, "files": 9}), ("files=1,files=2", {"files": 2}),
        ("core=9223372036854775807"[:-1], {"core": 922337203685477580}),
        ("files=9223372036854775807", {"files": 2**63 - 1}),
    ],
)  # fmt: skip
def test_names_limits(text: str, limits: dict[str, int]) -> None:
    assert limits == parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is not NAME=VALUE; the limits are cpu, memory, file, files, processes, core"),
        ("cpu", "'cpu' is not NAME=VALUE; the limits are cpu, memory, file, files, processes, core"),
        ("cpu=1,", "'' is not NAME=VALUE; the limits are cpu, memory, file, files, processes, core"),
        ("cup=1", "there is no limit 'cup'; the limits are cpu, memory, file, files, processes, core"),
        ("=1", "there is no limit ''; the limits are cpu, memory, file, files, processes, core"),
        ("cpu=", "limit cpu: '' is not a duration; write 250ms, 30s, 5m, 1h or 2d"),
        ("memory=512MB", "limit memory: '512MB' is not a size; write 100, 64K, 16M or 1G"),
        ("files=-1", "limit files: '-1' is not a number; write 64"),
        ("files=64K", "limit files: '64K' is not a number; write 64"),
        ("files=٥", "limit files: '٥' is not a number; write 64"),
        ("files=1=2", "limit files: '1=2' is not a number; write 64"),
        (
            "files=9223372036854775808",
            "limit files: 9223372036854775808 is more than the system can count; leave it out for none",
        ),
        (
            f"files={'9' * 5000}",
            f"limit files: {'9' * 5000} is more than the system can count; leave it out for none",
        ),
        (
            "file=99999999999G",
            "limit file: 99999999999G is more than the system can count; leave it out for none",
        ),
    ],
)
def test_anything_else_is_a_usage_error_that_names_it(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert words == str(caught.value)


def test_a_table_may_have_numbers() -> None:
    table = {"cpu": "10s", "memory": "512M", "files": 64, "file": 100}
    assert {"cpu": 10, "memory": 512 << 20, "files": 64, "file": 100} == from_table(table)
    assert {} == from_table({})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"files": True}, "limit files: it has to be text such as '10s' or '512M', or a number"),
        ({"cpu": 1.5}, "limit cpu: it has to be text such as '10s' or '512M', or a number"),
        ({"memory": ["1M"]}, "limit memory: it has to be text such as '10s' or '512M', or a number"),
        ({"files": -1}, "limit files: '-1' is not a number; write 64"),
        ({"core": "none"}, "limit core: 'none' is not a size; write 100, 64K, 16M or 1G"),
        ({"time": 1}, "there is no limit 'time'; the limits are cpu, memory, file, files, processes, core"),
    ],
)
def test_a_wrong_value_in_a_table_is_a_usage_error(table: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_table(table)
    assert words == str(caught.value)


class Kernel:
    """Takes the place of the system's limits, so that those of the tests stay as they are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, hard: dict[int, int]) -> None:
        self.set: list[tuple[int, tuple[int, int]]] = []
        monkeypatch.setattr(
            resource, "getrlimit", lambda number: (0, hard.get(number, resource.RLIM_INFINITY))
        )
        monkeypatch.setattr(resource, "setrlimit", lambda number, pair: self.set.append((number, pair)))


def test_limits_are_soft_and_hard(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for processor time: what ignores SIGXCPU is killed a second later."""
    kernel = Kernel(monkeypatch, {})
    apply(dict.fromkeys(LIMITS, 5))
    expected = [(number, (5, 6 if name == "cpu" else 5)) for name, (number, _) in LIMITS.items()]
    assert expected == kernel.set


def test_a_limit_may_be_just_what_is_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, {resource.RLIMIT_CPU: 5, resource.RLIMIT_NOFILE: 64})
    apply({"cpu": 5, "files": 64})
    assert [(resource.RLIMIT_CPU, (5, 5)), (resource.RLIMIT_NOFILE, (64, 64))] == kernel.set


def test_a_limit_above_what_is_permitted_is_refused_and_none_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(monkeypatch, {resource.RLIMIT_NOFILE: 64})
    with pytest.raises(PermissionError, match="the limit files cannot be 65: no more than 64 are permitted"):
        apply({"core": 0, "files": 65})
    assert [] == kernel.set


def test_a_limit_that_the_system_refuses_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(number: int, pair: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    with pytest.raises(PermissionError, match="a limit cannot be set: not allowed to raise") as caught:
        apply({"core": 0})
    assert errno.EPERM == caught.value.errno

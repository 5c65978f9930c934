"""How a record becomes a task: by the options, by itself, or not at all."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable

import pytest

from gearcli.cli.makers import Template, due, due_at, except_finished, key_of, object_maker, priority
from gearcli.client.tasks import Task
from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority


def named(task: Task | None) -> Task:
    """A task that has to be there."""
    assert task is not None
    return task


# -- by the options --------------------------------------------------------------------------


def test_a_task_is_what_the_options_say() -> None:
    task = Template(b"f", b"key", Priority.HIGH, background=True).task(b"w\0", 7)
    assert (b"f", b"w\0", b"key", Priority.HIGH, True, 7, None) == (
        task.function,
        task.workload,
        task.unique,
        task.priority,
        task.background,
        task.number,
        task.at,
    )


def test_without_a_unique_each_task_has_a_random_one_of_its_own() -> None:
    template = Template(b"f")
    tasks = [template.task(b"same", number) for number in (1, 2)]
    assert all(re.fullmatch(rb"[0-9a-f]{32}", task.unique) for task in tasks)
    assert 2 == len({task.unique for task in tasks})


@pytest.mark.parametrize(("unique", "shared"), [(None, False), (b"-", True), (b"key", True)])
def test_only_a_unique_that_was_given_is_shared_with_others(unique: bytes | None, shared: bool) -> None:
    assert shared == Template(b"f", unique).task(b"w", 1).shared


def test_a_task_that_is_due_later_is_in_the_background() -> None:
    task = Template(b"f", at=12.5).task(b"w", 1)
    assert (True, 12.5) == (task.background, task.at)


@pytest.mark.parametrize("priority", [Priority.HIGH, Priority.LOW])
def test_a_task_that_is_due_later_has_no_priority(priority: Priority) -> None:
    with pytest.raises(UsageError, match="a job that is due later has normal priority; leave -p out"):
        Template(b"f", priority=priority, at=1.0).task(b"w", 1)


# -- by itself ---------------------------------------------------------------------------------


def described(line: bytes, template: Template | None = None) -> Task:
    """The task of a line; the options are those of the function `f` unless told otherwise."""
    return named(object_maker(template or Template(b"f"), "standard input")(line, 3))


def test_an_empty_object_is_a_task_as_the_options_want_it() -> None:
    template = Template(b"f", b"key", Priority.LOW, background=True)
    task = described(b"{}", template)
    assert (b"f", b"", b"key", Priority.LOW, True, 3) == (
        task.function,
        task.workload,
        task.unique,
        task.priority,
        task.background,
        task.number,
    )


def test_a_record_goes_before_the_options() -> None:
    line = b'{"function": "g", "workload": "x", "unique": "own", "priority": "high", "background": false}'
    task = described(line, Template(b"f", b"key", Priority.LOW, background=True))
    assert (b"g", b"x", b"own", Priority.HIGH, False) == (
        task.function,
        task.workload,
        task.unique,
        task.priority,
        task.background,
    )


def test_bytes_come_as_base64() -> None:
    assert b"\xff\0" == described(b'{"workload_base64": "/wA="}').workload


def test_the_time_of_a_record_goes_before_that_of_the_options() -> None:
    assert 1767225600.0 == described(b'{"at": 1767225600}', Template(b"f", at=5.0)).at
    assert 5.0 == described(b"{}", Template(b"f", at=5.0)).at


@pytest.mark.parametrize("line", [b"", b"  \t", b"\r"])
def test_an_empty_line_is_no_task(line: bytes) -> None:
    assert object_maker(Template(b"f"), "standard input")(line, 1) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{}", "it has no function, and no FUNCTION was given"),
        (b"[]", "not an object"),
        (b'{"function": "g", "at": 9, "priority": "high"}', "a job that is due later has normal priority"),
        (b'{"function": ""}', "function must not be empty; leave it out"),
        (b'{"function": "a\\u0000b"}', "function cannot contain a NUL"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(line: bytes, reason: str) -> None:
    with pytest.raises(UsageError, match=f"line 3 of jobs: {reason}"):
        object_maker(Template(b""), "jobs")(line, 3)


# -- times and keys ------------------------------------------------------------------------------


def test_a_time_is_epoch_seconds() -> None:
    assert 1767225600.0 == due("@1767225600")
    assert 1767225600.0 == due("2026-01-01T00:00:00Z")


def test_a_time_before_all_times_is_due_at_once() -> None:
    assert 0.0 == due("1960-01-01T00:00:00Z")


def test_a_bare_time_is_the_next_one() -> None:
    before = time.time()
    found = due(time.strftime("%H:%M", time.localtime(before + 3600)))
    assert 0 < found - before <= 3600
    assert 0.0 == math.fmod(found, 60)


def test_a_delay_begins_now() -> None:
    before = time.time()
    assert before + 60 <= (due_at(60.0, None) or 0.0) <= time.time() + 60


def test_without_a_delay_the_time_counts() -> None:
    assert (None, 5.0) == (due_at(None, None), due_at(None, 5.0))


def test_a_delay_and_a_time_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="--in and --at exclude each other; choose one"):
        due_at(0.0, 0.0)


def test_what_is_no_time() -> None:
    with pytest.raises(UsageError, match="'soon' is not a time"):
        due("soon")


@pytest.mark.parametrize(("text", "key"), [(None, None), ("-", b"-"), ("key", b"key"), ("\udcff", b"\xff")])
def test_a_key_is_the_bytes_that_were_typed(text: str | None, key: bytes | None) -> None:
    assert key == key_of(text, many=False)


def test_an_empty_key_is_none() -> None:
    with pytest.raises(UsageError, match="--unique needs a key, or - for the workload itself"):
        key_of("", many=False)


def test_a_key_for_many_jobs_is_that_of_each() -> None:
    assert (None, b"-") == (key_of(None, many=True), key_of("-", many=True))
    with pytest.raises(UsageError, match="--unique key would make all jobs one; use --unique -"):
        key_of("key", many=True)


# -- what is finished --------------------------------------------------------------------------------


def without(finished: Callable[[int], bool], line: bytes = b"{}") -> tuple[list[int], list[int]]:
    """Of four records, those that become tasks and those that are skipped."""
    skipped: list[int] = []
    make = except_finished(object_maker(Template(b"f"), "input"), finished, skipped.append)
    made = [number for number in range(1, 5) if make(line, number) is not None]
    return made, skipped


def test_finished_records_are_skipped() -> None:
    assert ([2, 4], [1, 3]) == without({1, 3}.__contains__)


def test_records_that_are_no_tasks_are_skipped_too() -> None:
    assert ([], [1, 2, 3, 4]) == without(lambda number: False, b"")


def test_a_finished_record_is_not_even_looked_at() -> None:
    """What was wrong with it was said the first time."""
    assert ([], [1, 2, 3, 4]) == without(lambda number: True, b"{")


@pytest.mark.parametrize("name", Priority)
def test_priorities(name: Priority) -> None:
    assert name == priority(name.name.lower())


def test_a_priority_that_is_none() -> None:
    with pytest.raises(UsageError, match="'urgent' is no priority: high, normal or low"):
        priority("urgent")

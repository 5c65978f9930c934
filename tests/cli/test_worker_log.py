"""The log of a worker: words, or JSON."""

from __future__ import annotations

import json
import re

import pytest

from gearcli.cli.worker_log import JsonLog, TextLog, json_errors
from tests.worker.playing import told_job


def test_words_are_said_that_are_important_enough(capfd: pytest.CaptureFixture[str]) -> None:
    say = TextLog(1)
    for importance in (0, 1, 2):
        say(importance, f"words {importance}\x1b", event="event", function="f")
    assert "gear: words 0\\x1b\ngear: words 1\\x1b\n" == capfd.readouterr().err


def test_an_object_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    say = JsonLog(0)
    say(0, "f failed\n\x1b", event="failed", function="f\udcff", seconds=0.5)
    say(1, "not said", event="done")
    (line,) = capfd.readouterr().err.splitlines()
    found = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time"))
    assert {"event": "failed", "message": "f failed\n\x1b", "function": "f\udcff", "seconds": 0.5} == found


def test_what_commands_say_is_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    json_errors(told_job()[0], b"one\ntwo \xff\n")
    json_errors(None, b"of nobody")
    found = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [("one", "f"), ("two \\xff", "f"), ("of nobody", None)] == [
        (each["message"], each.get("function")) for each in found
    ]
    assert {"stderr"} == {each["event"] for each in found}

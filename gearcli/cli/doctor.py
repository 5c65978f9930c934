"""`gear doctor`: what is wrong with servers and their queues, and what to do."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from gearcli import __version__
from gearcli.cli.exits import ExitStatus, exit_status, worst
from gearcli.cli.options import ConnectTimeout, Context, Json, Reach, Servers, every, reach
from gearcli.cli.output import write_text
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.client.conversation import ANSWER_TIMEOUT
from gearcli.client.diagnosis import Finding, Level, client_differs, diagnose
from gearcli.client.examination import Examination, examine
from gearcli.client.survey import Answer, Survey
from gearcli.errors import ConfigError
from gearcli.escape import shown
from gearcli.protocol.address import ENVIRONMENT, parse_list, servers
from gearcli.units import counted

_SHOWN = 20
"""Findings of a kind that are printed for people."""
_QUESTIONS = 3
"""How often a slow server may take all the time it has for an answer."""


def doctor(
    server: Servers = None,
    context: Context = None,
    interval: Annotated[float, every("Time between two looks; in a longer one growth shows better.")] = "1s",  # type: ignore[assignment]  # typer parses it
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Look for what is wrong: queues without workers, misspelt functions, workers that hang, and more.

    Each finding says what to do. Exit status 0: nothing is wrong; 1:
    something is; 69: no server could be reached.
    """
    reached, own = _reached(server, context, connect_timeout)
    answers = _examined(reached, interval)
    seen = [(str(answer.address), answer.value) for answer in answers if answer.value is not None]
    findings = [*own, *diagnose(answers), *client_differs(seen, f"gear {__version__}")]
    write_text(_json(answers, findings) if json else _words(answers, findings))
    return _status(answers, findings)


def _reached(
    server: list[str] | None, context: str | None, connect_timeout: float | None
) -> tuple[Reach, list[Finding]]:
    """The servers, and what is wrong with how they are named; a broken config file is a finding."""
    findings = list(_variables())
    try:
        return reach(server, context, connect_timeout), findings
    except ConfigError as error:
        advice = "mend that file: every other command refuses to start, exit status 78"
        findings.append(Finding(Level.WRONG, "config", None, None, shown(str(error)), advice))
    found = servers(server or [], os.environ)
    return Reach(found, CONNECT_TIMEOUT if connect_timeout is None else connect_timeout), findings


def _variables() -> Iterable[Finding]:
    """That two variables of the environment name different servers."""
    first, second = (parse_list([os.environ.get(name, "")]) for name in ENVIRONMENT)
    if first and second and first != second:
        what = f"{' and '.join(ENVIRONMENT)} name different servers; {ENVIRONMENT[0]} counts"
        advice = f"gearman, the C tool, uses both: unset {ENVIRONMENT[1]}"
        yield Finding(Level.NOTE, "environment", None, None, what, advice)


def _examined(reached: Reach, interval: float) -> list[Answer[Examination]]:
    within = reached.connect_timeout + interval + _QUESTIONS * ANSWER_TIMEOUT
    with Survey(
        reached.servers,
        lambda admin: examine(admin, interval),
        connect_timeout=reached.connect_timeout,
        timeout=ANSWER_TIMEOUT,
    ) as asked:
        return asked.ask(within)


def _status(answers: Sequence[Answer[Examination]], findings: Sequence[Finding]) -> ExitStatus:
    """Whether something is wrong; where no server has answered, what keeps them from it."""
    failures = {exit_status(answer.error) for answer in answers if answer.error is not None}
    if all(answer.error is not None for answer in answers):
        return worst(failures)
    return ExitStatus.FAILED if any(each.level is Level.WRONG for each in findings) else ExitStatus.DONE


# -- words ---------------------------------------------------------------------------------------


def _words(answers: Sequence[Answer[Examination]], findings: Sequence[Finding]) -> str:
    lines = [_about(answer, answer.value) for answer in answers if answer.value is not None]
    several = len(answers) > 1
    for finding in _some(findings):
        lines += [f"{finding.level}: {_subject(finding, several)}{finding.what}", f"  {finding.advice}"]
    lines += [
        f"… {count - _SHOWN} more of the kind {kind}; --json tells all"
        for kind, count in Counter(each.kind for each in findings).items()
        if count > _SHOWN
    ]
    if not any(finding.level is Level.WRONG for finding in findings):
        lines.append("nothing is wrong")
    return "".join(f"{line}\n" for line in lines)


def _some(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The first findings of each kind: who has a thousand queues reads no more."""
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding.kind] += 1
        if counts[finding.kind] <= _SHOWN:
            yield finding


def _about(answer: Answer[Examination], seen: Examination) -> str:
    numbers = _numbers(answer, seen)
    return (
        f"{answer.address}: {shown(seen.product)}, connected in {numbers['connect_ms']} ms, "
        f"answers in {numbers['round_trip_ms']} ms; {counted(numbers['functions'], 'function')}, "
        f"{counted(numbers['queued'], 'job')} queued, {numbers['running']} running"
    )


def _subject(finding: Finding, several: bool) -> str:
    """What a finding is about."""
    parts = [finding.server] if several and finding.server and finding.kind != "no-answer" else []
    if finding.function is not None:
        parts.append(shown(finding.function))
    return "".join(f"{part}: " for part in parts)


# -- JSON ----------------------------------------------------------------------------------------


def _json(answers: Sequence[Answer[Examination]], findings: Sequence[Finding]) -> str:
    """One document.

    ``client``: our version.  ``servers``: each with ``server``, ``error`` and
    ``version``, ``product``, ``connect_ms``, ``round_trip_ms``,
    ``functions``, ``queued``, ``running``; null where one did not answer.
    ``findings``: each with ``level`` (``wrong``, ``note``), ``kind``,
    ``server``, ``function``, ``what``, ``advice``.
    """
    document = {
        "client": __version__,
        "servers": list(map(_server, answers)),
        "findings": [
            {**each._asdict(), "function": None if each.function is None else shown(each.function)}
            for each in findings
        ],
    }
    return json.dumps(document) + "\n"


def _server(answer: Answer[Examination]) -> dict[str, Any]:
    seen = answer.value
    keys = ("version", "product", "connect_ms", "round_trip_ms", "functions", "queued", "running")
    told: dict[str, Any] = dict.fromkeys(keys)
    if seen is not None:
        told |= {"version": seen.version, "product": shown(seen.product), **_numbers(answer, seen)}
    error = None if answer.error is None else shown(str(answer.error))
    return {"server": str(answer.address), "error": error, **told}


def _numbers(answer: Answer[Examination], seen: Examination) -> dict[str, float]:
    """How fast a server is, and what it has to do."""
    connecting = max(0.0, answer.seconds - seen.seconds)
    return {
        "connect_ms": round(1000 * connecting, 2),
        "round_trip_ms": round(1000 * seen.round_trip, 2),
        "functions": len(seen.now),
        "queued": sum(state.queued for state in seen.now),
        "running": sum(state.running for state in seen.now),
    }

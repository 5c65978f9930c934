"""The table of packets, and how they are encoded."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import (
    ABILITIES,
    HANDLE_LIMIT,
    OPAQUE,
    REQUEST,
    RESPONSE,
    SUBMISSIONS,
    SUBMIT_TYPES,
    SUBMITS,
    UNIQUE_LIMIT,
    PacketType,
    Priority,
    checked,
    head,
    request,
    response,
)
from gearcli.protocol.packets import PacketType as P
from tests.protocol.examples import WORKED_EXAMPLE, encode

# -- the table ----------------------------------------------------------------------


def test_every_number_from_1_to_42_has_a_row() -> None:
    assert list(range(1, 43)) == sorted(type_ for type_ in PacketType if type_ > 0)


def test_only_the_last_argument_may_hold_any_byte() -> None:
    assert [] == [type_ for type_ in PacketType if OPAQUE & set(type_.fields[:-1])]


def test_pseudo_packets_are_never_on_the_wire() -> None:
    assert {P.TEXT, P.REJECTED, P.RUN} == {type_ for type_ in PacketType if not type_.magics}


def test_packets_that_submit_differ_only_in_priority_and_background() -> None:
    assert {("function", "unique", "workload")} == {type_.fields for type_ in SUBMITS}
    assert {(p, b) for p in Priority for b in (False, True)} == set(SUBMITS.values())
    for type_, (priority, background) in SUBMITS.items():
        says_priority = "_LOW" if priority is Priority.LOW else "_HIGH" if priority is Priority.HIGH else ""
        assert f"SUBMIT_JOB{says_priority}{'_BG' if background else ''}" == type_.name
        assert type_ is SUBMIT_TYPES[priority, background]


def test_these_packets_bring_jobs_and_these_workers() -> None:
    assert {7, 18, 21, 32, 33, 34, 35, 36, 37, 38} == SUBMISSIONS
    assert {1, 23} == ABILITIES


# -- golden bytes -----------------------------------------------------------------


@pytest.mark.parametrize(("magic", "type_", "fields", "hexadecimal"), WORKED_EXAMPLE)
def test_encodes_the_worked_example(magic: bytes, type_: P, fields: list[bytes], hexadecimal: str) -> None:
    assert bytes.fromhex(hexadecimal) == encode(magic, type_, fields)


def test_a_head_and_its_opaque_argument_make_the_packet() -> None:
    fields = (b"H:lap:1", b"reverse")
    assert response(P.JOB_ASSIGN, *fields, b"test") == head(RESPONSE, P.JOB_ASSIGN, fields, 4) + b"test"
    assert request(P.ECHO_REQ, b"test") == head(REQUEST, P.ECHO_REQ, (), 4) + b"test"


# -- what may be sent --------------------------------------------------------------------------


def test_right_arguments_are_returned() -> None:
    fields = (b"f", b"u" * UNIQUE_LIMIT, b"any\0thing")
    assert fields == checked(P.SUBMIT_JOB, *fields)


@pytest.mark.parametrize(
    ("type_", "fields", "message"),
    [
        (P.SUBMIT_JOB, (b"f", b"u"), "SUBMIT_JOB has 3 arguments, not 2"),
        (P.GRAB_JOB, (b"f",), "GRAB_JOB has 0 arguments, not 1"),
        (P.SUBMIT_JOB, (b"f\0", b"u", b"w"), "a function cannot contain a NUL byte"),
        (P.CAN_DO, (b"f\0",), "a function cannot contain a NUL byte"),
        (P.SUBMIT_JOB, (b"f", b"u" * 65, b"w"), "a unique has at most 64 bytes; this one has 65"),
        (P.WORK_FAIL, (b"H" * (HANDLE_LIMIT + 1),), "a handle has at most 63 bytes; this one has 64"),
    ],
)
def test_wrong_arguments_are_refused(type_: P, fields: tuple[bytes, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked(type_, *fields)

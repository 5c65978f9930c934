"""Every ERROR that a server answers."""

from __future__ import annotations

import pytest

from gearcli.protocol.refusals import Refusal


@pytest.mark.parametrize("refusal", Refusal)
def test_fits_into_a_packet(refusal: Refusal) -> None:
    assert refusal.code
    assert refusal.text
    assert b"\0" not in refusal.code + refusal.text


@pytest.mark.parametrize(
    ("refusal", "code", "text"),
    [
        (Refusal.MAGIC, b"INVALID_MAGIC", b"Request magic expected"),
        (Refusal.COMMAND, b"INVALID_COMMAND", b"Command not expected"),
        (Refusal.OPTION, b"UNKNOWN_OPTION", b"Server does not recognize given option"),
        (Refusal.UNIQUE, b"ARGUMENT_TOO_LARGE", b"Unique value too large"),
        (Refusal.UPDATE, b"JOB_NOT_FOUND", b"Job does not exist on server"),
        (Refusal.RESULT, b"JOB_NOT_FOUND", b"Job given in work result not found"),
        (Refusal.EXCEPTION, b"JOB_NOT_FOUND", b"An exception was received for a job that does not exist"),
    ],
)
def test_says_what_gearmand_says(refusal: Refusal, code: bytes, text: bytes) -> None:
    assert (code, text) == (refusal.code, refusal.text)


def test_becomes_an_error_that_carries_its_code() -> None:
    error = Refusal.SIZE.error()
    assert ("ARGUMENT_TOO_LARGE", "Packet too large") == (error.code, str(error))

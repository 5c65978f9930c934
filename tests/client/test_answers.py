"""What servers answer: whole documents or none, refusals in words that help.  More is in `test_admin`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.client.answers import Answers, check_handle, encoded, function_word, product, unknown_job
from gearcli.client.conversation import Conversation
from gearcli.errors import ProtocolError, ServerError, UsageError
from tests.client.answering import Answering, answering


@pytest.fixture
def ends() -> Iterator[tuple[Answers, Answering]]:
    """Somebody who asks, and the server."""
    with answering() as server:
        conversation = Conversation(server.address)
        yield Answers(conversation), server
        conversation.close()


def test_some_jobs_and_how_many_are_left_out(ends: tuple[Answers, Answering]) -> None:
    answers, server = ends
    server.say(b'{"a":1}\n{"a":2}\n{"left_out":3}\n.\n', b'{"a":1}\n.\n', b".\n")
    assert ([1, 2], 3) == answers.some(b"jobs", b"f g", 2, lambda document: int(document["a"]))
    assert ([1], 0) == answers.some(b"jobs", b"f", None, lambda document: int(document["a"]))
    assert ([], 0) == answers.some(b"jobs", None, 2, int)  # type: ignore[arg-type]  # it is asked for nothing
    assert [b"jobs f%20g 2", b"jobs f", b"jobs"] == server.asked


@pytest.mark.parametrize(
    ("limit", "found"), [(0, ([], 6)), (1, ([1], 5)), (3, ([1, 2, 3], 3)), (9, ([1, 2, 3], 3))]
)
def test_of_all_functions_no_more_than_a_limit(
    ends: tuple[Answers, Answering], limit: int, found: tuple[list[int], int]
) -> None:
    """A server takes a limit behind the name of a function only."""
    answers, server = ends
    server.say(b'{"a":1}\n{"a":2}\n{"a":3}\n{"left_out":3}\n.\n')
    assert found == answers.some(b"jobs", None, limit, lambda document: int(document["a"]))
    assert [b"jobs"] == server.asked


@pytest.mark.parametrize("documents", [b"", b"{}\n{}\n"])
def test_one_document_is_one(ends: tuple[Answers, Answering], documents: bytes) -> None:
    answers, server = ends
    server.say(documents + b".\n")
    with pytest.raises(ProtocolError, match="is it a gear server"):
        answers.document(b"settings")


def test_a_server_without_a_command_is_named(ends: tuple[Answers, Answering]) -> None:
    answers, server = ends
    server.say(b"ERR UNKNOWN_COMMAND Unknown+server+command\r\n", b"OK 1.1.20\n")
    with pytest.raises(ServerError, match=r"this needs a gear server; .* is gearmand 1\.1\.20"):
        answers.documents(b"dead")


@pytest.mark.parametrize("name", [b"", b"two words", b"a\nb"])
def test_names_that_gearmands_commands_cannot_say(name: bytes) -> None:
    with pytest.raises(UsageError, match="is not a function"):
        function_word(name)


def test_ours_say_any_name_but_an_empty_one() -> None:
    assert b"a%0Ab" == encoded(b"a\nb")
    with pytest.raises(UsageError):
        encoded(b"")


@pytest.mark.parametrize("handle", [b"", b"H: 1", b"H:1\r\nshutdown", b"H:\x001", b"H:1\t"])
def test_what_is_no_handle_is_not_sent(handle: bytes) -> None:
    with pytest.raises(UsageError, match="is not a handle"):
        check_handle(handle)


def test_a_handle_is_shown_safely() -> None:
    assert str(unknown_job(b"H:\x1b")).startswith("H:\\x1b: ")


@pytest.mark.parametrize(
    ("version", "refusal", "name"),
    [
        ("1.1.20", "UNKNOWN_COMMAND", "gearmand 1.1.20"),
        ("1.1.20", "", "gearmand 1.1.20"),
        ("1.11", "unknown_command", "1.11"),
        ("gear 0.1", "", "gear 0.1"),
        ("", "", ""),
    ],
)
def test_products(version: str, refusal: str, name: str) -> None:
    assert name == product(version, refusal)

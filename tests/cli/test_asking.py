"""What the commands of an operator share."""

from __future__ import annotations

import pytest

from gearcli.cli.asking import ask, confirmed, say_failures, where_known, write_object
from gearcli.cli.options import Reach
from gearcli.client.admin import Admin
from gearcli.client.survey import Answer
from gearcli.errors import ConnectFailed, FunctionUnknown, GearError, ProtocolError, UsageError
from gearcli.protocol.address import Address
from tests.client.answering import answering
from tests.support import free_port

HERE = Address("h", 1)
UNKNOWN = FunctionUnknown("h:1 knows no function f; gear status shows all")


def failed(error: GearError | None) -> Answer[str]:
    return Answer(HERE, None if error else "value", error, 0.0)


def test_all_servers_are_asked(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with answering({b"version": b"OK 1\n"}) as server:
        answers = ask(Reach([server.address, Address("127.0.0.1", port)], 1.0), Admin.version)
    assert ["1", None] == [answer.value for answer in answers]
    assert 69 == say_failures(answers)
    assert capfd.readouterr().err.startswith(f"gear: cannot connect to 127.0.0.1:{port}: connection refused")


def test_whose_failure_it_was_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert 76 == say_failures([failed(ProtocolError("no row")), failed(ProtocolError("h:1 says no"))])
    assert "gear: h:1: no row\ngear: h:1 says no\n" == capfd.readouterr().err


@pytest.mark.parametrize(
    ("errors", "status"),
    [
        ([None], 0),
        ([None, ConnectFailed("x")], 69),
        ([ConnectFailed("x"), ProtocolError("x")], 69),
        ([None, UNKNOWN], 1),
    ],
)
def test_the_status_is_that_of_the_worst(errors: list[GearError | None], status: int) -> None:
    assert status == say_failures(map(failed, errors))


def test_a_function_may_be_known_on_one_server_only() -> None:
    good, unknown = failed(None), failed(UNKNOWN)
    assert [good] == where_known([unknown, good])
    assert [unknown] == where_known([unknown])


def test_an_object(capfd: pytest.CaptureFixture[str]) -> None:
    write_object({"a": "ü\n"})
    assert '{"a": "\\u00fc\\n"}\n' == capfd.readouterr().out


def test_yes_is_not_asked() -> None:
    assert confirmed("Really?", "this destroys", yes=True)


def test_nobody_can_be_asked() -> None:
    with pytest.raises(UsageError, match=r"^this destroys, and there is no terminal to ask on; say --yes$"):
        confirmed("Really?", "this destroys", yes=False)

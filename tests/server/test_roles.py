"""Who may do what: grants, rights, and an engine that is guarded by them."""

from __future__ import annotations

import pytest

from gearcli.errors import UsageError
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from gearcli.server.peers import Peer
from gearcli.server.roles import Grant, Rights, Role, Roles, guard, parse
from tests.server.transcript import Talker, error

FORBIDDEN = error(Refusal.PERMISSION)


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        ("alice=submit", Grant("alice", Role.SUBMIT, "*")),
        ("alice=work:thumb_*", Grant("alice", Role.WORK, "thumb_*")),
        ("CN=a, O=b=admin", Grant("CN=a, O=b", Role.ADMIN, "*")),
        ("user:www-data=submit:a:b", Grant("user:www-data", Role.SUBMIT, "a:b")),
    ],
)
def test_a_grant_is_read(text: str, grant: Grant) -> None:
    assert grant == parse(text)


@pytest.mark.parametrize(
    "text", ["", "alice", "=submit", "alice=", "alice=root", "alice=submit:", "a=admin:f"]
)
def test_what_is_no_grant(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


def rights(*texts: str, names: tuple[str, ...] = ("alice",)) -> tuple[bool, bool, bool]:
    """Whether who has the names may submit `f`, work on `f`, and command."""
    mine = Roles(map(parse, texts)).of(names)
    return mine.may(Role.SUBMIT, b"f"), mine.may(Role.WORK, b"f"), mine.admin


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ((), (False, False, False)),
        (("bob=admin",), (False, False, False)),
        (("alice=submit",), (True, False, False)),
        (("alice=work:f",), (False, True, False)),
        (("alice=work:g", "alice=submit:ff"), (False, False, False)),
        (("alice=work:g", "alice=work:[ef]"), (False, True, False)),
        (("alice=admin",), (True, True, True)),
    ],
)
def test_rights_are_those_of_the_names(grants: tuple[str, ...], expected: tuple[bool, ...]) -> None:
    assert expected == rights(*grants)


def test_who_has_several_names_has_the_rights_of_each() -> None:
    assert (True, True, False) == rights("a=submit", "b=work", names=("a", "b", "c"))


def test_a_glob_sees_bytes_that_are_no_text() -> None:
    mine = Roles([parse("alice=submit:img*")]).of(["alice"])
    assert mine.may(Role.SUBMIT, b"img\xff\n")
    assert not mine.may(Role.SUBMIT, b"\nimg")


def test_a_glob_is_text_as_it_was_typed() -> None:
    mine = Roles([parse("alice=submit:größe?")]).of(["alice"])
    assert mine.may(Role.SUBMIT, "größe1".encode())
    assert mine.may(Role.SUBMIT, "größeß".encode())
    assert not mine.may(Role.SUBMIT, "größe12".encode())


class House:
    """A guarded engine; each talker is known by one name."""

    def __init__(self, *grants: str) -> None:
        self.engine = Engine(b"H:")
        self.roles = Roles(map(parse, grants))
        self.rights: dict[Peer, Rights] = {}
        self.commands: list[bytes] = []
        self.engine.handlers[P.TEXT] = lambda peer, line: self.commands.append(line)
        guard(self.engine.handlers, self.rights)

    def talker(self, name: str) -> Talker:
        talker = Talker(self.engine)
        self.rights[talker.peer] = self.roles.of([name])
        return talker


def test_every_way_to_submit_is_guarded() -> None:
    house = House("alice=submit:f")
    alice, bob = house.talker("alice"), house.talker("bob")
    for type_ in (type_ for type_ in P if type_.name.startswith("SUBMIT_")):
        fields = [b"0" if name not in ("function", "workload") else b"f" for name in type_.fields]
        assert [FORBIDDEN] == bob.say(type_, *fields), type_
        assert [FORBIDDEN] != alice.say(type_, *fields), type_
        assert [FORBIDDEN] == alice.say(type_, b"g", *fields[1:]), type_


def test_abilities_are_guarded_and_nobody_gets_a_job_without() -> None:
    house = House("alice=work:f", "alice=submit")
    alice = house.talker("alice")
    alice.submit(b"w", function=b"g")
    assert [FORBIDDEN] == alice.say(P.CAN_DO, b"g")
    assert [FORBIDDEN] == alice.say(P.CAN_DO_TIMEOUT, b"g", b"1000")
    assert [(P.NO_JOB, [])] == alice.say(P.GRAB_JOB)
    assert [] == alice.say(P.CAN_DO, b"f")


@pytest.mark.parametrize(
    "line", [b"shutdown\n", b"SHUTDOWN graceful\r\n", b"cancel job H:1\n", b"peek H:1\n"]
)
def test_commands_that_change_something_are_for_admins(line: bytes) -> None:
    house = House("alice=admin", "bob=submit", "bob=work")
    alice, bob = house.talker("alice"), house.talker("bob")
    house.engine.handlers[P.TEXT](bob.peer, line)
    assert [] == house.commands
    assert b"ERR PERMISSION_DENIED This+needs+the+role+admin\r\n" == b"".join(bob.peer.outbox)
    house.engine.handlers[P.TEXT](alice.peer, line)
    assert [line] == house.commands


@pytest.mark.parametrize("line", [b"status\n", b"workers\n", b"version\n", b" shutdown\n", b"\n"])
def test_anybody_may_look(line: bytes) -> None:
    """A line that begins with a space is no command, for gearmand neither."""
    house = House("alice=admin")
    house.engine.handlers[P.TEXT](house.talker("bob").peer, line)
    assert [line] == house.commands


def test_echo_and_status_are_everybodys() -> None:
    bob = House("alice=admin").talker("bob")
    assert [(P.ECHO_RES, [b"x"])] == bob.say(P.ECHO_REQ, b"x")

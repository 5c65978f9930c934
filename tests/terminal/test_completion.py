"""Tab in bash, zsh and fish, on a terminal: what the shell makes of the line is what the command gets."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pexpect
import pytest

from gearcli.cli.completion import SCRIPTS, shipped
from gearcli.protocol.packets import PacketType
from tests.client.answering import Answering, answering
from tests.support import (
    DEADLINE,
    SHELLS,
    ServerProcess,
    clean_environment,
    free_port,
    gear_serve,
    needs_shells,
)

pytestmark = needs_shells

READY, NOTED = "ready-for-a-line", "the-line-is-noted"

NAMES = [
    "resize", "Foo::Bar", "Foo::Baz", "re::scale", "with space", "it's", 'say "hi"', "tab\there", "new\nline",
    "-dash", "$HOME", "star*", "back\\slash", "semi;colon", "café", "esc\x1b[31mred", "`date`", "!!",
    "~tilde", "9::a b", "9::c:d", "count", "count_up", "dogs'",
]  # fmt: skip
"""Functions of the server."""

LINES = [
    # What gear understands.
    ("subm", ["submit"]),
    ("admin dr", ["admin", "drop"]),
    ("submit --backg", ["submit", "--background"]),
    ("submit f --backg", ["submit", "f", "--background"]),
    ("submit -p h", ["submit", "-p", "high"]),
    ("submit -bp h", ["submit", "-bp", "high"]),
    ("submit --priority l", ["submit", "--priority", "low"]),
    ("submit --priority=l", ["submit", "--priority=low"]),
    ("status --format prom", ["status", "--format", "prometheus"]),
    ("serve --verbose DEB", ["serve", "--verbose", "DEBUG"]),
    ("admin show uni", ["admin", "show", "unique"]),
    ("completion fi", ["completion", "fish"]),
    # What the system knows.
    ("submit -f one-f", ["submit", "-f", "one-file.txt"]),
    ("submit --file=one-f", ["submit", "--file=one-file.txt"]),
    ("store check one-f", ["store", "check", "one-file.txt"]),
    ("store check --salvage one-f", ["store", "check", "--salvage", "one-file.txt"]),
    ("store import one-file.txt one-f", ["store", "import", "one-file.txt", "one-file.txt"]),
    ("serve -l std", ["serve", "-l", "stderr"]),
    ("serve -l one-f", ["serve", "-l", "one-file.txt"]),
    ("worker -f x -- a-comm", ["worker", "-f", "x", "--", "a-command-of-mine"]),
    ("worker -f x a-comm", ["worker", "-f", "x", "a-command-of-mine"]),
    (
        "worker -f x -- a-command-of-mine one-f",
        ["worker", "-f", "x", "--", "a-command-of-mine", "one-file.txt"],
    ),
    # What the server knows.
    ("submit resi", ["submit", "resize"]),
    ("submit Foo::B", ["submit", "Foo::Ba"]),
    ("submit Foo::Bar", ["submit", "Foo::Bar"]),
    ("submit re::", ["submit", "re::scale"]),
    ("submit with", ["submit", "with space"]),
    ("submit with\\ s", ["submit", "with space"]),
    ("submit 'with s", ["submit", "with space"]),
    ('submit "with s', ["submit", "with space"]),
    ("submit 9::a", ["submit", "9::a b"]),
    ("submit 9::c:", ["submit", "9::c:d"]),
    ("submit it", ["submit", "it's"]),
    ("submit say", ["submit", 'say "hi"']),
    ('submit "say', ["submit", 'say "hi"']),
    ("submit 'it", ["submit", "it's"]),
    ("submit 'dog", ["submit", "dogs'"]),
    ("submit 'back", ["submit", "back\\slash"]),
    ('submit "back', ["submit", "back\\slash"]),
    ("submit new", ["submit", "new\nline"]),
    ("submit \\$H", ["submit", "$HOME"]),
    ("submit star", ["submit", "star*"]),
    ("submit back", ["submit", "back\\slash"]),
    ("submit semi", ["submit", "semi;colon"]),
    ("submit caf", ["submit", "café"]),
    ("submit esc", ["submit", "esc\x1b[31mred"]),
    ("submit \\`", ["submit", "`date`"]),
    ("submit -- -d", ["submit", "--", "-dash"]),
    ("worker -f Foo::Baz", ["worker", "-f", "Foo::Baz"]),
    ("worker --function=resi", ["worker", "--function=resize"]),
    ("admin create resi", ["admin", "create", "resize"]),
    ("status resi", ["status", "resize"]),
    ("submit -s :1 resi", ["submit", "-s", ":1", "resi"]),
    # Values in the same word as their option.
    ("submit -ph", ["submit", "-phigh"]),
    ("submit -bph", ["submit", "-bphigh"]),
    ("submit -fone-f", ["submit", "-fone-file.txt"]),
    ("submit -bfone-f", ["submit", "-bfone-file.txt"]),
    ("submit -fwith", ["submit", "-fwith a space"]),
    ("worker -fresi", ["worker", "-fresize"]),
    ("worker -fFoo::Bar", ["worker", "-fFoo::Bar"]),
    ("submit -sfar", ["submit", "-sfar-away:7"]),
    # Servers after others.
    ("submit -s a:1,far", ["submit", "-s", "a:1,far-away:7"]),
    ("submit -s a:1,b,far-away:", ["submit", "-s", "a:1,b,far-away:7"]),
    ("submit -sa:1,far", ["submit", "-sa:1,far-away:7"]),
    ("submit --server=a:1,far", ["submit", "--server=a:1,far-away:7"]),
    ("submit --server a:1,far", ["submit", "--server", "a:1,far-away:7"]),
    ("submit -s 'a:1,far", ["submit", "-s", "a:1,far-away:7"]),
    # After options of the root, and of a group.
    ("--man subm", ["--man", "submit"]),
    ("-V subm", ["-V", "submit"]),
    ("--man submit resi", ["--man", "submit", "resize"]),
    ("--man admin dr", ["--man", "admin", "drop"]),
    ("--man submit -p h", ["--man", "submit", "-p", "high"]),
]
"""What is typed after `gear` before Tab, and the arguments with which it is called after Return."""

ONLY_IN = {
    "submit tab": ("bash", "zsh"),
    "submit \\!": ("bash", "fish"),
    "submit \\~": ("bash", "zsh", "fish"),
    "worker -f -d": ("bash", "zsh"),
    "submit $'dog": ("bash", "zsh"),
}


class Shell(NamedTuple):
    """A shell on a terminal, in which `gear` notes its arguments instead of doing anything."""

    name: str
    child: pexpect.spawn
    noted: Path

    def arguments(self, line: str) -> list[str]:
        """The arguments with which `gear` is called after a line, Tab and Return."""
        return self.called(f"{line}\t")

    def called(self, keys: str) -> list[str]:
        """The arguments with which `gear` is called after some keys and Return."""
        self.child.send(f"gear {keys}\r")
        self.child.expect_exact(NOTED)
        return self.noted.read_text("utf-8").split("\0")[:-1]


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve` with functions of all kinds of names, and one job."""
    with gear_serve("--job-handle-prefix", "H:here") as server, server.wire() as wire:
        for name in NAMES:
            wire.say(PacketType.CAN_DO, name.encode())
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file, a command, and a `gear` that only notes how it is called."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "one-file.txt").touch()
    (folder / "with a space").touch()
    (folder / "gear").mkdir()
    (folder / "gear/config.toml").write_text('[context.far]\nservers = ["far-away:7"]\n')
    (folder / "bin").mkdir()
    _program(folder / "bin/a-command-of-mine", "exit 0")
    _program(
        folder / "bin/gear",
        f'[ "$1" = __complete ] && exec {sys.executable} -m gearcli "$@"\n'
        f'printf "%s\\0" "$@" >"{folder}/noted"\necho {NOTED}',
    )
    for script in SCRIPTS.values():
        place = folder / "share" / script.shared
        place.parent.mkdir(parents=True)
        place.write_bytes(shipped(script).read_bytes())
    return folder


def _program(path: Path, lines: str) -> None:
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


STARTS = {
    "bash": (
        ["bash", "--norc", "--noprofile"],
        [f"source {SHELLS[1]}", "bind 'set enable-bracketed-paste off'", "bind 'set page-completions off'"],
    ),
    "bash alone": (
        ["bash", "--norc", "--noprofile"],
        ["source ~/share/bash-completion/completions/gear", "bind 'set enable-bracketed-paste off'"],
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        [
            "setopt no_beep",
            "fpath=(~/share/zsh/site-functions $fpath)",
            "autoload -Uz compinit",
            "compinit -u -D",
        ],
    ),
    "fish": (["fish", "--no-config", "-i"], ["source ~/share/fish/vendor_completions.d/gear.fish"]),
}
"""How each shell is started, and what it is told before the first line."""


@contextlib.contextmanager
def started(name: str, home: Path, server: ServerProcess | Answering) -> Iterator[Shell]:
    """A shell that is ready for a line."""
    command, lines = STARTS[name]
    child = pexpect.spawn(
        command[0],
        command[1:],
        cwd=str(home),
        env={
            **clean_environment(),
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "PATH": f"{home}/bin:/usr/bin:/bin",
            "BASH_COMPLETION_USER_DIR": f"{home}/share/bash-completion",
            "GEARMAN_SERVERS": f"localhost:{server.port}",
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        },
        timeout=DEADLINE,
        dimensions=(100, 240),
        encoding="utf-8",
        codec_errors="replace",
    )
    child.delaybeforesend = None
    try:
        for line in lines:
            child.sendline(line)
        # In two parts, so that the line itself does not look like its answer.
        child.sendline(f"printf '%s-%s\\n' {READY.partition('-')[0]} {READY.partition('-')[2]}")
        child.expect_exact(READY)
        yield Shell(name.split()[0], child, home / "noted")
    finally:
        child.close(force=True)


ALONE = "bash alone"
"""Without its package bash differs where that has a part: in the command of a worker."""


@pytest.fixture(scope="module", params=[name for name in STARTS if name != ALONE])
def shell(request: pytest.FixtureRequest, home: Path, server: ServerProcess) -> Iterator[Shell]:
    """Each shell, ready for a line."""
    with started(request.param, home, server) as shell:
        yield shell


@pytest.mark.parametrize(("typed", "arguments"), LINES, ids=[line[0] for line in LINES])
def test_a_word_is_completed(shell: Shell, typed: str, arguments: list[str]) -> None:
    assert arguments == shell.arguments(typed)


@pytest.mark.parametrize(
    ("typed", "arguments"),
    [
        ("submit tab", ["submit", "tab\there"]),
        ("submit \\!", ["submit", "!!"]),
        ("submit \\~", ["submit", "~tilde"]),
        ("worker -f -d", ["worker", "-f", "-dash"]),
        ("submit $'dog", ["submit", "dogs'"]),
    ],
)
def test_a_name_that_not_every_shell_can_complete(shell: Shell, typed: str, arguments: list[str]) -> None:
    """Fish ends a value at a tab, takes a dash for an option, and has no $'; zsh sees a history event."""
    if shell.name in ONLY_IN[typed]:
        assert arguments == shell.arguments(typed)


def test_a_handle_is_completed(shell: Shell, server: ServerProcess) -> None:
    with server.wire() as wire:
        handle = wire.ask(PacketType.SUBMIT_JOB, b"a-job", b"", b"")[1][0].decode()
        assert ["wait", handle] == shell.arguments("wait H:he")


@pytest.mark.parametrize("typed", ["Foo::Ba", '"Foo::Ba', "'Foo::Ba"])
@pytest.mark.parametrize(("name", "tabs"), [("bash", 2), ("bash alone", 2), ("zsh", 1)])
def test_all_that_may_follow_is_shown(
    name: str, tabs: int, typed: str, home: Path, server: ServerProcess
) -> None:
    with started(name, home, server) as shell:
        shell.child.send(f"gear submit {typed}" + "\t" * tabs)
        shell.child.expect_exact("Bar")
        shell.child.expect_exact("Baz")


@pytest.mark.parametrize("name", ["bash", ALONE, "zsh"])
@pytest.mark.parametrize("program", ["gear", "raw/gear"])
def test_a_hostile_server_does_not_reach_the_terminal(name: str, program: str, home: Path) -> None:
    """Neither through our helper, nor if that would say what it heard; fish shows no raw text."""
    rows = b"one\t0\t0\t1\ntwo\t\x1b]0;title\x07\t0\t\x1b[41m\nesc\x1b[41m\t0\t0\t1\nzzz\t0\t0\t1\n.\n"
    (home / "raw").mkdir(exist_ok=True)
    _program(home / "raw/gear", r"printf 'one\0\033]0;title\a\0esc\033[41m\0\0zzz\0\033[41m\0'")
    with answering({b"status": rows}) as server, started(name, home, server) as shell:
        shell.child.send(f"{program} submit " + "\t" * (1 if name == "zsh" else 2))
        heard = ""
        for word in ("one", "zzz", "submit"):
            shell.child.expect_exact(word)
            heard += shell.child.before
    assert "\x1b]" not in heard
    assert "\x1b[41m" not in heard


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_a_handle_is_never_an_option(name: str, home: Path) -> None:
    replies = {b"status": b".\n", b"show jobs": b"-y\t0\t0\t1\nH:here:1\t0\t0\t1\n.\n"}
    with answering(replies) as server, started(name, home, server) as shell:
        assert ["cancel", "H:here:1"] == shell.arguments("cancel ")


@pytest.mark.parametrize("name", STARTS)
def test_a_name_that_is_no_utf_8_hides_none(name: str, home: Path) -> None:
    rows = b"caf\xe9\t0\t0\t1\nresize\t0\t0\t1\n.\n"
    with answering({b"status": rows}) as server, started(name, home, server) as shell:
        assert ["submit", "resize"] == shell.arguments("submit resi")


def test_fish_says_what_each_is(home: Path, server: ServerProcess) -> None:
    """Asked by a command: on a terminal this dumb it lists nothing."""
    with started("fish", home, server) as shell:
        shell.child.send("complete -C 'gear submit Foo::Ba'\r")
        shell.child.expect_exact("Foo::Bar\t0 jobs, 1 worker")
        shell.child.expect_exact("Foo::Baz\t0 jobs, 1 worker")


@pytest.mark.parametrize(
    ("keys", "function"),
    [
        ('"Foo::B\tz"', "Foo::Baz"),
        ("'Foo::B\tz'", "Foo::Baz"),
        ("$'Foo::B\tz'", "Foo::Baz"),
        ('"cou\t_up"', "count_up"),
        ('"cou\t_\t', "count_up"),
    ],
)
def test_a_quote_stays_open_while_several_names_remain(shell: Shell, keys: str, function: str) -> None:
    if not (shell.name == "fish" and keys.startswith("$'")):
        assert ["submit", function] == shell.called(f"submit {keys}")


@pytest.mark.parametrize(
    "setting", ["set -u", "set -u; unset HOME", "IFS=$'\\n'", "IFS=x", "IFS=:", "IFS=", "unset IFS"]
)
def test_bash_may_be_set_up_in_any_way(setting: str, home: Path, server: ServerProcess) -> None:
    with started(ALONE, home, server) as shell:
        shell.child.sendline(setting)
        for typed, arguments in [
            ("subm", ["submit"]),
            ("submit --backg", ["submit", "--background"]),
            ("submit resi", ["submit", "resize"]),
            ("submit -p h", ["submit", "-p", "high"]),
            ("submit -f one-f", ["submit", "-f", "one-file.txt"]),
            ("worker --config one-f", ["worker", "--config", "one-file.txt"]),
            ("serve --user roo", ["serve", "--user", "root"]),
            ("worker --env GEARMAN_S", ["worker", "--env", "GEARMAN_SERVERS"]),
            ("run -- a-comm", ["run", "--", "a-command-of-mine"]),
            ("ping nothing", ["ping", "nothing"]),
        ]:
            assert arguments == shell.arguments(typed)
            assert "unbound" not in shell.child.before


def test_without_a_server_nothing_is_said(shell: Shell) -> None:
    line = f"submit -s localhost:{free_port()} resi"
    assert line.split() == shell.arguments(line)


@pytest.mark.parametrize("name", STARTS)
def test_the_first_tab_completes(name: str, home: Path, server: ServerProcess) -> None:
    with started(name, home, server) as shell:
        assert ["submit", "re::scale"] == shell.arguments("submit re::")


def test_bash_does_without_its_package(home: Path, server: ServerProcess) -> None:
    with started(ALONE, home, server) as shell:
        assert ["submit", "9::a b"] == shell.arguments("submit 9::a")
        assert ["submit", "--priority=low"] == shell.arguments("submit --priority=l")
        assert ["submit", "-f", "one-file.txt"] == shell.arguments("submit -f one-f")
        command = ["a-command-of-mine", "one-file.txt"]
        assert ["run", "--", command[0]] == shell.arguments("run -- a-comm")
        assert ["run", "--", *command] == shell.arguments("run -- a-command-of-mine one-f")


def test_bash_alone_asks_what_a_command_has_of_its_own(home: Path, server: ServerProcess) -> None:
    command = "a-command-of-mine"
    with started(ALONE, home, server) as shell:
        for told, typed, word in [("-W 'a-word another'", "a-w", "a-word"), ("-f", "with", "with a space")]:
            shell.child.sendline(f"complete {told} {command}")
            assert ["run", "--", command, word] == shell.arguments(f"run -- {command} {typed}")
        says = 'COMPREPLY=("$2-$1,$3,$COMP_CWORD,${#COMP_WORDS[@]},${COMP_LINE:0:COMP_POINT}")'
        shell.child.sendline(f"of_mine() {{ {says}; }}; complete -o filenames -F of_mine {command}")
        said = f"b-{command},a,2,3,{command} a b"
        assert ["worker", "-f", "x", command, "a", said] == shell.arguments(f"worker -f x {command} a b")

"""`workers.toml`: what it says, and where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gearcli.errors import ConfigError
from gearcli.protocol.address import Address
from gearcli.worker import config
from gearcli.worker.config import Workers, read
from gearcli.worker.plan import Plan, Recipe

EXAMPLE = Path(__file__).parents[2] / "contrib" / "workers.toml"


def written(folder: Path, text: str) -> str:
    path = folder / "workers.toml"
    path.write_text(text)
    return str(path)


def test_what_is_not_said_is_the_usual(tmp_path: Path) -> None:
    path = written(tmp_path, '[worker.shout]\ncommand = ["tr", "a-z", "A-Z"]\n')
    assert Workers((Plan("shout", (b"shout",), Recipe(("tr", "a-z", "A-Z"))),)) == read(path)


def test_everything_can_be_said(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
servers = ["localhost", "[::1]:4731"]
name = "press"
grace = "1m"
connect-timeout = 2

[worker.resize]
functions = ["resize", "größe"]
command = ["sh", "-c", "cat", "{}"]
min = 2
max = 8
stream = true
timeout = "30s"
kill-after = 0.5
stderr = "warning"
on-failure = "exception"
retries = 2
retry-delay = "10ms"
retry-exit = [75, 124]
replace = "{}"
max-output = "16M"
workdir = "."
env = { LANG = "C", HOME = true }
clean-env = true
limit = { cpu = "10s", files = 64 }
backoff = 0
""",
    )
    recipe = Recipe(
        ("sh", "-c", "cat", "{}"),
        stream=True,
        timeout=30.0,
        kill_after=0.5,
        stderr="warning",
        on_failure="exception",
        retries=2,
        retry_delay=0.01,
        retry_exit=frozenset({75, 124}),
        replace="{}",
        max_output=16 << 20,
        workdir=str(tmp_path),
        environment={"LANG": "C", "HOME": None},
        clean_env=True,
        limits={"cpu": 10, "files": 64},
        backoff=0.0,
    )
    plan = Plan("resize", (b"resize", "größe".encode()), recipe, 2, 8)
    servers = (Address("localhost", 4730), Address("::1", 4731))
    assert Workers((plan,), servers, "press", 60.0, 2.0) == read(path)


def test_defaults_are_for_all_workers_that_say_nothing_else(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
[defaults]
timeout = "5m"
slots = 3
env = { A = "1", B = "2" }
limit = { files = 64 }

[worker.one]
command = ["cat"]

[worker.two]
command = ["cat"]
timeout = 1
slots = 1
env = { B = "3" }
limit = { cpu = 1 }
""",
    )
    one, two = read(path).plans
    assert (300.0, 3, {"A": "1", "B": "2"}) == (one.recipe.timeout, one.most, one.recipe.environment)
    assert (1.0, 1, {"A": "1", "B": "3"}) == (two.recipe.timeout, two.most, two.recipe.environment)
    assert {"files": 64, "cpu": 1} == two.recipe.limits


@pytest.mark.parametrize(
    ("value", "delimiter"), [("true", b"\n"), ('"lines"', b"\n"), ('"null"', b"\0"), ("false", None)]
)
def test_commands_that_stay(tmp_path: Path, value: str, delimiter: bytes | None) -> None:
    path = written(tmp_path, f'[worker.x]\ncommand = ["cat"]\npersistent = {value}\n')
    assert delimiter == read(path).plans[0].recipe.persistent


CAT = 'command = ["cat"]'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "there is no [worker.NAME], so there is nothing to do"),
        ("worker = 1", 1, "there is no [worker.NAME]"),
        ("[worker.x]", 1, "worker.x has no command; write command = [PROGRAM, ARGUMENT, ...]"),
        ("[worker]\nx = 1", 2, "worker.x has to be a table: [worker.x]"),
        ("defaults = 1\n[worker.x]\n" + CAT, 1, "defaults has to be a table"),
        ("[worker.x]\ncommand = 'cat'", 2, "worker.x.command: it has to be a list of texts"),
        ("[worker.x]\ncommand = []", 2, "worker.x.command: it has to begin with a program"),
        ("[worker.x]\ncommand = ['']", 2, "worker.x.command: it has to begin with a program"),
        ("[worker.x]\ncommand = ['no-such']", 2, "worker.x.command: cannot run no-such: command not found"),
        ('[worker.x]\ncommand = ["cat", "a\\u0000"]', 2, "worker.x.command: it holds a NUL"),
        (f"[worker.x]\n{CAT}\ntimeuot = 5", 3, "worker.x has no key 'timeuot'; did you mean 'timeout'?"),
        (f"[worker.x]\n{CAT}\n\nzzz = 5", 4, "worker.x has no key 'zzz'; it may have command, functions,"),
        (f"server = 'a'\n[worker.x]\n{CAT}", 1, "the file has no key 'server'; did you mean 'servers'?"),
        (f"servers = []\n[worker.x]\n{CAT}", 1, "servers: it names no server"),
        (f"servers = 5\n[worker.x]\n{CAT}", 1, "servers: it has to be a list of addresses"),
        (
            f"[worker.x]\n{CAT}\ntimeout = 'soon'",
            3,
            "worker.x.timeout: 'soon' is not a duration",
        ),
        (f"[worker.x]\n{CAT}\ntimeout = true", 3, "worker.x.timeout: it has to be a duration such as '5s'"),
        (f"[worker.x]\n{CAT}\nslots = 0", 3, "worker.x.slots: it has to be a number from 1 to 10000"),
        (f"[worker.x]\n{CAT}\nslots = true", 3, "worker.x.slots: it has to be a number from 1"),
        (f"[worker.x]\n{CAT}\nslots = 2\nmax = 3", 3, "worker.x: slots excludes min and max; choose one"),
        (f"[worker.x]\n{CAT}\nmin = 3\nmax = 2", 3, "worker.x: min is larger than max"),
        (f"[worker.x]\n{CAT}\nretries = -1", 3, "worker.x.retries: it has to be a number from 0"),
        (
            f"[worker.x]\n{CAT}\nretry-exit = [0]\nretries = 1",
            3,
            "worker.x.retry-exit: it has to be",
        ),
        (f"[worker.x]\n{CAT}\nretry-exit = [5]", 3, "worker.x.retry-exit: nothing is tried again"),
        (
            f"[worker.x]\n{CAT}\nstderr = 'here'",
            3,
            "worker.x.stderr: it has to be one of both,",
        ),
        (f"[worker.x]\n{CAT}\nstream = 1", 3, "worker.x.stream: it has to be true or false"),
        (f"[worker.x]\n{CAT}\nfunctions = []", 3, "worker.x.functions: a function needs a name"),
        (f"[worker.x]\n{CAT}\nfunctions = ['a', 'a']", 3, "worker.x.functions: it names the same function"),
        (f"[worker.x]\n{CAT}\nenv = {{ GEARMAN_HANDLE = 'x' }}", 3, "worker.x.env: GEARMAN_HANDLE"),
        (f"[worker.x]\n{CAT}\nenv = {{ A = 5 }}", 3, "worker.x.env: it has to be text in quotes"),
        (f"[worker.x]\n{CAT}\nlimit = {{ speed = 5 }}", 3, "worker.x.limit: "),
        (f"[worker.x]\n{CAT}\nlimit = 5", 3, "worker.x.limit: it has to be a table"),
        (f"[worker.x]\n{CAT}\nworkdir = '/no/such'", 3, "worker.x.workdir: there is no folder /no/such"),
        (f"[worker.x]\n{CAT}\nmax-output = 'big'", 3, "worker.x.max-output: 'big' is not a size"),
        (f"[worker.x]\n{CAT}\npersistent = 'x'", 3, "worker.x.persistent: it has to be true or lines"),
        (f"[worker.x]\n{CAT}\npersistent = true\nstream = true", 4, "worker.x.stream: a command that stays"),
        (f"[defaults]\nstream = true\n[worker.x]\n{CAT}\npersistent = true", 2, "worker.x.stream: "),
        (f"[defaults]\ncommand = ['cat']\n[worker.x]\n{CAT}", 2, "defaults has no key 'command'"),
        (f"[worker.x]\n{CAT}\n[worker.x]", 3, "this is not TOML"),
        (f"\n[worker.'']\n{CAT}", 2, "worker.: a function needs a name"),
        (f"\n[worker.{'x' * 513}]\n{CAT}", 2, f"worker.{'x' * 513}: {'x' * 513}: a function has at most 512"),
        (f'\n[worker."a\\u0000"]\n{CAT}', 2, "worker.a\\x00: it holds a NUL"),
        (f'[worker."a\\nb"]\n{CAT}\nslots = 0', 3, "worker.a\\nb.slots: it has to be a number"),
        (f"[worker.x]\n{CAT}\nworkdir = ''", 3, "worker.x.workdir: it has to be a folder, or tmp"),
        (f"[defaults]\nworkdir = 'no'\n[worker.x]\n{CAT}", 2, "defaults.workdir: there is no folder "),
        (f"timeout = 1\n[worker.x]\n{CAT}", 1, "the file has no key 'timeout'; it may have servers, name,"),
        (f"[worker.x]\n{CAT}\nlimit.cpu.{'a.' * 3000}b = 1", 3, "worker.x.limit: limit cpu: it has to be"),
        *(
            (f"[worker.x]\n{CAT}\n{key} = [0x{'f' * 5000}]", 3, f"worker.x.{key}: the number does not fit")
            for key in ("timeout", "max-output", "limit.cpu")
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_key(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read(path)
    start = f"{path}, line {line}: "
    assert start == str(caught.value)[: len(start)]
    assert words in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*: no such file"):
        read(str(tmp_path / "none"))


def test_the_example_shows_every_key() -> None:
    assert read(str(EXAMPLE)).plans
    text = EXAMPLE.read_text()
    keys = [*config.TOP, *config.WORKER]
    assert [] == [key for key in keys if f"\n{key} = " not in text and f"\n# {key} = " not in text]


TEXTS = ['""', '"5s"', '"tmp"', '"cat"', "[]", '["cat"]', "[75]", "{}", '{A = "b"}']
VALUES = st.sampled_from([*TEXTS, "0", "-1", "1", "70000", "2.5", "true"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*config.WORKER]), VALUES), st.sampled_from(["defaults", "worker.x"]))
def test_whatever_it_says_it_is_read_or_told_why_not(
    tmp_path: Path, said: dict[str, Any], table: str
) -> None:
    lines = "".join(f"{key} = {value}\n" for key, value in said.items())
    other = "" if table == "worker.x" else f"[worker.y]\n{CAT}\n"
    path, answer = written(tmp_path, f"[{table}]\n{lines}{other}"), ""
    try:
        answer = read(path).plans[0].name
    except ConfigError as error:
        answer = str(error)
    assert answer in ("x", "y") or answer.startswith(f"{path}, line ")

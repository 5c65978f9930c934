"""The environment of commands."""

from __future__ import annotations

import pytest

from gearcli.errors import UsageError
from gearcli.worker import environment
from gearcli.worker.plan import Recipe

WORKERS_OWN = {"PATH": "/bin", "HOME": "/home/x", "LANG": "C", "EMPTY": ""}
RECIPE = Recipe(argv=["true"])


def test_a_command_has_the_workers_variables() -> None:
    assert WORKERS_OWN == environment.of(RECIPE, WORKERS_OWN)


def test_named_variables_are_set_or_kept() -> None:
    recipe = RECIPE._replace(environment={"LANG": "de", "NEW": "", "HOME": None, "MISSING": None})
    assert {**WORKERS_OWN, "LANG": "de", "NEW": ""} == environment.of(recipe, WORKERS_OWN)


def test_a_clean_environment_has_the_path_and_what_is_named() -> None:
    recipe = RECIPE._replace(clean_env=True)
    assert {"PATH": "/bin"} == environment.of(recipe, WORKERS_OWN)
    assert {} == environment.of(recipe, {"HOME": "/home/x"})
    named = recipe._replace(environment={"HOME": None, "MISSING": None, "NEW": "x"})
    assert {"PATH": "/bin", "HOME": "/home/x", "NEW": "x"} == environment.of(named, WORKERS_OWN)
    assert {"PATH": "/opt"} == environment.of(recipe._replace(environment={"PATH": "/opt"}), WORKERS_OWN)


@pytest.mark.parametrize(
    "name",
    [
        *("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"),
        *("LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES"),
    ],
)
def test_what_the_service_manager_says_is_for_the_worker_alone(name: str) -> None:
    environ = {**WORKERS_OWN, name: "1"}
    assert WORKERS_OWN == environment.of(RECIPE, environ)
    assert environ == environment.of(RECIPE._replace(environment={name: None}), environ)
    assert {**environ, name: "2"} == environment.of(RECIPE._replace(environment={name: "2"}), environ)


def test_other_names_that_look_alike_are_the_users() -> None:
    environ = {"LISTEN_ADDRESS": "::1", "WATCHDOG": "dog"}
    assert environ == environment.of(RECIPE, environ)


@pytest.mark.parametrize("name", environment.OURS)
def test_nothing_is_said_of_the_job_that_the_worker_itself_is(name: str) -> None:
    assert WORKERS_OWN == environment.of(RECIPE, {**WORKERS_OWN, name: "of another job"})


def test_the_workers_own_environment_is_left_as_it_is() -> None:
    environ = dict(WORKERS_OWN)
    environment.of(RECIPE._replace(environment={"LANG": "de"}), environ)
    assert WORKERS_OWN == environ


def test_options_name_variables() -> None:
    texts = ["A=1", "B=", "C", "D=x=y", "E=a\nb \udcff", "A=2", "GEARMAN_SERVERS=localhost"]
    expected = {"A": "2", "B": "", "C": None, "D": "x=y", "E": "a\nb \udcff", "GEARMAN_SERVERS": "localhost"}
    assert expected == environment.parse(texts)
    assert {} == environment.parse([])


@pytest.mark.parametrize("text", ["", "=", "=value"])
def test_a_variable_needs_a_name(text: str) -> None:
    with pytest.raises(UsageError, match="names no variable; write NAME=VALUE"):
        environment.parse([text])


@pytest.mark.parametrize("text", ["A\0B", "A\0B=1", "A=1\0"])
def test_a_variable_has_no_nul(text: str) -> None:
    with pytest.raises(UsageError, match=r"the variable 'A(\\x00B)?' has a NUL in it"):
        environment.parse([text])


@pytest.mark.parametrize("name", ["", "A=B"])
def test_not_every_text_is_a_name(name: str) -> None:
    """No option can say so, but a file can."""
    with pytest.raises(UsageError, match="cannot be the name of a variable"):
        environment.check({name: "x"})


@pytest.mark.parametrize("name", environment.OURS)
def test_the_variables_of_a_job_cannot_be_set(name: str) -> None:
    for text in (name, f"{name}=x"):
        with pytest.raises(UsageError, match=f"^{name} cannot be set: by it the worker tells"):
            environment.parse([text])

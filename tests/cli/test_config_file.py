"""Where the configuration file is, and whether anybody has to read it."""

from __future__ import annotations

from pathlib import Path

from gearcli.cli.config_file import ENVIRONMENT, concerns, file


def test_the_file_is_in_the_users_folder() -> None:
    assert "/etc/x/gear/config.toml" == file({"XDG_CONFIG_HOME": "/etc/x"})
    assert file({}) == file({"XDG_CONFIG_HOME": "relative"})
    assert file({}).endswith("/.config/gear/config.toml")


def test_whom_the_file_concerns(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert not concerns(None, environ)
    assert concerns("prod", environ)
    assert concerns(None, {**environ, ENVIRONMENT: "prod"})
    (tmp_path / "gear").mkdir()
    (tmp_path / "gear/config.toml").touch()
    assert concerns(None, environ)

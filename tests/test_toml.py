"""TOML files: what is read, what is wrong, and on which line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gearcli import toml
from gearcli.errors import ConfigError

TEXT = '''\
# a comment
servers = [
  "one",
  "two",
]

[ context . "prod" ]  # quoted, with spaces
text = """
[context.fake]
servers = 1
"""
servers = "three"

[[worker]]
command = "first"
[[worker]]
command = "second"
[worker.limits]
a.b = { c = 1, "d e" = 2 }
'''


def written(folder: Path, data: str | bytes) -> str:
    """The path of a file with this in it."""
    path = folder / "file.toml"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def refusal(folder: Path, data: str | bytes) -> str:
    """What is said of a file that is none, without its path."""
    path = written(folder, data)
    with pytest.raises(ConfigError) as caught:
        toml.read(path)
    return str(caught.value).replace(path, "PATH")


def test_values_are_read(tmp_path: Path) -> None:
    document = toml.read(written(tmp_path, 'a = 1\n[b]\nc = "ü"\n'))
    assert {"a": 1, "b": {"c": "ü"}} == document.values


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ((), 1),
        (("servers",), 2),
        (("servers", 1), 2),
        (("context",), 7),
        (("context", "prod"), 7),
        (("context", "prod", "text"), 8),
        (("context", "prod", "servers"), 12),
        (("worker",), 14),
        (("worker", 0, "command"), 15),
        (("worker", 1), 16),
        (("worker", 1, "command"), 17),
        (("worker", 1, "limits"), 18),
        (("worker", 1, "limits", "a", "b", "d e"), 19),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_every_key_has_a_line(tmp_path: Path, keys: tuple[str | int, ...], line: int, line_end: str) -> None:
    document = toml.read(written(tmp_path, TEXT.replace("\n", line_end)))
    assert line == document.line(*keys)


def test_a_missing_key_has_the_line_of_its_table(tmp_path: Path) -> None:
    document = toml.read(written(tmp_path, TEXT))
    assert [7, 16, 1, 12] == [
        document.line("context", "prod", "nothing"),
        document.line("worker", 1, "nothing", 5),
        document.line("nothing"),
        document.line("context", "prod", "servers", "nothing"),
    ]


def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    assert 2 == toml.read(written(tmp_path, "a = 1\nb = 2")).line("b")


def test_a_long_file_has_lines_too(tmp_path: Path) -> None:
    text = "".join(f"[table{number}]\nkey = {number}\n" for number in range(500))
    assert 2 * 321 == toml.read(written(tmp_path, text)).line("table320", "key")


def test_an_error_names_file_and_line(tmp_path: Path) -> None:
    document = toml.read(written(tmp_path, TEXT))
    error = document.error("too many", "worker", 1)
    assert f"{document.path}, line 16: too many" == str(error)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("a = 1\nb = \n", "PATH, line 2: this is not TOML: invalid value"),
        ("a = 1\n[b\n", "PATH, line 2: this is not TOML: expected ']' at the end of a table declaration"),
        ("\na = 1\na = 2\n", "PATH, line 3: this is not TOML: cannot overwrite a value"),
        ('a = 1\nb = """\nx\n', "PATH, line 3: this is not TOML: unterminated string"),
        (b"a = 1\nb = '\xff'\n", "PATH, line 2: this is not UTF-8; a TOML file has to be"),
    ],
)
def test_what_is_not_toml(tmp_path: Path, data: str | bytes, said: str) -> None:
    assert said == refusal(tmp_path, data)


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}\n", "a = " + "[" * 5000])
def test_what_only_this_parser_refuses(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text).startswith("PATH, line 1: this is not TOML: ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = str(tmp_path / "none.toml")
    assert toml.read_if_there(path) is None
    with pytest.raises(ConfigError, match=r"^cannot read .*none\.toml: no such file or directory$"):
        toml.read(path)


def test_a_file_below_a_file_is_not_there(tmp_path: Path) -> None:
    assert toml.read_if_there(written(tmp_path, "") + "/below") is None


def test_what_is_there_is_read(tmp_path: Path) -> None:
    document = toml.read_if_there(written(tmp_path, "a = 1"))
    assert document is not None
    assert {"a": 1} == document.values


def test_what_is_there_has_to_be_readable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^cannot read .*: is a directory$"):
        toml.read_if_there(str(tmp_path))

"""The options of `gear metrics`."""

from __future__ import annotations

import pytest

from gearcli.cli.metrics_options import exporter_address
from tests.cli.driving import exit_of


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--listen", "0.0.0.0"], "0.0.0.0:9418 can be reached from other machines"),
        (["--listen", ":0", "-o", "x"], "exclude each other"),
        (["-i", "1"], "say --output FILE.prom too"),
        (["-o", "-", "-i", "1"], "a file is written; - is none"),
        (["-o", "x", "-i", "0"], "-i is 100ms at least"),
        (["--insecure-listen"], "--insecure-listen is about --listen"),
    ],
)
def test_2_what_does_not_go_together(
    options: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 2 == exit_of("metrics", *options)
    assert words in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", "127.0.0.1:9418"),
        (":9000", "127.0.0.1:9000"),
        ("9000", "127.0.0.1:9000"),
        ("::1", "[::1]:9418"),
        ("unix:/x", "unix:/x"),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert address == str(exporter_address(text))

"""The version is printed, or it is said why not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gearcli import __version__


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_printed(option: str) -> None:
    done = subprocess.run([sys.executable, "-m", "gearcli", option], capture_output=True, check=False)
    assert (0, f"gear {__version__}\n".encode(), b"") == (done.returncode, done.stdout, done.stderr)


def test_a_full_disk_is_no_traceback() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gearcli", "-V"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert 74 == done.returncode
    assert b"gear: cannot write the output: no space left on device\n" == done.stderr

"""What holds for every test: those marked `peers` need Gearman's own tools."""

from __future__ import annotations

import os

import pytest

from tests.support import missing_peers


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here; in continuous integration a missing peer is a failure."""
    if item.get_closest_marker("peers") is None:
        return
    missing = missing_peers()
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI has no {', '.join(missing)}", pytrace=False)
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (Debian: gearman-job-server, gearman-tools)")

"""What holds for every test: those marked `peers` need Gearman's own tools and libraries."""

from __future__ import annotations

import os

import pytest

from tests.support import missing_peers


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here; in continuous integration a missing peer is a failure."""
    marker = item.get_closest_marker("peers")
    if marker is None:
        return
    missing = missing_peers(**marker.kwargs)
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI has no {', '.join(missing)}", pytrace=False)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}; .ci/run names the Debian packages")

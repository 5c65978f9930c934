"""What holds for every test: those marked `peers` or `shells` need programs that are not ours."""

from __future__ import annotations

import os
import signal

import pytest

from tests.support import SHELLS, missing_peers


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here; in continuous integration a missing peer is a failure.

    HUP ends what a test starts, even where nohup(1) runs the tests, or one before has come to ignore it.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    marker = item.get_closest_marker("peers")
    missing = [*missing_peers(**marker.kwargs)] if marker else []
    if item.get_closest_marker("shells"):
        missing += [path for path in SHELLS if not os.path.exists(path)]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI has no {', '.join(missing)}", pytrace=False)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}; .ci/run names the Debian packages")

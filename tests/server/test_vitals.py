"""What a process knows of itself."""

from __future__ import annotations

import time

from gearcli.server.vitals import Pulse


def test_a_process_knows_its_time_and_its_memory() -> None:
    pulse = Pulse()
    assert 0 <= time.time() - pulse.started < 60
    assert 0 <= pulse.uptime() < 60
    assert 0 < pulse.processor()
    memory = pulse.memory()
    assert memory is not None
    assert 1 << 20 < memory < 1 << 36


def test_where_there_is_no_such_file_the_memory_is_not_known() -> None:
    assert Pulse().memory("/proc/no such file") is None

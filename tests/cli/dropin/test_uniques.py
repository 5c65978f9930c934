"""libgearman's hash; the numbers are what Debian's `gearman -u '#'` sends."""

from __future__ import annotations

import pytest

from gearcli.cli.dropin.uniques import hashed


@pytest.mark.parametrize(
    ("workload", "unique"), [(b"a", b"2289228744"), (b"abc", b"634628250"), (b"abcd", b"180520834")]
)
def test_hashed(workload: bytes, unique: bytes) -> None:
    assert unique == hashed(workload)

"""Doing without Python's cycle collector."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def no_collector() -> Iterator[None]:
    """Do without the cycle collector: a server makes no cycles that outlive their use.

    It would walk through a million queued jobs again and again, and everybody would wait meanwhile.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

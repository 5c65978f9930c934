"""Jobs that are over, noted where the death of the server does not reach them: in shared memory.

A transaction takes as long as the disk does.  A job that ended meanwhile would
run again if the server were killed just then; writing eight bytes into memory
that outlives the process prevents that, and never waits for a disk.  It does
not outlive the machine: after a power loss such a job runs again.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import stat
import struct
from collections.abc import Sequence

FOLDER = "/dev/shm"
"""Where files are memory (tmpfs on Linux)."""
MOST = 1 << 16
"""Jobs that are noted; of more, the last."""

_OWNER, _COUNT = 128, struct.Struct("<Q")
_HEAD = _OWNER + _COUNT.size
_SIZE = _HEAD + 8 * MOST


class Ended:
    """The notes about a store, known by a descriptor of its file; none where there is no such memory."""

    def __init__(self, store: int) -> None:
        found = os.fstat(store)
        self._path = f"{FOLDER}/gear-{found.st_dev:x}-{found.st_ino:x}"
        self._memory = _opened(self._path)

    def of(self, owner: bytes) -> list[int]:
        """The numbers that were noted for an owner; those of another are none."""
        memory = self._memory
        if memory is None or memory[:_OWNER] != _named(owner):
            return []
        (count,) = _COUNT.unpack_from(memory, _OWNER)
        return list(struct.unpack_from(f"<{min(count, MOST)}q", memory, _HEAD))

    def begin(self, owner: bytes) -> None:
        """Forget everything; what is noted from now on is noted for an owner."""
        if self._memory is not None:
            self._memory[:_HEAD] = _named(owner) + _COUNT.pack(0)

    def note(self, numbers: Sequence[int]) -> None:
        """Note jobs that are over."""
        memory = self._memory
        if memory is None:
            return
        (count,) = _COUNT.unpack_from(memory, _OWNER)
        for number in numbers:
            struct.pack_into("<q", memory, _HEAD + 8 * (count % MOST), number)
            count += 1
        _COUNT.pack_into(memory, _OWNER, count)

    def close(self, *, forget: bool) -> None:
        """Let go of the memory; `forget` says that nobody needs it any longer."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None
            if forget:
                with contextlib.suppress(OSError):
                    os.unlink(self._path)


def _named(owner: bytes) -> bytes:
    """An owner as it stands in the memory; it is random, so that its last byte may be NUL too."""
    return owner[:_OWNER].ljust(_OWNER, b"\0")


def _opened(path: str) -> mmap.mmap | None:
    """The memory of a name, if it is ours alone: anybody may make files there."""
    try:
        descriptor = os.open(
            path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600
        )
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
        if not ours:
            return None
        if found.st_size != _SIZE:
            os.truncate(descriptor, 0)
            os.posix_fallocate(descriptor, 0, _SIZE)  # room that is missing must not be missed later
        return mmap.mmap(descriptor, _SIZE)
    except OSError:
        return None
    finally:
        os.close(descriptor)

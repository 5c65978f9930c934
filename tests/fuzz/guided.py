"""Streams guided by coverage, for as long as one likes: `pip install -e '.[fuzz]'`, then

    python -m tests.fuzz.guided [SECONDS]

It begins with `corpus/` and adds to a folder of its own, by default
`tests/fuzz/found`, what goes where nothing else went.  What it stops at
belongs into `corpus/`, with the mend.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gearcli"]):
    from tests.fuzz.streams import CORPUS, Target, seeds

FOUND = Path(__file__).parent / "found"


def try_one(data: bytes) -> None:
    """Let an engine of its own take a stream, so that what stops it can be tried again alone."""
    target = Target(1)
    target.take(data)
    target.look()


def main() -> None:
    """Search until the time is over or something is found."""
    import random

    seconds = sys.argv[1] if len(sys.argv) > 1 else "1800"
    FOUND.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds(random.Random(1))):
        (FOUND / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", "-max_len=4096", f"-artifact_prefix={CORPUS}/found-"]
    atheris.Setup([sys.argv[0], *options, str(FOUND)], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

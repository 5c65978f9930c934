"""Write the completions: `python -m completions`."""

from __future__ import annotations

from completions.shells import FOLDER, SCRIPTS

for name, made in SCRIPTS.items():
    (FOLDER / name).write_text(made())

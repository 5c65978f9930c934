"""`python -m tools.manual`: write the pages of the manual."""

from __future__ import annotations

from pathlib import Path

from tools.manual.pages import pages

FOLDER = Path(__file__).parent.parent.parent / "man"


def main() -> None:
    """Write each page, and take away those that are no longer made."""
    fresh = {FOLDER / page.path: page.text for page in pages()}
    for path in FOLDER.glob("man[0-9]/*"):
        if path not in fresh:
            path.unlink()
    for path, text in fresh.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()

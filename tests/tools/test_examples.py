"""The examples of the manual are played as they stand in it, page by page."""

from __future__ import annotations

import pytest

from tests.examples import Example, Session, steps_of
from tools.manual import parts
from tools.manual.pages import pages

NAMES = sorted(path.stem for path in parts.SOURCE.glob("*.txt"))


def examples_of(name: str) -> list[Example]:
    """What is typed on a page, and before it what the reader is not shown, in this order."""
    found = []
    for part in parts.read(name):
        figures = False
        for number, block in enumerate(part.blocks):
            figures = figures or block.kind == "figures"
            where = f"{name}, {part.heading}, block {number}"
            if block.kind == "setup":
                found.append(
                    Example(
                        where,
                        part.heading,
                        steps_of("".join(f"$ {each}\n" for each in block.lines)),
                        False,
                        "",
                    )
                )
            elif block.kind == "shown" and block.lines[0].startswith("$ "):
                found.append(
                    Example(where, part.heading, steps_of("\n".join(block.lines).rstrip("\n")), figures, "")
                )
                figures = False
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_page(name: str) -> None:
    examples = examples_of(name)
    assert examples
    with Session() as session:
        for example in examples:
            session.play(example)


def test_every_page_has_examples_that_are_played() -> None:
    assert NAMES == sorted(page.name for page in pages())


def test_what_is_shown_and_not_played_shows_no_prompt() -> None:
    for name in NAMES:
        for part in parts.read(name):
            shown = [block for block in part.blocks if block.kind == "shown"]
            assert [] == [
                each
                for each in shown
                if any(line.startswith("$ ") for line in each.lines[1:])
                and not each.lines[0].startswith("$ ")
            ]

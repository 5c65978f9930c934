"""Which page of `gear top` is shown, and how many rows it has.  Pure."""

from __future__ import annotations

from gearcli.cli.styled import StyledLine, clipped
from gearcli.cli.top_choices import Page
from gearcli.cli.top_format import in_ascii
from gearcli.cli.top_help import help_page
from gearcli.cli.top_inside import inside_page
from gearcli.cli.top_view import Scene, functions_height, functions_page

_PAGES = {Page.FUNCTIONS: functions_page, Page.INSIDE: inside_page, Page.HELP: help_page}


def page(scene: Scene, size: tuple[int, int]) -> list[StyledLine]:
    """The lines of the whole screen; `size` is columns and rows."""
    lines = [clipped(pieces, size[0]) for pieces in _PAGES[scene.choices.page](scene, *size)]
    if not scene.ascii:
        return lines
    return [[piece._replace(text=in_ascii(piece.text)) for piece in pieces] for pieces in lines]


def page_height(scene: Scene, size: tuple[int, int]) -> int:
    """Rows by which a page moves."""
    return functions_height(scene, size[1])

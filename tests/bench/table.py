"""Figures as people read them: Markdown tables, and pictures where matplotlib is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """A table whose first columns are words, the others numbers."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if column < words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "| " + " | ".join(padded) + " |"

    ruler = [
        "-" * width if column < words else "-" * (width - 1) + ":" for column, width in enumerate(widths)
    ]
    return "\n".join([line(head), line(ruler), *map(line, rows)])


def draw(curves: Mapping[str, Mapping[str, Mapping[int, float]]], path: Path) -> None:
    """Curves as a picture: a panel for each kind of thing, a line for each server.

    Raises ImportError where matplotlib, the extra `bench`, is missing.
    """
    import matplotlib  # type: ignore[import-not-found,unused-ignore]  # an extra

    matplotlib.use("svg")
    from matplotlib import pyplot  # type: ignore[import-not-found,unused-ignore]

    figure, panels = pyplot.subplots(1, len(curves), figsize=(4 * len(curves), 3.2), sharey=False)
    for panel, (title, lines) in zip(panels, curves.items(), strict=True):
        for name, points in lines.items():
            panel.plot(list(points), list(points.values()), marker="o", label=name)
        panel.set(xscale="log", xlabel=title, ylabel="jobs per second")
        panel.set_ylim(bottom=0)
        panel.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})

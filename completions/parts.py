"""What all shells need from the outline."""

from __future__ import annotations

from gearcli.cli.outline import Option


def names_of(option: Option) -> tuple[str, ...]:
    """All names of an option."""
    return (*option.names, *option.opposites)


def quoted(text: str) -> str:
    """A text as one word of bash or zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def first_words(choices: tuple[str, ...]) -> tuple[str, ...]:
    """The words that may come first: `unique` of `unique jobs`."""
    return tuple(dict.fromkeys(each.split()[0] for each in choices))

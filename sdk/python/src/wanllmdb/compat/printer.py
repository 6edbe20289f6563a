"""Printer: how libraries print links and coloured words through wandb's own printer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wanllmdb.compat.terminal import termerror, termlog, termwarn


class Printer:
    """Prints lines; marks words as the terminal does, or not at all."""

    def display(self, text: str | Iterable[str], *, level: str | int | None = None) -> None:
        """Print one line, or several."""
        write = {"warn": termwarn, "warning": termwarn, "error": termerror}.get(
            str(level).lower(), termlog
        )
        for line in [text] if isinstance(text, str) else text:
            write(line)

    def link(self, link: str, text: str | None = None) -> str:
        """An address."""
        return link if text is None else f"{text} ({link})"

    def name(self, name: str) -> str:
        """The name of a run."""
        return name

    def code(self, text: str) -> str:
        """Words that are typed."""
        return text

    def emoji(self, name: str) -> str:
        """There are none."""
        del name
        return ""

    def files(self, text: str) -> str:
        """A path."""
        return text

    def error(self, text: str) -> str:
        """A word for what is wrong."""
        return text

    def secondary_text(self, text: str) -> str:
        """What is said beside."""
        return text

    def panel(self, columns: Iterable[str]) -> str:
        """Columns below each other."""
        return "\n".join(columns)

    def grid(self, rows: Iterable[Iterable[str]], title: str | None = None) -> str:
        """Rows of words."""
        lines = [" ".join(each) for each in rows]
        return "\n".join([title, *lines] if title else lines)


def new_printer(*_: Any, **__: Any) -> Printer:
    """A printer for the terminal."""
    return Printer()


get_printer = new_printer

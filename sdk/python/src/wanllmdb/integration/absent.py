"""Absent: what wandb has for a library, and we do not. Each name is there, and says so once."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isfunction
from typing import Any, ClassVar

from wanllmdb.integration.library import tell_once


class Absent:
    """Takes everything, and does nothing; a function that it decorates stays as it is."""

    line: ClassVar[str] = ""

    def __new__(cls, *given: Any, **_: Any) -> Any:
        tell_once(cls.line)
        return _decorated(given) or super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        """Nothing is kept."""

    def __call__(self, *given: Any, **_: Any) -> Any:
        return _decorated(given)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


def _decorated(given: tuple[Any, ...]) -> Any:
    """The function, if one is decorated: a class, too."""
    return (
        given[0]
        if len(given) == 1 and (isfunction(given[0]) or isinstance(given[0], type))
        else None
    )


def absent(module: str, instead: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose names take everything and do nothing.

    Args:
        module: how its users call it.
        instead: what they can do.
    """

    def look_up(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        line = f"{module}.{name} does nothing here: {instead}"
        return type(name, (Absent,), {"line": line, "__doc__": Absent.__doc__})

    return look_up

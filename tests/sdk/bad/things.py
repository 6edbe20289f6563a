"""Things that nobody should log, and everybody does."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any

MIB = 1024 * 1024


def deep(make: Any) -> Any:
    deep: Any = 0
    for _ in range(10_000):
        deep = make(deep)
    return deep


def depth(value: Any) -> int:
    depth = 0
    while isinstance(value, (list, dict)):
        value, depth = next(iter(value.values() if isinstance(value, dict) else value)), depth + 1
    return depth


def loop() -> dict[str, Any]:
    loop: dict[str, Any] = {"a": 1}
    loop["self"] = [loop]
    return loop


def bomb() -> list[Any]:
    bomb: list[Any] = [0] * 10
    for _ in range(20):
        bomb = [bomb] * 10
    return bomb


class Tensor:
    """As much of a tensor as is looked at: it lies elsewhere, and counts who asks for it."""

    def __init__(self, value: Any, shape: tuple[int, ...] = (), *, dtype: str = "bfloat16") -> None:
        self.value, self.shape, self.dtype = value, shape, dtype
        self.asked: list[str] = []

    def __float__(self) -> float:
        return float(self.item())

    def detach(self) -> Tensor:
        self.asked.append("detach")
        return self

    def cpu(self) -> Tensor:
        self.asked.append("cpu")
        return self

    def item(self) -> Any:
        self.asked.append("item")
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def tolist(self) -> Any:
        return self.value


class Raises:
    """Raises whatever it is asked, and counts how often."""

    def __init__(self, *names: str) -> None:
        self.asked: list[str] = []
        self.names = names

    def _ask(self, name: str) -> Any:
        self.asked.append(name)
        raise RuntimeError(f"{name} of the user")


def raising(*names: str) -> Raises:
    """An object of a class of its own whose methods of these names raise."""
    methods = {name: lambda self, *_, _name=name: self._ask(_name) for name in names}
    return type("Raising", (Raises,), methods)(*names)


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: Any


class Meter:
    """Knows its number, and is none."""

    def __float__(self) -> float:
        return 4.5

"""Page: a stretch of a list, and how the list goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items of a list; `next` is the cursor behind them, None at its end; `total` counts all."""

    items: list[Item]
    next: str | None
    total: int

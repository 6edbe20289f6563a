"""Rows: the cases of one table of the surface, each under the words of its row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from tests.sdk.bad.user import User

Check = Callable[[User], None]


@dataclass
class Rows:
    """The rows of one table, in its order.

    `ours` marks a row in which wandb loses data, raises or is silent, and we do not.
    """

    checks: dict[str, Check] = field(default_factory=dict[str, Check])

    def row(self, words: str, *, ours: bool = False) -> Callable[[Check], Check]:
        """Add a row."""
        name = f"{words} (ours)" if ours else words

        def add(check: Check) -> Check:
            assert name not in self.checks
            self.checks[name] = check
            return check

        return add

    def each(self) -> pytest.MarkDecorator:
        """A test of every row, named by its words."""
        cases = [pytest.param(check, id=name) for name, check in self.checks.items()]
        return pytest.mark.parametrize("check", cases)

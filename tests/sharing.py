"""Sharing: tests of a file that share something of it, such as a server, run in one worker.

In every worker that ran one of them it would be made anew. (xdist's own groups do nothing with
the pytest that is locked here: its node ids cannot be changed any more.) What takes long begins
first, so that no worker is left alone with it at the end.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]
LONG = ("tests/faults/", "tests/journeys/", "tests/bench/", "tests/contracts/", "tests/corpus/")
_MODULE = re.compile(r'scope="module"\)\s*def (\w+)\(([^)]*)')


def rank(item: pytest.Item) -> int:
    """By which tests are sorted, those that take long first; equal ones stay as they are."""
    return 0 if item.nodeid.startswith(LONG) else 1


@cache
def is_shared(file: str) -> bool:
    """Whether tests of the file use a fixture that is made once for it."""
    text = (ROOT / file).read_text()
    conftest = (ROOT / file).with_name("conftest.py")
    around = conftest.read_text() if conftest.exists() else ""
    names = {name for name, _ in _MODULE.findall(text + around)}
    # What takes one of those takes part in it.
    for name, asked in re.findall(r"@pytest\.fixture\s*def (\w+)\(([^)]*)", around):
        if names & set(re.findall(r"\w+(?=:)", asked)):
            names.add(name)
    used = {word for asked in re.findall(r"def test_\w+\(([^)]*)", text)
            for word in re.findall(r"\w+(?=:)", asked)}  # fmt: skip
    fixtures = {word for asked in re.findall(r"fixture\s*def \w+\(([^)]*)", text)
                for word in re.findall(r"\w+(?=:)", asked)}  # fmt: skip
    return bool(names & (used | fixtures))


class SharedFiles(LoadScopeScheduling):
    """Gives each worker one test after the other, and whole files where something is shared."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if is_shared(file) else nodeid

"""A script of the corpus: what its first line says of it.

    # A training that dies. | runs: 1 failed, 2 finished | exit: 1 | needs: torch, numpy

`runs` are those that the server has when it is over, by their states (one that is finished, if
nothing is said), `exit` is its exit status, `needs` are the modules that it wants beside wandb,
`receipt: incomplete` says that something is lost as it should be, and `real` what the real wandb
does differently.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"


@dataclass(frozen=True)
class Script:
    """A script, and what it says of itself.

    Attributes:
        runs: how many there are of each state in the end.
    """

    path: Path
    title: str
    runs: Counter[str]
    exit: int
    needs: tuple[str, ...]
    receipt: str
    real: str

    @property
    def name(self) -> str:
        return self.path.stem


def read(path: Path) -> Script:
    """The script at this path.

    Raises:
        ValueError: its first line says nothing, or a word that means nothing.
    """
    with path.open() as file:
        first = file.readline()
    if not first.startswith("# "):
        raise ValueError(f"{path.name} does not begin with what it is.")
    title, *parts = first[2:].strip().split(" | ")
    said = dict(part.split(": ", 1) for part in parts)
    script = Script(
        path=path,
        title=title,
        runs=_runs(said.pop("runs", "1 finished")),
        exit=int(said.pop("exit", "0")),
        needs=tuple(filter(None, re.split(r",\s*", said.pop("needs", "")))),
        receipt=said.pop("receipt", "complete"),
        real=said.pop("real", ""),
    )
    if said:
        raise ValueError(f"{path.name} says what means nothing: {sorted(said)}")
    return script


def _runs(said: str) -> Counter[str]:
    pairs = (each.split() for each in said.split(","))
    return +Counter({state: int(count) for count, state in pairs})


def corpus() -> list[Script]:
    """Every script of the corpus."""
    return [read(path) for path in sorted(FOLDER.glob("*.py"))]

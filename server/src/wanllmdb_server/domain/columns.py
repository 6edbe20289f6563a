"""Columns: a figure or a parameter of many runs, as numbers that can be reckoned with.

A column of numbers has NaN where a run has none. A column of texts has a code for each text, in
their order; such codes part runs, but nothing else is said of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wanllmdb_server.domain import forest
from wanllmdb_server.domain.plain import special
from wanllmdb_server.domain.samples import Truths, Values, finite, pearson, ranked

Fact = float | str

MAX_PARAMETERS: Final = 100  # that a forest is asked about
MAX_RUNS: Final = 1000  # that a forest grows on
MIN_RUNS: Final = 8
_SPECIAL: Final = frozenset(special(each) for each in (float("nan"), float("inf"), -float("inf")))
_SEED: Final = 20_260_101


@dataclass(frozen=True, slots=True)
class Column:
    """A value for each run; NaN where there is none. `text`: they are codes."""

    key: str
    values: Values
    text: bool = False

    @property
    def varies(self) -> bool:
        """Whether not all runs have the same; none is a value, too."""
        there = np.isfinite(self.values)
        some = self.values[there]
        return bool(len(some)) and (len(some) < len(there) or bool(np.any(some != some[0])))

    @property
    def n(self) -> int:
        """How many runs have a value."""
        return int(np.isfinite(self.values).sum())


@dataclass(frozen=True, slots=True)
class Weight:
    """What one parameter says about the target: see `forest`, and the two correlations."""

    key: str
    importance: float
    std: float
    correlation: float | None
    pearson: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Importance:
    """What parameters say about a target.

    Attributes:
        used: how many runs were reckoned with.
        score: R² on runs that trees did not see.
        notes: what was left out, and why.
    """

    runs: int
    used: int
    parameters: Sequence[Weight]
    score: float | None
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Correlations:
    """How columns go together, each with each; None where nobody can say."""

    columns: Sequence[str]
    n: Sequence[Sequence[int]]
    r: Sequence[Sequence[float | None]]


def column_of(key: str, runs: Sequence[int], facts: Mapping[int, Fact]) -> Column:
    """A column of what stands under a key; texts that name no number make all of it texts."""
    known = {run: fact for run, fact in facts.items() if fact not in _SPECIAL}
    if any(isinstance(fact, str) for fact in known.values()):
        texts = {run: _text(fact) for run, fact in known.items()}
        code = {text: float(at) for at, text in enumerate(sorted(set(texts.values())))}
        return Column(key, _filled(runs, {run: code[texts[run]] for run in texts}), text=True)
    return Column(key, _filled(runs, {run: float(fact) for run, fact in known.items()}))


def importance(target: Column, parameters: Sequence[Column]) -> Importance:
    """How much parameters say about a target."""
    runs = len(target.values)
    there = np.isfinite(target.values)
    if target.text:
        return Importance(runs, 0, [], None, [f"{target.key} is no number."])
    if target.n < MIN_RUNS:
        have = "run has" if target.n == 1 else "runs have"
        note = f"Only {target.n} {have} {target.key}; it takes {MIN_RUNS} to say anything."
        return Importance(runs, target.n, [], None, [note])
    wanted = target.values[there]
    if not np.any(wanted != wanted[0]):
        return Importance(runs, target.n, [], None, [f"{target.key} is the same in all runs."])
    columns = [Column(each.key, each.values[there], each.text) for each in parameters]
    fit, notes = _fit(columns, wanted)
    if not fit:
        return Importance(runs, target.n, [], None, [*notes, "No parameter differs."])
    some = _drawn(len(wanted), notes)
    codes = np.stack([forest.binned(each.values[some]) for each in fit], axis=1)
    found = forest.importances(codes, wanted[some])
    whole = float(found.mean.sum())
    if found.score is None or found.score <= 0 or whole == 0:
        notes.append("The parameters do not predict the target: take the figures as chance.")
    shares = found.mean / whole if whole else found.mean
    errors = found.error / whole if whole else found.error
    weights = [
        _weight(each, wanted, float(share), float(error))
        for each, share, error in zip(fit, shares, errors, strict=True)
    ]
    weights.sort(key=lambda each: (-each.importance, each.key))
    return Importance(runs, len(some), weights, found.score, notes)


def correlations(columns: Sequence[Column], *, by_rank: bool) -> Correlations:
    """How each two columns go together, over the runs that have both."""
    there = [np.isfinite(column.values) for column in columns]
    ranks: dict[tuple[int, bytes], Values] = {}

    def said(at: int, both: Truths) -> Values:
        values = columns[at].values[both]
        if not by_rank:
            return values
        name = (at, both.tobytes())
        if name not in ranks:
            ranks[name] = ranked(values)
        return ranks[name]

    size = len(columns)
    n = [[0] * size for _ in range(size)]
    r: list[list[float | None]] = [[None] * size for _ in range(size)]
    for a in range(size):
        for b in range(a, size):
            both = there[a] & there[b]
            n[a][b] = n[b][a] = int(both.sum())
            if not (columns[a].text or columns[b].text):
                r[a][b] = r[b][a] = pearson(said(a, both), said(b, both))
    return Correlations([column.key for column in columns], n, r)


def _fit(columns: Sequence[Column], target: Values) -> tuple[list[Column], list[str]]:
    """The columns that a forest can use, and what was left out."""
    notes: list[str] = []
    fit = [column for column in columns if column.varies]
    same = len(columns) - len(fit)
    if same:
        notes.append(f"{same} parameters do not differ among these runs.")
    names = [each for each in fit if each.text and _all_apart(each.values)]
    if names:
        notes.append("Another text in each run: " + ", ".join(each.key for each in names) + ".")
        fit = [each for each in fit if each not in names]
    if len(fit) > MAX_PARAMETERS:
        notes.append(f"The {MAX_PARAMETERS} parameters that say most alone, of {len(fit)}.")
        fit.sort(key=lambda each: (-_alone(each, target), each.key))
        fit = fit[:MAX_PARAMETERS]
    return fit, notes


def _all_apart(values: Values) -> bool:
    some = values[np.isfinite(values)]
    return len(some) > 2 and len(np.unique(some)) == len(some)


def _alone(column: Column, target: Values) -> float:
    """How much of the target's variance lies between the bins of one parameter, corrected."""
    code = forest.binned(column.values)
    counts = np.bincount(code)
    apart = target - target.mean()
    sums = np.bincount(code, apart)
    between = float(np.sum(sums[counts > 0] ** 2 / counts[counts > 0]))
    whole, bins, n = float(np.sum(apart**2)), int((counts > 0).sum()), len(target)
    return 1 - (whole - between) / whole * (n - 1) / max(1, n - bins) if whole else 0.0


def _drawn(runs: int, notes: list[str]) -> forest.Codes:
    """The places of the runs that the forest grows on."""
    if runs <= MAX_RUNS:
        return np.arange(runs)
    notes.append(f"{MAX_RUNS} of the {runs} runs, drawn once and for all.")
    return np.sort(np.random.default_rng(_SEED).permutation(runs)[:MAX_RUNS])


def _weight(column: Column, target: Values, importance: float, std: float) -> Weight:
    there = np.isfinite(column.values)
    values, wanted = column.values[there], target[there]
    if column.text:
        return Weight(column.key, importance, std, None, None, len(values))
    rank = pearson(ranked(values), ranked(wanted))
    return Weight(column.key, importance, std, rank, pearson(values, wanted), len(values))


def _text(fact: Fact) -> str:
    return fact if isinstance(fact, str) else f"{fact:.12g}"


def _filled(runs: Sequence[int], known: Mapping[int, float]) -> Values:
    values = np.array([known.get(run, np.nan) for run in runs], np.float64)
    return np.where(finite(values), values, np.nan)

"""Forest: how much parameters of runs say about a figure of theirs, each beside all others.

A random forest (Breiman 2001) of regression trees over binned parameters. A parameter's importance
is by how much the forest's error grows, on runs that a tree did not see, when that parameter's
values are shuffled among them. Everything is drawn from a fixed seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Codes = NDArray[np.intp]

TREES: Final = 200
BINS: Final = 32
_DEPTH: Final = 10
_SEED: Final = 20_260_101
_SMALL: Final = 50_000  # cells of a table on which all trees are grown; half of them on others
_ENOUGH: Final = 50  # runs from which on a leaf has several


@dataclass(frozen=True, slots=True)
class Importances:
    """What a forest found.

    Attributes:
        mean: of each parameter, by how much the squared error grows; at least 0.
        error: the standard error of that over the trees.
        score: R² on the runs that trees did not see; None where no tree left any aside.
    """

    mean: Values
    error: Values
    score: float | None


def binned(values: Values) -> Codes:
    """The bin of each value, by its rank; what is missing (NaN) is a bin below all."""
    found = np.zeros(len(values), np.intp)
    there = np.isfinite(values)
    if there.any():
        distinct = np.unique(values[there])
        if len(distinct) > BINS - 1:
            cuts = np.quantile(values[there], np.linspace(0, 1, BINS)[1:-1])
            distinct = np.unique(cuts)
        found[there] = np.searchsorted(distinct, values[there], side="left") + 1
    return np.minimum(found, BINS - 1)


def importances(codes: Codes, target: Values) -> Importances:
    """Of binned parameters [runs, parameters] for a target that is finite."""
    rng = np.random.default_rng(_SEED)
    runs, parameters = codes.shape
    scale = float(np.std(target)) or 1.0
    target = (target - float(np.mean(target))) / scale
    said, asked = np.zeros(runs), np.zeros(runs)
    trees = TREES if codes.size <= _SMALL else TREES // 2
    grown = np.zeros((trees, parameters))
    for at in range(trees):
        drawn = cast("Codes", rng.integers(runs, size=runs))
        weight = np.bincount(drawn, minlength=runs).astype(np.float64)
        tree = _grow(codes, target, weight, rng)
        aside = np.flatnonzero(weight == 0)
        if not len(aside):
            continue
        known = tree.predict(codes[aside])
        said[aside] += known
        asked[aside] += 1
        used = np.unique(tree.feature[tree.feature >= 0])
        if len(used):
            grown[at, used] = _growth(tree, codes[aside], target[aside], known, used, rng)
    seen = asked > 0
    return Importances(
        np.maximum(grown.mean(axis=0), 0.0),
        grown.std(axis=0, ddof=1) / np.sqrt(trees),
        _score(target[seen], said[seen] / asked[seen]) if seen.any() else None,
    )


def _score(target: Values, said: Values) -> float | None:
    whole = float(np.sum((target - target.mean()) ** 2))
    return 1 - float(np.sum((target - said) ** 2)) / whole if whole > 0 else None


def _growth(
    tree: _Tree, codes: Codes, target: Values, known: Values, used: Codes, rng: np.random.Generator
) -> Values:
    """By how much the error grows for each parameter that the tree uses, when it is shuffled."""
    order = rng.random((len(used), len(codes))).argsort(axis=1)
    shuffled = np.repeat(codes[None], len(used), axis=0)
    each = np.arange(len(used))
    shuffled[each, :, used] = codes[order, used[:, None]]
    said = tree.predict(shuffled.reshape(-1, codes.shape[1])).reshape(len(used), -1)
    return ((said - target) ** 2).mean(axis=1) - float(((known - target) ** 2).mean())


class _Tree:
    """Nodes in the order in which they were made; a leaf asks no parameter."""

    def __init__(self) -> None:
        self.feature: Codes = np.full(1, -1, np.intp)
        self.cut: Codes = np.zeros(1, np.intp)
        self.left: Codes = np.zeros(1, np.intp)  # the right one is behind it
        self.value: Values = np.zeros(1)

    def split(self, nodes: Codes, feature: Codes, cut: Codes) -> Codes:
        """Give these nodes two children each; returns their left ones."""
        first = len(self.value)
        left = first + 2 * np.arange(len(nodes))
        self.feature[nodes], self.cut[nodes], self.left[nodes] = feature, cut, left
        more = 2 * len(nodes)
        self.feature = np.append(self.feature, np.full(more, -1, np.intp))
        self.cut = np.append(self.cut, np.zeros(more, np.intp))
        self.left = np.append(self.left, np.zeros(more, np.intp))
        self.value = np.append(self.value, np.zeros(more))
        return left

    def predict(self, codes: Codes) -> Values:
        """What the tree says of each row."""
        node = np.zeros(len(codes), np.intp)
        going = np.arange(len(codes))
        while len(going):
            at = node[going]
            inner = self.feature[at] >= 0
            going, at = going[inner], at[inner]
            right = codes[going, self.feature[at]] > self.cut[at]
            node[going] = self.left[at] + right
        return self.value[node]


def _grow(codes: Codes, target: Values, weight: Values, rng: np.random.Generator) -> _Tree:
    """A tree of the runs that have a weight, level by level."""
    tree = _Tree()
    seen = np.flatnonzero(weight)
    codes, target, weight = codes[seen], target[seen], weight[seen]
    tree.value[0] = np.average(target, weights=weight)
    least = 3.0 if len(seen) >= _ENOUGH else 1.0
    chosen = max(1, codes.shape[1] // 3)
    rows, nodes = np.arange(len(seen)), np.zeros(1, np.intp)
    place = np.zeros(len(seen), np.intp)  # of each row's node among `nodes`
    for _ in range(_DEPTH):
        if not len(rows):
            break
        some = rng.random((len(nodes), codes.shape[1])).argsort(axis=1)[:, :chosen]
        told = codes[rows[:, None], some[place]]
        best = _best(told, place, len(nodes), target[rows], weight[rows], least)
        parted = np.flatnonzero(best.cut >= 0)
        if not len(parted):
            break
        feature, cut = some[parted, best.which[parted]], best.cut[parted]
        left = tree.split(nodes[parted], feature, cut)
        new = np.full(len(nodes), -1)
        new[parted] = np.arange(len(parted))
        staying = new[place] >= 0
        rows, place = rows[staying], new[place[staying]]
        right = codes[rows, feature[place]] > cut[place]
        place = 2 * place + right
        nodes = np.stack((left, left + 1), axis=1).ravel()
        sums = np.bincount(place, weight[rows] * target[rows], len(nodes))
        tree.value[nodes] = sums / np.bincount(place, weight[rows], len(nodes))
    return tree


@dataclass(frozen=True, slots=True)
class _Best:
    """For each node which of its parameters parts it best, and behind which bin; -1: none."""

    which: Codes
    cut: Codes


def _best(
    told: Codes, place: Codes, nodes: int, target: Values, weight: Values, least: float
) -> _Best:
    chosen = told.shape[1]
    shape = (nodes, chosen, BINS)
    cell = cast("Codes", ((place[:, None] * chosen + np.arange(chosen)) * BINS + told)).ravel()
    size = nodes * chosen * BINS
    counts = _below(np.bincount(cell, np.repeat(weight, chosen), size), shape)
    sums = _below(np.bincount(cell, np.repeat(weight * target, chosen), size), shape)
    all_counts, all_sums = counts[:, :, -1:], sums[:, :, -1:]
    others = all_counts - counts
    fit = (counts >= least) & (others >= least)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = sums**2 / counts + (all_sums - sums) ** 2 / others - all_sums**2 / all_counts
    gain = np.where(fit, gain, -np.inf).reshape(nodes, -1)
    at = np.argmax(gain, axis=1)
    worth = gain[np.arange(nodes), at] > 1e-12
    return _Best(at // BINS, np.where(worth, at % BINS, -1))


def _below(cells: NDArray[Any], shape: tuple[int, int, int]) -> Values:
    """For each bin what is in it and in those before it."""
    return np.cumsum(cells.reshape(shape), axis=2)

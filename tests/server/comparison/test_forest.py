"""The forest finds what matters, beside scikit-learn's (https://scikit-learn.org)."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance

from wanllmdb_server.domain import columns, forest
from wanllmdb_server.domain.columns import Column, column_of


def trials(runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Runs of six parameters of which four matter, two of them only together."""
    rng = np.random.default_rng(3)
    given = rng.random((runs, 6))
    figure = 3 * given[:, 0] + 2 * (given[:, 1] > 0.5) + 4 * given[:, 2] * given[:, 3]
    return given, figure + 0.1 * rng.standard_normal(runs)


def test_importances_are_those_of_scikit_learn_within_their_noise() -> None:
    given, figure = trials(300)
    codes = np.stack([forest.binned(each) for each in given.T], axis=1)
    mine = forest.importances(codes, figure)
    theirs = RandomForestRegressor(200, max_features=1 / 3, oob_score=True, random_state=0)
    theirs.fit(given, figure)
    aside, wanted = trials(900)
    shuffled = permutation_importance(
        theirs, aside[300:], wanted[300:], random_state=0, scoring="neg_mean_squared_error"
    )
    shares = np.maximum(shuffled.importances_mean, 0)
    assert mine.score == pytest.approx(theirs.oob_score_, abs=0.05)
    assert mine.mean / mine.mean.sum() == pytest.approx(shares / shares.sum(), abs=0.05)


def test_the_same_question_has_the_same_answer() -> None:
    given, figure = trials(60)
    parameters = [Column(f"config.{at}", each) for at, each in enumerate(given.T)]
    asked = (Column("summary.loss", figure), parameters)
    assert columns.importance(*asked) == columns.importance(*asked)


def test_parameters_that_are_texts_missing_or_constant_have_their_place() -> None:
    rng = np.random.default_rng(5)
    runs = list(range(120))
    kind = {run: str(rng.choice(["adam", "sgd", "lion"])) for run in runs}
    depth = {run: float(rng.integers(1, 5)) for run in runs if run % 3}
    figure = {
        run: 2.0 * (kind[run] == "sgd") + 1.0 * (run in depth) + 0.05 * rng.standard_normal()
        for run in runs
    }
    asked = {
        "config.kind": kind,
        "config.depth": depth,
        "config.same": dict.fromkeys(runs, 1.0),
        "config.path": {run: f"/out/{run}" for run in runs},
        "config.noise": {run: float(rng.random()) for run in runs},
    }
    target = column_of("summary.loss", runs, figure)
    found = columns.importance(target, [column_of(key, runs, asked[key]) for key in asked])
    assert [each.key for each in found.parameters] == [
        "config.kind", "config.depth", "config.noise"
    ]  # fmt: skip
    assert sum(each.importance for each in found.parameters) == pytest.approx(1)
    text, depths, noise = found.parameters
    assert text.correlation is None
    assert depths.n == len(depth)
    assert noise.importance < 0.02
    assert any("config.path" in note for note in found.notes)
    assert found.score is not None
    assert found.score > 0.9


def test_few_runs_and_targets_that_say_nothing_are_answered_in_words() -> None:
    runs = list(range(20))
    given = column_of("config.x", runs, {run: float(run) for run in runs})
    few = column_of("summary.loss", runs, {run: float(run) for run in runs[:7]})
    assert columns.importance(few, [given]).parameters == []
    assert "7 runs" in columns.importance(few, [given]).notes[0]
    same = column_of("summary.loss", runs, dict.fromkeys(runs, 0.5))
    assert "the same" in columns.importance(same, [given]).notes[0]
    text = column_of("summary.loss", runs, {run: f"{run % 2} a" for run in runs})
    assert "no number" in columns.importance(text, [given]).notes[0]
    good = column_of("summary.loss", runs, {run: float(run) for run in runs})
    assert "No parameter" in columns.importance(good, [same]).notes[-1]


def test_chance_is_called_chance() -> None:
    rng = np.random.default_rng(11)
    target = Column("summary.loss", rng.random(40))
    found = columns.importance(target, [Column("config.x", rng.random(40))])
    assert any("chance" in note for note in found.notes)


def test_special_numbers_are_missing_and_huge_ones_too() -> None:
    facts = {0: "NaN", 1: "Infinity", 2: 1e200, 3: 5.0}
    column = column_of("config.x", [0, 1, 2, 3, 4], facts)
    assert not column.text
    assert column.n == 1


def test_many_parameters_are_sieved_and_many_runs_drawn() -> None:
    rng = np.random.default_rng(2)
    given = rng.random((1200, columns.MAX_PARAMETERS + 20))
    target = Column("summary.loss", given[:, 7] + 0.1 * rng.random(1200))
    found = columns.importance(
        target, [Column(f"config.{at}", each) for at, each in enumerate(given.T)]
    )
    assert len(found.parameters) == columns.MAX_PARAMETERS
    assert found.parameters[0].key == "config.7"
    assert (found.runs, found.used) == (1200, columns.MAX_RUNS)
    assert len(found.notes) == 2

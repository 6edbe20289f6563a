"""Keras 3 on torch, without TensorFlow: the callbacks that live in `wandb.integration.keras`."""

from __future__ import annotations

import pytest
from tests.integrations.libraries import needs

needs("torch", "keras")

from tests.integrations.laboratory import Laboratory, artifacts, history  # noqa: E402

pytestmark = pytest.mark.timeout(180)


def test_a_fit_of_keras_is_read_back_as_its_history_has_it(lab: Laboratory) -> None:
    truth = lab.run("keras_fit.py")
    runs = {run.name: run for run in lab.runs()}
    assert truth["tensorflow"] is False
    run, fitted = runs["epochs"], truth["history"]
    for key, values in fitted.items():
        assert history(run, f"epoch/{key}") == pytest.approx(values)
    assert history(run, "epoch/epoch") == [0, 1, 2]
    # 48 of 64 cases in batches of 16: three steps an epoch, and the rate halves every four.
    decayed = [0.1 * 0.5 ** (3 * epoch / 4) for epoch in (1, 2, 3)]
    assert history(run, "epoch/learning_rate") == pytest.approx(decayed, rel=1e-4)

    best = min(range(3), key=fitted["val_loss"].__getitem__)
    kept = artifacts(run)
    assert {"latest", "best", f"epoch_{best}"} <= set(kept[truth["model"]].aliases)
    predictions = kept[truth["predictions"]].get("eval_data")
    assert predictions.columns == ["epoch", "index", "label", "guess"]
    assert [row[:2] for row in predictions.data] == [[2, 0], [2, 1], [2, 2]]

    batches = runs["batches"]
    assert history(batches, "batch/batch_step") == [0, 2, 4, 6]
    assert history(batches, "batch/loss") == pytest.approx(truth["losses"][::2])
    assert history(batches, "epoch/epoch") == [0, 1]

    legacy = runs["legacy"]
    assert history(legacy, "val_loss") == pytest.approx(truth["legacy"])
    assert legacy.summary["best_val_loss"] == pytest.approx(min(truth["legacy"]))
    assert "model-best.keras" in {file.name for file in legacy.files()}
    assert "WandbCallback of Keras does without labels" in lab.said

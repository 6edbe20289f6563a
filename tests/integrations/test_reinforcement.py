"""Reinforcement learning: Stable-Baselines3, which logs only through TensorBoard."""

from __future__ import annotations

import pytest
from tests.integrations.libraries import needs

needs("torch", "stable_baselines3", "tensorboard")

from tests.integrations.laboratory import Laboratory, history  # noqa: E402

pytestmark = pytest.mark.timeout(180)


def test_what_sb3_writes_for_tensorboard_is_read_back_with_its_steps(lab: Laboratory) -> None:
    truth = lab.run("sb3_learn.py")
    run = lab.only_run()
    for key, points in truth["written"].items():
        rows = list(run.scan_history(keys=[key, "global_step"]))
        assert [row["global_step"] for row in rows] == [step for step, _ in points], key
        # TensorBoard keeps single precision.
        found = [row[key] for row in rows]
        assert found == pytest.approx([value for _, value in points], rel=1e-5), key
    assert run.config["algo"] == "PPO"
    assert run.config["n_steps"] == 64
    for name in truth["parameters"]:
        assert history(run, f"gradients/{name}")
    assert "model.zip" in {file.name for file in run.files()}

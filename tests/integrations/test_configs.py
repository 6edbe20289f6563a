"""Configs as other libraries hold them: Hydra and OmegaConf, absl."""

from __future__ import annotations

import pytest
from tests.integrations.libraries import needs

needs("hydra", "omegaconf", "absl")

from tests.integrations.laboratory import Laboratory, history  # noqa: E402

pytestmark = pytest.mark.timeout(180)


def test_a_config_of_hydra_is_kept_with_its_interpolations_resolved(lab: Laboratory) -> None:
    truth = lab.run("hydra_app.py", "optimizer.rate=0.5", "seed=4")
    runs = {run.name: run for run in lab.runs()}
    assert dict(runs["adam-4"].config) == truth
    assert truth["optimizer"]["rate"] == 0.5
    assert history(runs["adam-4"], "loss") == [0.25]
    assert dict(runs["container"].config) == {**truth, "later": {"a": [1, 2]}}


def test_flags_of_absl_are_config(lab: Laboratory) -> None:
    truth = lab.run("absl_flags.py", "--rate=0.25", "--layers=8,4")
    config = lab.only_run().config
    assert {key: config[key] for key in truth} == truth

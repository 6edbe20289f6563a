"""Trainers that bring their own logger for wandb: transformers, Lightning, accelerate."""

from __future__ import annotations

import sys

import pytest
from tests.integrations.libraries import needs

needs("torch", "transformers", "lightning", "accelerate")

from tests.integrations.laboratory import (  # noqa: E402
    Laboratory,
    artifacts,
    history,
    table,
)

pytestmark = pytest.mark.timeout(180)


def test_a_transformers_trainer_is_read_back_as_its_own_state_has_it(lab: Laboratory) -> None:
    truth = lab.run("transformers_trainer.py", WANDB_WATCH="all", WANDB_LOG_MODEL="checkpoint")
    run = lab.only_run()
    assert run.state == "finished"
    assert run.name == "tiny"
    trained = [row for row in truth["log_history"] if "loss" in row]
    rows = list(run.scan_history(keys=["train/loss", "train/global_step"]))
    assert [row["train/loss"] for row in rows] == [row["loss"] for row in trained]
    assert [row["train/global_step"] for row in rows] == [row["step"] for row in trained]
    assert history(run, "train/learning_rate") == [row["learning_rate"] for row in trained]
    evaluated = [row["eval_loss"] for row in truth["log_history"] if "eval_loss" in row]
    assert history(run, "eval/loss") == evaluated
    assert run.summary["train/loss"] == trained[-1]["loss"]
    assert run.config["n_embd"] == truth["hidden"]
    assert run.config["learning_rate"] == truth["learning_rate"]
    assert run.config["model/num_parameters"] > 0
    for name in truth["parameters"]:
        if name != "lm_head.weight":
            assert history(run, f"gradients/{name}")[0]["_type"] == "histogram"
            assert history(run, f"parameters/{name}")[0]["_type"] == "histogram"


def test_a_transformers_model_is_kept_as_an_artifact_and_comes_back(
    lab: Laboratory, tmp_path_factory: pytest.TempPathFactory
) -> None:
    truth = lab.run("transformers_trainer.py", WANDB_LOG_MODEL="end")
    kept = artifacts(lab.only_run())
    [model] = [each for each in kept.values() if each.type == "model"]
    folder = tmp_path_factory.mktemp("model")
    model.download(root=str(folder))
    assert (folder / "model.safetensors").read_bytes() == bytes.fromhex(truth["weights"])
    assert "train/loss" in model.metadata or "eval/loss" in model.metadata


def test_lightning_is_read_back_as_it_measured(lab: Laboratory) -> None:
    truth = lab.run("lightning_fit.py")
    run = lab.only_run()
    assert run.id == truth["id"] == truth["version"]
    assert history(run, "train/loss") == pytest.approx(truth["train"])
    assert history(run, "val/loss") == pytest.approx(truth["val"])
    rows = list(run.scan_history(keys=["train/loss", "trainer/global_step"]))
    assert [row["trainer/global_step"] for row in rows] == list(range(len(truth["train"])))
    assert run.config["hidden"] == 8
    assert run.config["also"] == 7
    assert history(run, "gradients/layers.0.weight")[0]["_type"] == "histogram"
    assert history(run, "parameters/layers.0.weight")[0]["_type"] == "histogram"
    assert table(run, "guesses") == {"columns": ["x", "y"], "data": [[1, 2.5], [3, 4.5]]}
    assert table(run, "words")["data"] == [["one"], ["two"]]
    samples = run.summary["samples"]
    assert samples["_type"] == "images/separated"
    assert samples["captions"] == ["a", "b"]
    assert {file.name for file in run.files()} >= set(samples["filenames"])
    model = artifacts(run)[f"model-{run.id}"]
    assert model.type == "model"
    assert {"latest", "best"} <= set(model.aliases)


def test_lightning_offline_is_kept_in_its_folder_and_synced_later(lab: Laboratory) -> None:
    truth = lab.run("lightning_fit.py", "offline")
    assert (lab.folder / "kept").is_dir()
    assert lab.api.projects() is not None
    lab.start([sys.executable, "-m", "wanllmdb", "sync", str(lab.folder / "kept")])
    run = lab.only_run()
    assert run.id == truth["id"]
    assert history(run, "train/loss") == pytest.approx(truth["train"])
    assert table(run, "guesses")["data"] == [[1, 2.5], [3, 4.5]]


def test_a_tracker_of_accelerate_is_read_back_as_the_loop_measured(lab: Laboratory) -> None:
    truth = lab.run("accelerate_tracker.py")
    run = lab.only_run()
    assert run.name == "accelerated"
    assert list(run.tags) == ["cpu"]
    assert run.config["layers"] == [4, 1]
    assert history(run, "loss") == truth["losses"]
    assert [row["_step"] for row in run.scan_history(keys=["half", "_step"])] == list(range(10))
    assert run.summary["noise"]["count"] == 1
    assert table(run, "rows") == {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]]}

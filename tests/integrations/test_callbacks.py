"""What else lives in `wandb.integration`: Fabric, Ultralytics, gym, calls that log themselves."""

from __future__ import annotations

import pytest
from tests.integrations.libraries import needs

needs("torch", "lightning", "openai", "transformers", "gymnasium")

from tests.integrations.laboratory import (  # noqa: E402
    Laboratory,
    artifacts,
    history,
    table,
)

pytestmark = pytest.mark.timeout(180)


def test_a_logger_of_fabric_is_read_back_as_the_loop_measured(lab: Laboratory) -> None:
    truth = lab.run("fabric_loop.py")
    run = lab.only_run()
    assert run.id == truth["version"]
    rows = list(run.scan_history(keys=["tiny-loss", "trainer/global_step"]))
    assert [row["tiny-loss"] for row in rows] == truth["losses"]
    assert [row["trainer/global_step"] for row in rows] == list(range(5))
    assert run.config["rate"] == 0.1
    assert run.summary["tiny-picture"]["captions"] == ["black"]
    assert table(run, "tiny-table")["data"] == [[1]]


def test_ultralytics_tells_epochs_predictions_and_its_best_model(lab: Laboratory) -> None:
    lab.run("ultralytics_callbacks.py")
    run = lab.only_run()
    assert run.name == "detect"
    assert run.config["imgsz"] == 8
    assert history(run, "epoch") == [1, 2]
    assert history(run, "metrics/mAP50(B)") == [0.25, 0.25]
    assert history(run, "train/box_loss") == [1.5, 1.5]
    predictions = table(run, "Prediction-Table")
    assert predictions["columns"][1:3] == ["Path", "Num-Objects"]
    assert predictions["data"][0][1:3] == ["bus.jpg", 2]
    assert "best" in artifacts(run)[f"run_{run.id}_model"].aliases


def test_calls_of_openai_are_rows_until_they_are_no_longer_asked_for(lab: Laboratory) -> None:
    truth = lab.run("openai_calls.py")
    run = lab.only_run()
    assert run.state == "finished"
    assert history(run, "usage/total_tokens") == [7] * truth["calls"]
    assert table(run, "completions") == {
        "columns": ["model", "messages", "answer"],
        "data": [["m", "user: hello", "HELLO"]],
    }


def test_calls_of_a_pipeline_are_tables_of_what_was_asked_and_answered(lab: Laboratory) -> None:
    truth = lab.run("pipeline_calls.py")
    rows = table(lab.only_run(), "text-classification")["data"]
    assert [row[0] for row in rows] == ["what a day", "a day"]
    assert [row[1] for row in rows] == truth["answers"]


def test_videos_that_gymnasium_records_are_kept(lab: Laboratory) -> None:
    truth = lab.run("gym_videos.py")
    run = lab.only_run()
    assert len(truth["videos"]) == 2
    videos = history(run, "videos")
    assert {video["_type"] for video in videos} == {"video-file"}
    assert {video["path"] for video in videos} <= {file.name for file in run.files()}

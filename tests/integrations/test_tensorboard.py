"""TensorBoard: what the writers of torch and of tensorboardX wrote, read back from the server."""

from __future__ import annotations

import pytest
from tests.integrations.laboratory import Laboratory
from tests.integrations.libraries import needs

needs("torch", "tensorboard", "tensorboardX")


@pytest.mark.parametrize("library", ["torch", "tensorboardX"])
def test_what_was_written_is_there_once_and_in_rows(lab: Laboratory, library: str) -> None:
    truth = lab.run("tensorboard_writers.py", library)
    run = lab.only_run()
    rows = list(run.scan_history())
    for key in ("train/loss", "acc"):
        assert [[row["global_step"], row[key]] for row in rows if key in row] == truth[key]
    together = [row for row in rows if "train/loss" in row and "acc" in row]
    assert len(together) == 20
    assert [row["own"] for row in rows if "own" in row] == truth["own"]
    assert len({row["_step"] for row in rows}) == len(rows)

    [last] = [row for row in rows if row.get("note")]
    assert (last["global_step"], last["note"]) == (200, "hello")
    weights, fixed = last["weights"], last["fixed"]
    assert sum(weights["values"]) == 1000
    assert weights["bins"][0] <= truth["range"][0]
    assert weights["bins"][-1] >= truth["range"][1]
    assert fixed["values"] == [25.0, 25.0, 50.0]
    assert fixed["bins"] == [0.0, 25.0, 50.0, 100.0]
    assert (last["picture"]["width"], last["picture"]["height"]) == (9, 6)
    assert "pictures" in last
    folder = "both_{}/both" if library == "torch" else "both/{}/both"
    assert {folder.format(each) for each in "ab"} <= {key for row in rows for key in row}

    assert (run.config["lr"], run.config["optimizer"]) == (0.25, "adam")
    assert any(key.endswith("/score") for row in rows for key in row)
    files = [file.name for file in run.files()]
    assert any(name.startswith("events.out.tfevents.") for name in files)

# What one run logs, another uses. | runs: 3 finished | real: needs a server
from pathlib import Path

import wandb

with wandb.init(job_type="produce") as run:
    Path("checkpoint.txt").write_text("epoch 1")
    art = wandb.Artifact(name="ckpt", type="model", metadata={"epoch": 1})
    art.add_file("checkpoint.txt")
    run.log_artifact(art).wait()
    Path("checkpoint.txt").write_text("epoch 2")
    art = wandb.Artifact(name="ckpt", type="model", metadata={"epoch": 2})
    art.add_file("checkpoint.txt")
    run.log_artifact(art, aliases=["latest", "best"])
    table = wandb.Artifact("evaluation", type="evaluation")
    table.add(wandb.Table(columns=["q", "a"], data=[["1+1", "2"]]), "answers")
    run.log_artifact(table)

with wandb.init(job_type="consume") as run:
    best = run.use_artifact("ckpt:best", type="model")
    folder = best.download()
    assert (Path(folder) / "checkpoint.txt").read_text() == "epoch 2"
    assert best.metadata["epoch"] == 2
    assert best.version == "v1"
    assert "latest" in best.aliases
    old = wandb.use_artifact("ckpt:v0")
    there = old.download(root="elsewhere")
    assert Path("elsewhere/checkpoint.txt").read_text() == "epoch 1"
    assert Path(there).name == "elsewhere"
    assert Path(old.get_path("checkpoint.txt").download()).read_text() == "epoch 1"
    entry = best.get_entry("checkpoint.txt")
    assert entry.path == "checkpoint.txt"
    assert Path(best.file()).read_text() == "epoch 2"
    answers = run.use_artifact("evaluation:latest").get("answers")
    assert answers.columns == ["q", "a"]
    assert answers.data == [["1+1", "2"]]
    path = run.use_model("ckpt:latest")
    assert Path(path).exists()
    try:
        run.use_artifact("nothing:latest")
    except (wandb.errors.CommError, ValueError):
        pass
    else:
        raise AssertionError("there is none")
    project = run.project

api = wandb.Api()
found = api.artifact(f"{project}/ckpt:latest", type="model")
assert found.version == "v1"
assert found.logged_by().job_type == "produce"
assert [user.job_type for user in found.used_by()] == ["consume"]
with wandb.init(job_type="tag") as run:
    found = run.use_artifact("ckpt:v0")
    found.aliases.append("archived")
    found.description = "the first"
    found.save()
assert wandb.Api().artifact(f"{project}/ckpt:archived").version == "v0"

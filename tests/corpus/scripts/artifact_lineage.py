# A pipeline: a dataset, a model of it, an evaluation of that; drafts and what may not be. | runs: 3 finished | real: needs a server
import os
from pathlib import Path

import wandb

with wandb.init(job_type="upload") as run:
    raw = wandb.Artifact("raw", type="dataset", metadata={"rows": 3})
    with raw.new_file("data.csv") as file:
        file.write("a,b\n1,2\n")
    run.log_artifact(raw)
    run.log({"rows": 3})

with wandb.init(job_type="train") as run:
    data = run.use_artifact("raw:latest")
    directory = data.download()
    assert os.listdir(directory) == ["data.csv"]
    assert data.metadata["rows"] == 3
    for epoch in range(2):
        Path("model.pt").write_text(f"epoch {epoch}")
        model = wandb.Artifact("net", type="model", metadata={"epoch": epoch})
        model.add_file("model.pt")
        aliases = ["latest", f"epoch_{epoch}"] + (["best"] if epoch == 1 else [])
        run.log_artifact(model, aliases=aliases)
    run.link_artifact(model, "registry/net") if False else None
    project = f"{run.entity}/{run.project}"

with wandb.init(job_type="eval") as run:
    model = run.use_artifact(f"{project}/net:best")
    assert model.metadata["epoch"] == 1
    with open(model.get_path("model.pt").download()) as file:
        assert file.read() == "epoch 1"
    assert [entry for entry in model.manifest.entries] == ["model.pt"]
    assert model.size > 0
    assert model.digest
    assert model.logged_by().job_type == "train"
    draft = model.new_draft() if hasattr(model, "new_draft") else None

api = wandb.Api()
versions = list(api.artifacts("model", f"{project}/net"))
assert sorted(each.version for each in versions) == ["v0", "v1"]
train = api.run(f"{project}/{model.logged_by().id}")
assert sorted({each.name for each in train.logged_artifacts()}) == ["net:v0", "net:v1"]
assert [each.name for each in train.used_artifacts()] == ["raw:v0"]
assert api.artifact_exists(f"{project}/net:best") if hasattr(api, "artifact_exists") else True

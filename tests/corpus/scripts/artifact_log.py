# Artifacts as scripts make them: files, folders, bytes, references. | runs: 1 finished | real: waits for a server: wait() is left out offline
import json
import os
from pathlib import Path

import wandb

offline = os.environ.get("WANDB_MODE") == "offline"
run = wandb.init(job_type="dataset")
Path("data/inner").mkdir(parents=True)
for number in range(5):
    Path(f"data/inner/{number}.txt").write_text(f"sample {number}\n")
Path("model.bin").write_bytes(os.urandom(4096))

artifact = wandb.Artifact(
    "dataset", type="dataset", description="five samples", metadata={"n": 5, "split": {"train": 4}}
)
artifact.add_dir("data")
artifact.add_file("model.bin", name="weights/model.bin")
with artifact.new_file("meta.json", mode="w") as file:
    json.dump({"ok": True}, file)
artifact.add(wandb.Table(columns=["a"], data=[[1], [2]]), "table")
artifact.add_reference("https://example.com/data.csv", checksum=False)
artifact.metadata["late"] = "yes"
logged = run.log_artifact(artifact, aliases=["latest", "best"])
assert logged is artifact
assert artifact.type == "dataset"
assert artifact.metadata["n"] == 5
if not offline:
    artifact.wait()
    assert artifact.version == "v0"
    assert artifact.name == "dataset:v0"
    assert sorted(artifact.aliases) == ["best", "latest"]
    assert artifact.state == "COMMITTED"

model = wandb.Artifact(f"model-{run.id}", "model", metadata=dict(run.config))
model.add_file("model.bin")
wandb.log_artifact(model)
by_path = run.log_artifact("model.bin", name="checkpoint", type="model")
assert by_path.type == "model"
run.log_artifact("data", name="folder", type="dataset", aliases=["epoch-1"])
run.log_model(path="model.bin", name="registered")
try:
    wandb.Artifact("bad/name", type="model")
except ValueError:
    pass
else:
    raise AssertionError("a slash in the name")
run.finish()

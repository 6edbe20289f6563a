# What skorch and catalyst and spacy call. | runs: 2 finished | real: `log`, imported before init, stays what it was
import os
from pathlib import Path

import wandb
from wandb import init, join, log

wandb_version = tuple(map(int, wandb.__version__.split(".")[:2]))
assert wandb_version >= (0, 10)
run = wandb.init(name="net")
run.config.update({"module": "MLP", "lr": 0.1}, allow_val_change=True)
run.watch if hasattr(run, "watch") else None
for epoch in range(3):
    hist = {"epoch": epoch, "train_loss": 1 / (epoch + 1), "dur": 0.1}
    run.log({k: v for k, v in hist.items() if not k.startswith("_")})
    path = Path(wandb.run.dir) / "params.pt"
    path.write_bytes(bytes([epoch]))
assert os.path.exists(path)
run.finish()

init(project="like_skorch", config={"nlp": {"lang": "en"}}, reinit=True)
for step in range(3):
    log({"score": step / 10})
    log({f"loss_{name}": 0.1 for name in ("ner", "tagger")})
artifact = wandb.Artifact("pipeline_model", type="checkpoint", metadata={"score": 0.2})
Path("nlp").mkdir()
Path("nlp/meta.json").write_text("{}")
artifact.add_dir("nlp")
wandb.log_artifact(artifact, aliases=["latest", "step_2"])
assert wandb.run.summary["score"] == 0.2
join()

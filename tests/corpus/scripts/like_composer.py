# What the logger of composer calls. | runs: 1 finished | needs: numpy | real: has no get_url any more, and Api wants a key
import os
import sys

import numpy as np
import wandb

os.environ["WANDB_SILENT"] = "true"
wandb.init(project="like_composer", name="composer", group=None, entity=None, tags=["nlp"])
assert wandb.run is not None
entity_and_project = [str(wandb.run.entity), str(wandb.run.project)]
run_url = wandb.run.get_url() if hasattr(wandb.run, "get_url") else None
assert run_url is None or run_url.startswith("http")
wandb.config.update({"max_duration": "1ep", "rank_zero_seed": 17}, allow_val_change=True)
for batch in range(4):
    wandb.log({"loss/train/total": 1 / (batch + 1), "trainer/batch_idx": batch}, batch)
table = wandb.Table(columns=["a", "b"], rows=[[1, 2], [3, 4]])
wandb.log({"table": table}, 4)
images = [wandb.Image(np.random.rand(8, 8, 3), caption="random")]
wandb.log({"images": images}, 5)
art = wandb.Artifact(name="ckpt-ep0", type="model", metadata={"timestamp": {"epoch": 0}})
with open("ep0.pt", "wb") as file:
    file.write(os.urandom(100))
art.add_file(os.path.abspath("ep0.pt"))
wandb.log_artifact(art, aliases=["latest", "ep0-ba4"])
try:
    wandb.Api().artifact("/".join([*entity_and_project, "nothing-there:latest"]))
except (wandb.errors.CommError, ValueError) as error:
    print(type(error).__name__)
else:
    raise AssertionError("there is no such artifact")
exc_tpe, exc_info, tb = sys.exc_info()
if (exc_tpe, exc_info, tb) == (None, None, None):
    wandb.finish(0)
else:
    wandb.finish(1)

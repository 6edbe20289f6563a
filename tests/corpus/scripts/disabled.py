# A run that records nothing takes everything. | runs: 0 finished | needs: numpy
import numpy as np
import wandb

run = wandb.init(mode="disabled", project="anything", config={"lr": 1})
assert wandb.run is run
assert isinstance(run, wandb.sdk.wandb_run.Run)
assert run.disabled
wandb.log({"x": 1})
wandb.log({"image": wandb.Image(np.zeros((4, 4, 3), np.uint8))}, step=3)
wandb.log({"chart": object()})
wandb.config.update({"more": 2})
assert run.config.lr == 1
assert run.config.more == 2
run.summary["best"] = 3
assert run.summary["best"] == 3
wandb.define_metric("x", summary="max")
wandb.watch(None)
artifact = wandb.Artifact("a", type="dataset")
logged = run.log_artifact(artifact)
logged.wait()
run.use_artifact("whatever:latest")
wandb.alert("t", "x")
wandb.save("*.py")
run.log_code(".")
assert isinstance(run.name, str)
assert isinstance(run.id, str)
assert isinstance(run.project, str)
assert run.url is None or isinstance(run.url, str)
with wandb.init(mode="disabled") as inner:
    inner.log({"y": 1})
run.finish()
wandb.finish()
assert wandb.run is None

# What the callback of fastai calls. | runs: 1 finished | needs: numpy
import numpy as np
import wandb

run = wandb.init()
if getattr(wandb, "run", None) is None:
    raise ValueError("You must call wandb.init() before WandbCallback()")
step = wandb.run.step - 1
epoch = wandb.run.summary.get("epoch", 0) if "epoch" in wandb.run.summary.keys() else 0
assert (step, epoch) == (-1, 0)
wandb.config.update({"Learner": {"lr": 0.001, "wd": None}, "n_epoch": 1}, allow_val_change=True)
wandb.config["batch per epoch"] = 5
try:
    wandb.config.update({"extra": {1: 2}}, allow_val_change=True)
except Exception as error:
    print(f"WandbCallback could not log config parameters -> {error}")
for batch in range(5):
    step += 1
    epoch += 1 / 5
    wandb.log({"epoch": epoch, "train_loss": 1 / (batch + 1), "lr_0": 0.1}, step=step)
preds = [wandb.Image(np.zeros((4, 4, 3), np.uint8), caption="Ground Truth: 3\nPrediction: 4")]
wandb.log({"Inputs": preds, "Predictions": preds}, step=step)
wandb.log({"Prediction Samples": wandb.Table(columns=["in", "out"], data=[["a", "b"]])}, step=step)
wandb.log({n: s for n, s in zip(["valid_loss", "accuracy"], [0.2, 0.9])}, step=step)
wandb.log({})  # ensure sync of last step
assert wandb.run.summary["accuracy"] == 0.9
assert abs(wandb.run.summary["epoch"] - 1) < 1e-9
assert wandb.run.step == 5
metadata = {"config": dict(wandb.config)} if hasattr(wandb.config, "keys") else {}
artifact = wandb.Artifact(f"run-{wandb.run.id}-model", type="model", metadata=metadata)
with artifact.new_file("model.pth", mode="wb") as fa:
    fa.write(b"x" * 100)
wandb.run.log_artifact(artifact)
wandb.finish()

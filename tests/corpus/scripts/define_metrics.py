# Metrics with an axis, a summary, a glob. | runs: 1 finished
import wandb

run = wandb.init()
wandb.define_metric("epoch")
wandb.define_metric("train/step", hidden=True)
wandb.define_metric("train/*", step_metric="train/step")
wandb.define_metric("val/*", step_metric="epoch", step_sync=True)
wandb.define_metric("val/acc", summary="max", step_metric="epoch")
run.define_metric("val/loss", summary="min")
run.define_metric("loss", summary="min,max,mean,last,first")
run.define_metric("quiet", summary="none")
acc = run.define_metric(name="acc", step_metric="epoch", summary="max", overwrite=True)
assert acc.name == "acc"
assert acc.step_metric == "epoch"
for step in range(9):
    row = {"train/step": step * 10, "train/loss": 1 / (step + 1), "loss": float(step), "quiet": 1}
    if step % 3 == 2:
        row.update(
            {"epoch": step // 3, "val/acc": [0.5, 0.9, 0.7][step // 3], "val/loss": 1.0 / step}
        )
    wandb.log(row)
assert run.summary["val/acc"] == {"max": 0.9} or run.summary["val/acc"]["max"] == 0.9
assert run.summary["val/loss"]["min"] == 0.125
assert run.summary["loss"]["min"] == 0.0
assert run.summary["loss"]["max"] == 8.0
assert run.summary["loss"]["mean"] == 4.0
assert run.summary.get("quiet") is None
try:
    run.define_metric("a*b")
except wandb.errors.Error:
    pass
else:
    raise AssertionError("only a glob at the end is one")
run.finish()

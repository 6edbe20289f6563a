# What people do with run.summary. | runs: 1 finished
import numbers

import wandb

run = wandb.init()
best = 0.0
for epoch in range(6):
    accuracy = [0.1, 0.5, 0.4, 0.9, 0.7, 0.8][epoch]
    run.log({"epoch": epoch, "val": {"acc": accuracy}, "loss": 1 - accuracy})
    if accuracy > best:
        best = accuracy
        run.summary["best_accuracy"] = best
        wandb.run.summary["best_epoch"] = epoch
wandb.summary["note"] = "done"
wandb.summary.update({"test": {"f1": 0.5, "em": 0.25}, "n": 3})
assert run.summary["best_accuracy"] == 0.9
assert run.summary["best_epoch"] == 3
assert run.summary["epoch"] == 5
assert run.summary["val"]["acc"] == 0.8
assert run.summary.get("absent") is None
assert run.summary.get("absent", 7) == 7
assert wandb.summary["test"]["f1"] == 0.5
assert "loss" in run.summary.keys()
metrics = {k: v for k, v in dict(wandb.summary).items() if isinstance(v, numbers.Number)}
assert metrics["n"] == 3
assert abs(metrics["loss"] - 0.2) < 1e-9
try:
    run.summary["nothing"]
except KeyError:
    pass
else:
    raise AssertionError
run.summary["loss"] = 42
assert run.summary["loss"] == 42
run.log({"loss": 0.1})
assert run.summary["loss"] == 0.1
del run.summary["n"]
assert run.summary.get("n") is None
run.summary.update({})
run.finish()

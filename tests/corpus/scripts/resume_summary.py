# What a summary was set to, and what a resumed run logs. | runs: 1 finished | real: needs a server
import wandb

run = wandb.init(id="again", resume="allow")
run.log({"best": 1, "loss": 3})
run.summary["best"] = 10
run.summary["nested"] = {"a": 1}
run.define_metric("acc", summary="max")
for acc in (0.2, 0.9, 0.4):
    run.log({"acc": acc})
run.finish()
run = wandb.init(id="again", resume="must")
assert run.summary["best"] == 10
assert run.summary["nested"]["a"] == 1
assert run.summary["acc"]["max"] == 0.9
run.log({"best": 11})
assert run.summary["best"] == 11
run.define_metric("acc", summary="max")
run.log({"acc": 0.5})
assert run.summary["acc"]["max"] == 0.9
run.finish()
read = wandb.Api().run(run.path)
assert read.summary["loss"] == 3
assert read.summary["best"] == 11, read.summary["best"]
assert read.summary["acc"]["max"] == 0.9

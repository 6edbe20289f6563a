# A script that never says finish. | runs: 1 finished | real: save() wants a path
import wandb

wandb.init(project="no_finish", notes="without an end", tags=["a", "b"])
wandb.run.name = "renamed"
wandb.run.notes = "other notes"
wandb.run.tags += ("c",)
wandb.run.tags = wandb.run.tags + ("d",)
assert wandb.run.tags == ("a", "b", "c", "d")
assert wandb.run.name == "renamed"
wandb.run.save()
for i in range(10):
    wandb.log({"i": i}, commit=False)
    wandb.log({"square": i * i})
wandb.log({"open": 1}, commit=False)

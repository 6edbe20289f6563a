# Runs one after another, one within another, and one asked for twice. | runs: 5 finished
import wandb

first = wandb.init(name="first")
again = wandb.init(name="second")
assert again is first, "the run that is open is returned"
wandb.log({"x": 1})
other = wandb.init(name="beside", reinit="create_new")
assert other is not first
assert wandb.run is first
other.log({"y": 2})
first.log({"x": 2})
other.finish()
assert wandb.run is first
wandb.finish()
wandb.finish()  # nothing happens
assert wandb.run is None

ids = set()
for number in range(2):
    with wandb.init(name=f"loop-{number}", config={"number": number}) as run:
        run.log({"value": number})
        ids.add(run.id)
assert len(ids) == 2
assert first.id not in ids

third = wandb.init(reinit="finish_previous")
assert third.step == 0
wandb.join()
try:
    third.log({"late": 1})
except wandb.errors.UsageError:
    pass
else:
    raise AssertionError("a finished run took a row")
try:
    wandb.log({"nobody": 1})
except wandb.Error:
    pass
else:
    raise AssertionError("there is no run")

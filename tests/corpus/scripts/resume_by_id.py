# A run that stops and is gone on with by its id, twice. | runs: 1 finished | real: has no util.generate_id any more, and offline resumes nothing
import os

import wandb

run_id = wandb.util.generate_id()
offline = os.environ.get("WANDB_MODE") == "offline"
assert len(run_id) == 8

wandb.init(id=run_id, resume="allow", config={"lr": 0.1})
assert not wandb.run.resumed
for step in range(5):
    wandb.log({"loss": 10 - step})
wandb.finish()

run = wandb.init(id=run_id, resume="must" if not offline else "allow", config={"lr": 0.1})
assert run.id == run_id
assert offline or run.resumed
assert offline or run.starting_step == 5
assert offline or run.summary["loss"] == 6
assert offline or wandb.config.lr == 0.1
for _ in range(run.step, run.step + 5):
    run.log({"loss": 10 - run.step, "val": {"acc": 0.75}})
run.finish()

os.environ["WANDB_RUN_ID"] = run_id
os.environ["WANDB_RESUME"] = "allow"
run = wandb.init(config={"more": 1})
assert offline or run.config.lr == 0.1
assert offline or run.summary["val"]["acc"] == 0.75
assert offline or dict(run.summary)["loss"] == 1
assert run.id == run_id
assert offline or run.step == 10
wandb.log({"loss": 0.0})
wandb.finish()

# A run for each trial, as Optuna's callback makes them, and one for the study. | runs: 4 finished
import wandb

as_multirun = True
wandb_kwargs = {"project": "like_optuna", "group": "study", "job_type": "tuning"}
values = [3.0, 1.0, 2.0]
for number, value in enumerate(values):
    if wandb.run is None:
        run = wandb.init(**wandb_kwargs)
    assert isinstance(wandb.run, wandb.sdk.wandb_run.Run)
    run.name = f"trial/{number}/{run.name}"
    run.config.update({"direction": ["minimize"], "sampler": "TPESampler", "x": value})
    run.log({"value": value, "x": value}, step=number)
    wandb.run.tags = tuple(wandb.run.tags or ()) + ("COMPLETE",)
    assert run.tags == ("COMPLETE",)
    assert run.name.startswith(f"trial/{number}/")
    run.finish()
run = wandb.init(**{**wandb_kwargs, "name": "all"})
wandb.define_metric("value", summary="min")
for number, value in enumerate(values):
    run.log({"value": value}, step=number)
assert run.summary["value"]["min"] == 1.0
run.finish()

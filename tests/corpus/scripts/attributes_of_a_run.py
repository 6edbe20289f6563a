# What a run says of itself. | runs: 1 finished
import os
import time

import wandb

before = time.time()
run = wandb.init(
    project="attributes_of_a_run",
    name="attributes",
    notes="n",
    tags=["x"],
    group="g",
    job_type="j",
    settings=wandb.Settings(console="off", x_disable_stats=True, init_timeout=60),
)
assert isinstance(run.id, str) and len(run.id) == 8
assert run.entity is not None
assert run.project == "attributes_of_a_run"
assert before - 60 < run.start_time < before + 60
assert run.starting_step == 0
assert run.step == 0
assert run.sweep_id is None
assert run.sweep_url is None
assert run.offline in (True, False)
assert run.disabled is False
assert run.resumed is False
assert os.path.isdir(run.dir)
assert run.settings.console == "off"
assert run.settings.project == run.project
assert run.settings.run_id == run.id
assert run.path.endswith(f"{run.project}/{run.id}")
assert run.url is None or run.url.endswith(run.id)
assert run.project_url is None or run.project in run.project_url
assert isinstance(run.config_static, object)
assert isinstance(run.to_html(), str)
assert str(wandb.run.id) in repr(run) + run.id
run.status()
run.name = "other"
run.notes = "other notes"
run.tags = ["y", "z"]
assert run.tags == ("y", "z")
run.log_code if hasattr(run, "log_code") else None
print(f"View run at {run.url}, {wandb.run.name} ({run.id})")
run.log({"a": 1})
run.finish()
assert run.id

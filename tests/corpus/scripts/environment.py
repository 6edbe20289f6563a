# What the environment says between the import and init. | runs: 2 finished | real: reads the environment once a process
import os

import wandb

os.environ["WANDB_NAME"] = "from-environment"
os.environ["WANDB_TAGS"] = "a,b"
os.environ["WANDB_NOTES"] = "notes"
os.environ["WANDB_RUN_GROUP"] = "g"
os.environ["WANDB_JOB_TYPE"] = "eval"
os.environ["WANDB_RUN_ID"] = "env-run-1"
os.environ["WANDB_DIR"] = os.path.join(os.getcwd(), "logs")
os.environ["WANDB_CONSOLE"] = "off"
os.environ["WANDB_SILENT"] = "true"
os.makedirs("logs")
wandb.login(key=None, anonymous="allow") if os.environ.get("WANDB_MODE") != "offline" else None
run = wandb.init()
assert run.name == "from-environment"
assert run.tags == ("a", "b")
assert run.notes == "notes"
assert run.group == "g"
assert run.job_type == "eval"
assert run.id == "env-run-1"
assert os.path.realpath(run.dir).startswith(os.path.realpath("logs"))
run.finish()
for name in ("WANDB_NAME", "WANDB_RUN_ID", "WANDB_TAGS"):
    del os.environ[name]
run = wandb.init(name="argument", dir=".", tags=("x",), notes="other")
assert run.name == "argument"
assert run.tags == ("x",)
assert run.id != "env-run-1"
assert str(run.path).count("/") >= 1
run.finish()

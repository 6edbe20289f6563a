# Settings and variables that scripts carry along. | runs: 1 finished | real: refuses start_method and _stats_sample_rate_seconds
import logging
import os

os.environ["WANDB__SERVICE_WAIT"] = "300"
os.environ["WANDB_START_METHOD"] = "thread"
os.environ["WANDB_WATCH"] = "false"
os.environ["WANDB_LOG_MODEL"] = "false"
os.environ["WANDB_AGENT_MAX_INITIAL_FAILURES"] = "5"
os.environ["WANDB_HTTP_TIMEOUT"] = "60"
os.environ["WANDB_INIT_TIMEOUT"] = "300"
os.environ["WANDB_DEBUG"] = "true"
os.environ["WANDB_DISABLE_SERVICE"] = "true"
os.environ["WANDB_CACHE_DIR"] = os.getcwd()

import wandb

logging.getLogger("wandb").setLevel(logging.ERROR)
settings = wandb.Settings(
    start_method="fork",
    _disable_stats=True,
    _service_wait=300,
    _stats_sample_rate_seconds=1,
    init_timeout=300,
    code_dir=".",
    symlink=False,
    x_disable_meta=True,
    show_emoji=False,
    disable_git=True,
    save_code=False,
)
run = wandb.init(settings=settings, force=False, resume=None, entity=None, id=None)
run.log({"a": 1})
assert run.summary["a"] == 1
wandb.finish()

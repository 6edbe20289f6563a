# sys.exit with a code, and no finish. | runs: 1 failed | exit: 3
import sys

import wandb

run = wandb.init()
run.log({"x": 1})
wandb.config.update({"last": True})
run.summary["done"] = False
sys.exit(3)

# finish with a code, and a run beside it that is well. | runs: 1 failed, 1 finished
import wandb

run = wandb.init()
run.log({"a": 1})
run.finish(exit_code=7)
run = wandb.init()
run.log({"a": 1})
wandb.finish(0)
wandb.finish(exit_code=1)

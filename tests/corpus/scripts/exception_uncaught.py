# A training that dies of an exception. | runs: 1 failed | exit: 1
import wandb

wandb.init()
for step in range(10):
    wandb.log({"loss": 1 / (step + 1)})
raise ValueError("loss is NaN")

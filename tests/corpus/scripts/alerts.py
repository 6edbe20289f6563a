# Alerts as a training gives them. | runs: 1 finished
from datetime import timedelta

import wandb
from wandb import AlertLevel

run = wandb.init()
for step, acc in enumerate([0.9, 0.5, 0.2]):
    wandb.log({"acc": acc})
    if acc < 0.6:
        wandb.alert(
            title="Low accuracy",
            text=f"Accuracy {acc} is below the threshold",
            level=AlertLevel.WARN,
            wait_duration=timedelta(minutes=5),
        )
run.alert("Plain", "text")
run.alert(title="By word", text="text", level="ERROR", wait_duration=300)
wandb.run.alert(title="Level", text="t", level=wandb.AlertLevel.INFO)
run.mark_preempting()
run.finish()

# Arrays, media and tables put into the summary. | runs: 1 finished | needs: numpy | real: loses what stood beside a key that is set two levels below
import numpy as np
import wandb

run = wandb.init()
run.summary["f1"] = np.float32(0.5)
run.summary["confusion"] = np.eye(2)
run.summary["histogram"] = wandb.Histogram([1, 2, 3])
run.summary.update({"image": wandb.Image(np.zeros((4, 4, 3), np.uint8)), "n": np.int64(3)})
run.summary["table"] = wandb.Table(columns=["a"], data=[[1]])
run.summary["text"] = "done"
run.summary["none"] = None
run.summary["deep"] = {"a": {"b": 1}}
run.summary["deep"]["a"]["c"] = 2
assert run.summary["f1"] == 0.5
assert run.summary["n"] == 3
assert run.summary["text"] == "done"
assert run.summary["deep"]["a"]["b"] == 1
wandb.run.summary["set.with.dots"] = 1
assert wandb.run.summary["set.with.dots"] == 1
run.finish()

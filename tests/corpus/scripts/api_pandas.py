# History as a data frame. | runs: 1 finished | needs: pandas | real: needs a server
import pandas as pd
import wandb

with wandb.init() as run:
    for step in range(20):
        run.log({"loss": 1 / (step + 1), "epoch": step // 5})
read = wandb.Api().run(run.path)
frame = read.history()
assert isinstance(frame, pd.DataFrame)
assert len(frame) == 20
assert frame["loss"].iloc[-1] == 0.05
assert list(frame["_step"]) == list(range(20))
frame = read.history(keys=["loss"], samples=1000, x_axis="_step")
assert list(frame.columns) == ["_step", "loss"]
assert frame.groupby("_step")["loss"].mean().iloc[0] == 1
assert len(pd.DataFrame(read.scan_history())) == 20

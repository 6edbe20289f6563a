# Tables of data frames, and a bare frame. | runs: 1 finished | needs: pandas, numpy
import numpy as np
import pandas as pd
import wandb

run = wandb.init()
frame = pd.DataFrame(
    {
        "x": np.arange(3),
        "y": [0.5, None, 2.5],
        "name": ["a", "b", "c"],
        "when": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
        "ok": [True, False, True],
    }
)
table = wandb.Table(dataframe=frame)
assert table.columns == ["x", "y", "name", "when", "ok"]
run.log({"frame": table, "bare": frame[["x", "name"]]})
assert run.summary["frame"]["nrows"] == 3
assert run.summary["bare"]["_type"] == "table-file"
back = wandb.Table(dataframe=frame[["x", "name"]]).get_dataframe()
assert list(back["name"]) == ["a", "b", "c"]
assert back["x"].sum() == 3
run.log({"stamp": pd.Timestamp("2024-05-06"), "mean": frame["y"].mean(), "max": frame["x"].max()})
assert run.summary["mean"] == 1.5
assert str(run.summary["stamp"]).startswith("2024-05-06")
run.summary.update(frame["y"].describe().to_dict())
assert run.summary["count"] == 2.0
run.config.update(frame.iloc[0][["x", "name"]].to_dict())
assert run.config["x"] == 0
run.finish()

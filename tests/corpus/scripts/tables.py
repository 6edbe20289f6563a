# Tables as they are made, grown and read. | runs: 1 finished | needs: numpy, PIL
import numpy as np
import wandb
from PIL import Image

run = wandb.init()
table = wandb.Table(columns=["id", "image", "guess", "truth", "score"])
for index in range(4):
    picture = wandb.Image(Image.new("RGB", (8, 8), (index * 40, 0, 0)))
    table.add_data(index, picture, index % 2, 1, np.float32(index / 4))
run.log({"predictions": table})
assert len(table.data) == 4
assert table.columns == ["id", "image", "guess", "truth", "score"]
assert table.get_column("guess") == [0, 1, 0, 1]
assert table.get_index() == [0, 1, 2, 3]

whole = wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])
whole.add_column("c", [0.5, 0.6])
whole.add_computed_columns(lambda index, row: {"double": row["a"] * 2})
assert whole.data[1] == [2, "y", 0.6, 4]
for index, row in whole.iterrows():
    assert row[0] == index + 1
run.log({"whole": whole})
run.log({"rows": wandb.Table(columns=["t"], rows=[["one"], ["two"]])})
run.log({"numbers": wandb.Table(data=np.arange(6).reshape(3, 2), columns=["p", "q"])})
run.log({"both": wandb.Table(columns=["t"], data=[["one"]], dataframe=None, rows=None)})
try:
    wandb.Table(columns=["m"], data=[[1], ["text"]])
except TypeError:
    pass
else:
    raise AssertionError("a column has one type")
mixed = wandb.Table(columns=["m"], data=[[1], ["text"]], allow_mixed_types=True)
optional = wandb.Table(columns=["m"], data=[[1], [None]])
run.log({"mixed": mixed, "optional": optional})
try:
    table.add_data("too", "few")
except ValueError:
    pass
else:
    raise AssertionError("a row has as many cells as there are columns")
grown = wandb.Table(columns=["step", "text"], log_mode="INCREMENTAL")
for step in range(3):
    grown.add_data(step, f"sample {step}")
    run.log({"samples": grown})
changing = wandb.Table(columns=["step"], log_mode="MUTABLE")
for step in range(2):
    changing.add_data(step)
    run.log({"changing": changing})
assert run.summary["whole"]["_type"] == "table-file"
assert run.summary["whole"]["nrows"] == 2
assert run.summary["whole"]["ncols"] == 4
run.finish()

# What the callbacks of ultralytics call. | runs: 1 finished | needs: numpy, PIL
from pathlib import Path

import numpy as np
import wandb as wb
from PIL import Image

assert hasattr(wb, "__version__")
_processed_plots = {}


def custom_table(x, y, classes, title="Precision Recall Curve", x_title="Recall"):
    polyline = {"x": x, "y": y, "class": classes}
    data = [list(each) for each in zip(*polyline.values())]
    fields = {"x": "x", "y": "y", "class": "class"}
    return wb.plot_table(
        "wandb/area-under-curve/v0",
        wb.Table(data=data, columns=["class", "y", "x"] if False else list(polyline)),
        fields=fields,
        string_fields={"title": title, "x-axis-title": x_title, "y-axis-title": "Precision"},
    )


def log_plots(plots, step):
    for name, timestamp in plots.items():
        if _processed_plots.get(name) != timestamp:
            wb.run.log({Path(name).stem: wb.Image(str(name))}, step=step)
            _processed_plots[name] = timestamp


Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save("results.png")
if not wb.run:
    wb.init(project="like_ultralytics", name="yolo", config={"epochs": 2}, id=None, dir=".")
for epoch in range(1, 3):
    wb.run.log({"train/box_loss": 1.0 / epoch, "train/cls_loss": 2.0 / epoch}, step=epoch)
    if epoch == 1:
        wb.run.log({"model/GFLOPs": 8.7}, step=epoch)
    wb.run.log({"lr/pg0": 0.01}, step=epoch)
    log_plots({"results.png": epoch}, epoch)
    wb.run.log({"metrics/mAP50(B)": 0.5 * epoch}, step=epoch)
x = np.linspace(0, 1, 20)
curve = custom_table(list(x) * 2, list(1 - x) * 2, ["cat"] * 20 + ["mean"] * 20)
wb.run.log({"curves/PR": curve}, commit=False)
wb.run.log({"curves/plot": 1}, commit=True)
Path("best.pt").write_bytes(b"weights")
art = wb.Artifact(type="model", name=f"run_{wb.run.id}_model")
art.add_file("best.pt")
wb.run.log_artifact(art, aliases=["best"])
assert wb.run.summary["metrics/mAP50(B)"] == 1.0
assert wb.run.summary["train/box_loss"] == 0.5
wb.run.finish()
wb.finish()
assert not wb.run

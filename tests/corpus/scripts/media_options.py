# Media by their less usual arguments. | runs: 1 finished | needs: numpy, PIL | real: has no normalize for Image, and wants moviepy for films of numbers
import os

import numpy as np
import wandb

offline = os.environ.get("WANDB_MODE") == "offline"
run = wandb.init()
pixels = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
run.log({"mode": wandb.Image(pixels, mode="RGB", caption="c", grouping=1)})
run.log({"again": wandb.Image(wandb.Image(pixels))})
run.log({"channels": wandb.Image(np.zeros((8, 8, 1), np.float32))})
run.log({"negative": wandb.Image(np.linspace(-1, 1, 64).reshape(8, 8))})
if not offline:
    run.log({"raw": wandb.Image(pixels, normalize=False)})
    film = np.random.default_rng(0).integers(0, 255, (6, 3, 16, 16), dtype=np.uint8)
    run.log({"film": wandb.Video(film, fps=4, format="gif")})
    run.log({"films": wandb.Video(np.stack([film, film]), fps=4, format="gif")})
    run.log({"mp4": wandb.Video(film, fps=4)})
classes = [{"id": 0, "name": "a"}, {"id": 1, "name": "b"}]
table = wandb.Table(columns=["image"])
table.add_data(
    wandb.Image(
        pixels,
        classes=wandb.Classes(classes),
        masks={"truth": {"mask_data": np.ones((8, 8), np.uint8), "class_labels": {1: "b"}}},
    )
)
run.log({"table": table, "lists": [wandb.Histogram([1, 2]), wandb.Histogram([3])]})
run.log({"htmls": [wandb.Html("<i>a</i>"), wandb.Html("<i>b</i>")]})
run.log({"deep": {"image": wandb.Image(pixels), "n": 1}})
run.log({"points": wandb.Object3D.from_numpy(np.zeros((5, 3)))})
run.log({"numpy_histogram": wandb.Histogram(np_histogram=(np.array([1, 2]), np.array([0, 1, 2])))})
assert run.summary["deep"]["image"]["_type"] == "image-file"
run.finish()

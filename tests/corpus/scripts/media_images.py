# Images of every make. | runs: 1 finished | needs: numpy, PIL
import numpy as np
import wandb
from PIL import Image

rng = np.random.default_rng(0)
run = wandb.init()
pixels = rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)
Image.fromarray(pixels).save("sample.png")
Image.fromarray(pixels).save("sample.jpg")
labels = {0: "sky", 1: "road"}
mask = (pixels[..., 0] > 127).astype(np.uint8)
wandb.log({"rgb": wandb.Image(pixels)})
wandb.log({"examples": [wandb.Image(pixels, caption=f"sample {i}") for i in range(4)]})
wandb.log({"pil": wandb.Image(Image.fromarray(pixels), caption="PIL"), "loss": 0.5})
wandb.log({"file": wandb.Image("sample.png"), "jpg": wandb.Image("sample.jpg", file_type="jpg")})
wandb.log({"grey": wandb.Image(rng.random((16, 16))), "mode": wandb.Image(mask * 255, mode="L")})
wandb.log({"rgba": wandb.Image(rng.integers(0, 255, (8, 8, 4), dtype=np.uint8))})
wandb.log(
    {
        "segmentation": wandb.Image(
            pixels,
            masks={
                "predictions": {"mask_data": mask, "class_labels": labels},
                "ground_truth": {"mask_data": 1 - mask, "class_labels": labels},
            },
        )
    }
)
box = {
    "position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.7},
    "class_id": 1,
    "box_caption": "road (0.93)",
    "scores": {"acc": 0.93},
}
pixel = {"position": {"middle": [5, 6], "width": 4, "height": 4}, "domain": "pixel", "class_id": 0}
wandb.log(
    {
        "boxes": wandb.Image(
            pixels,
            boxes={"predictions": {"box_data": [box, pixel], "class_labels": labels}},
            classes=wandb.Classes([{"id": 0, "name": "sky"}, {"id": 1, "name": "road"}]),
        )
    }
)
assert run.summary["rgb"]["_type"] == "image-file"
assert (run.summary["rgb"]["width"], run.summary["rgb"]["height"]) == (32, 24)
assert run.summary["examples"]["_type"] == "images/separated"
assert run.summary["examples"]["count"] == 4
assert run.summary["examples"]["captions"] == [f"sample {i}" for i in range(4)]
assert run.summary["boxes"]["boxes"]["predictions"] is not None
image = wandb.Image(pixels)
assert image.image.size == (32, 24)
assert image.format == "png"
wandb.finish()

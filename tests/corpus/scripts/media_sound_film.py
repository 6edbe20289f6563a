# Audio, video, HTML, molecules and point clouds, from files and from numbers. | runs: 1 finished | needs: numpy, PIL | real: Audio of numbers wants soundfile
import io
import os
import wave
from pathlib import Path

import numpy as np
import wandb
from PIL import Image

offline = os.environ.get("WANDB_MODE") == "offline"
run = wandb.init()
rate = 8000
tone = (np.sin(np.arange(rate // 4) * 0.2) * 0.3).astype(np.float32)
with wave.open("tone.wav", "wb") as file:
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(rate)
    file.writeframes((tone * 32767).astype("<i2").tobytes())
wandb.log({"audio/file": wandb.Audio("tone.wav", caption="a tone")})
if not offline:
    wandb.log({"audio/numbers": wandb.Audio(tone, sample_rate=rate, caption="numbers")})
frames = [Image.fromarray(np.full((16, 16, 3), i * 20, np.uint8)) for i in range(5)]
frames[0].save("film.gif", save_all=True, append_images=frames[1:])
wandb.log({"video": wandb.Video("film.gif", caption="a film", format="gif")})
wandb.log({"video_bytes": wandb.Video(io.BytesIO(Path("film.gif").read_bytes()), format="gif")})
wandb.log({"html": wandb.Html("<b>bold</b>"), "page": wandb.Html("<p>a</p>", inject=False)})
Path("page.html").write_text("<html><body>hello</body></html>")
with open("page.html") as page:
    wandb.log({"opened": wandb.Html(page)})
cloud = np.random.default_rng(0).random((50, 3))
wandb.log({"cloud": wandb.Object3D(cloud), "coloured": wandb.Object3D(np.hstack([cloud] * 2))})
wandb.log(
    {
        "scene": wandb.Object3D(
            {
                "type": "lidar/beta",
                "points": cloud,
                "boxes": np.array(
                    [
                        {
                            "corners": [[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)],
                            "label": "car",
                            "color": [255, 0, 0],
                        }
                    ]
                ),
            }
        )
    }
)
Path("mesh.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
wandb.log({"mesh": wandb.Object3D("mesh.obj"), "opened_mesh": wandb.Object3D(open("mesh.obj"))})
Path("small.pdb").write_text("ATOM      1  N   ALA A   1      11.104   6.134  -6.504\nEND\n")
wandb.log({"molecule": wandb.Molecule("small.pdb")})
assert run.summary["audio/file"]["_type"] == "audio-file"
assert run.summary["video"]["_type"] == "video-file"
assert run.summary["html"]["_type"] == "html-file"
assert run.summary["cloud"]["_type"] == "object3D-file"
assert run.summary["molecule"]["_type"] == "molecule-file"
run.finish()

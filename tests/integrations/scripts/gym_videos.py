"""An environment of gymnasium that is recorded; moviepy writes the videos, or a stand-in for it."""

import json
import os
import sys
from pathlib import Path
from types import ModuleType

import wandb


class ImageSequenceClip:
    """What gymnasium asks of moviepy, which brings an encoder of 30 MB."""

    def __init__(self, frames: list, fps: int) -> None:
        self.frames = frames

    def write_videofile(self, path: str, logger: object = None) -> None:
        Path(path).write_bytes(b"%d frames" % len(self.frames))


for name in ("moviepy", "moviepy.video", "moviepy.video.io", "moviepy.video.io.ImageSequenceClip"):
    sys.modules[name] = ModuleType(name)
sys.modules["moviepy.video.io.ImageSequenceClip"].ImageSequenceClip = ImageSequenceClip

import gymnasium  # noqa: E402
import numpy as np  # noqa: E402


class Corridor(gymnasium.Env):
    """Three steps, and the end."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012
    render_mode = "rgb_array"
    observation_space = gymnasium.spaces.Discrete(4)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[int, dict]:
        super().reset(seed=seed)
        self.place = 0
        return self.place, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict]:
        self.place += 1
        return self.place, 1.0, self.place == 3, False, {}

    def render(self) -> np.ndarray:
        return np.full((8, 8, 3), self.place, np.uint8)


with wandb.init(name="corridor", monitor_gym=True):
    env = gymnasium.wrappers.RecordVideo(Corridor(), "videos", episode_trigger=lambda episode: True)
    for _ in range(2):
        env.reset()
        while not env.step(0)[2]:
            pass
    env.close()
with open(os.environ["TRUTH"], "w") as truth:
    json.dump({"videos": sorted(path.name for path in Path("videos").glob("*.mp4"))}, truth)

"""A program with flags of absl, which become config as they are."""

import json
import os

import wandb
from absl import app, flags

flags.DEFINE_float("rate", 0.1, "the learning rate")
flags.DEFINE_list("layers", ["16"], "their sizes")
flags.DEFINE_enum("kind", "adam", ["adam", "sgd"], "the optimizer")


def main(_: list[str]) -> None:
    with wandb.init(config=flags.FLAGS):
        wandb.log({"rate": flags.FLAGS.rate})
    with open(os.environ["TRUTH"], "w") as truth:
        json.dump({name: flags.FLAGS[name].value for name in ("rate", "layers", "kind")}, truth)


app.run(main)

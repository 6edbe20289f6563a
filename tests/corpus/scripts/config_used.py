# What scripts do with a config once they have it. | runs: 2 finished | needs: yaml
import argparse
import copy
import json
import pprint
from types import SimpleNamespace

import wandb
import yaml


def build(lr, layers, **rest):
    return lr * layers, rest


run = wandb.init(settings={"console": "off"})
config = wandb.config
config.lr = 0.5
config.layers = 4
config["name"] = "net"
config.update({"shape": [1, 2], "inner": {"a": 1}})
assert build(**config)[0] == 2.0
assert build(**dict(config))[1]["name"] == "net"
namespace = argparse.Namespace(**wandb.config)
assert namespace.layers == 4
args = argparse.Namespace(lr=0.1)
vars(args).update(wandb.config)
assert args.lr == 0.5
assert SimpleNamespace(**run.config.as_dict()).inner == {"a": 1}
assert json.loads(json.dumps(dict(wandb.config)))["shape"] == [1, 2]
assert yaml.safe_load(yaml.safe_dump(config.as_dict()))["inner"] == {"a": 1}
assert {k: v for k, v in wandb.config.items()} == dict(run.config)
print(wandb.config, run, f"{wandb.run}")
pprint.pprint(dict(wandb.config))
assert copy.copy(dict(config)) == dict(config)
assert config.get("lr", 1) == 0.5
assert "lr" in config.keys()
for key in config.keys():
    assert key in config
config.update({"lr": 0.9}, allow_val_change=True)
assert wandb.config.lr == 0.9
wandb.log(data={"a": 1}, step=3, commit=True)
run.log({"b": 1})
wandb.finish()

config = wandb.init(config={"a": 1}, tags="x", mode="online" if not run.offline else None).config
config.b = 2
assert (config.a, config["b"]) == (1, 2)
wandb.run.finish()

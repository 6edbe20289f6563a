# Arguments of the command line over a YAML file. | needs: yaml
import argparse
from pathlib import Path

import wandb
import yaml

Path("config.yaml").write_text("lr: 0.001\nbatch_size: 64\nmodel:\n  width: 128\n  depth: 4\n")

parser = argparse.ArgumentParser()
parser.add_argument("--config", default="config.yaml")
parser.add_argument("--lr", type=float, default=None)
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--wandb", action=argparse.BooleanOptionalAction, default=True)
args = parser.parse_args(["--lr", "0.01"])

cfg = yaml.safe_load(open(args.config).read())
for key, value in vars(args).items():
    if value is not None:
        cfg[key] = value

run = wandb.init(config=args if not args.wandb else cfg, job_type="train") if args.wandb else None
assert run.config.lr == 0.01
assert run.config["model"]["width"] == 128
assert run.config.get("nothing", "absent") == "absent"
wandb.config.update({"steps": 100})
wandb.config.update(args, allow_val_change=True)
assert wandb.config.steps == 100
assert wandb.config.seed == 42
assert dict(wandb.config)["batch_size"] == 64
assert "model" in wandb.config and "nope" not in wandb.config
assert sorted(wandb.config.keys())[:3] == ["batch_size", "config", "lr"]
for key, value in wandb.config.items():
    assert run.config[key] == value
for step in range(5):
    wandb.log({"train/loss": 1.0 / (step + 1), "lr": args.lr})
wandb.finish()

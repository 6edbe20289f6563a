# A sweep of a program, which the agent starts itself. | runs: 2 finished | real: needs a server
import os
import sys
from pathlib import Path

import wandb

Path("train.py").write_text(
    """
import argparse
import wandb
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, required=True)
parser.add_argument("--fixed", type=int, default=0)
args = parser.parse_args()
with wandb.init(config=args) as run:
    assert run.config.lr == args.lr
    assert run.sweep_id
    run.log({"loss": args.lr})
"""
)
sweep_id = wandb.sweep(
    {
        "program": "train.py",
        "command": [sys.executable, "${program}", "${args}"],
        "method": "grid",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": {"lr": {"values": [0.1, 0.2]}, "fixed": {"value": 3}},
    },
    project=os.environ["WANDB_PROJECT"],
)
wandb.agent(sweep_id, count=2)
runs = wandb.Api().runs(os.environ["WANDB_PROJECT"], order="+summary_metrics.loss")
assert [run.summary["loss"] for run in runs] == [0.1, 0.2]
assert [run.config["fixed"] for run in runs] == [3, 3]

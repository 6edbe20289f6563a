# A grid, with defaults that the sweep overrides, read back by Api. | runs: 4 finished | real: needs a server
import wandb

defaults = {"lr": 0.5, "width": 1, "fixed": "yes"}
pairs = []


def main():
    run = wandb.init(config=defaults, project="ignored within a sweep")
    run.config.lr = 99  # the sweep has the last word
    pairs.append((wandb.config.lr, wandb.config.width))
    assert run.config.fixed == "yes"
    run.log({"loss": wandb.config.lr * wandb.config.width})
    wandb.finish()


sweep = {
    "method": "grid",
    "metric": {"goal": "minimize", "name": "loss"},
    "parameters": {"lr": {"values": [0.1, 0.2]}, "width": {"values": [2, 4]}},
}
sweep_id = wandb.sweep(sweep=sweep, project="sweep_grid")
wandb.agent(sweep_id, main)
assert sorted(pairs) == [(0.1, 2), (0.1, 4), (0.2, 2), (0.2, 4)], pairs

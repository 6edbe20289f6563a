# A random sweep of a function. | runs: 3 finished | real: needs a server
import wandb

seen = []
sweep_config = {
    "name": "tune",
    "method": "random",
    "metric": {"name": "score", "goal": "maximize"},
    "parameters": {
        "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
        "batch_size": {"values": [16, 32, 64]},
        "epochs": {"value": 2},
        "drop": {"min": 0.1, "max": 0.5},
        "layers": {"min": 1, "max": 4},
        "optimizer": {"parameters": {"name": {"values": ["adam", "sgd"]}}},
    },
}


def train(config=None):
    with wandb.init(config=config) as run:
        config = run.config
        seen.append(dict(config))
        assert config.batch_size in (16, 32, 64)
        assert 1e-5 <= config.lr <= 1e-1
        assert isinstance(config.layers, int)
        assert config.optimizer["name"] in ("adam", "sgd")
        assert run.sweep_id
        for epoch in range(config.epochs):
            wandb.log({"score": config.lr * epoch, "epoch": epoch})


sweep_id = wandb.sweep(sweep_config, project="sweep_function")
assert isinstance(sweep_id, str)
wandb.agent(sweep_id, function=train, count=3)
assert len(seen) == 3
assert len({one["lr"] for one in seen}) == 3
assert wandb.run is None

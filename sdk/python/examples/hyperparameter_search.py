"""A random search: one run for each choice, in one group, and the best one named at the end."""

import math
import random

import wanllmdb as wandb

TRIALS = 8
EPOCHS = 30


def choose() -> dict[str, float]:
    return {
        "learning_rate": 10 ** random.uniform(-4, -1),
        "batch_size": random.choice([16, 32, 64, 128]),
        "dropout": random.uniform(0.0, 0.5),
    }


def train(run: wandb.Run) -> float:
    """A stand-in for a training: best near learning_rate=0.01 and dropout=0.2."""
    config = run.config
    distance = abs(math.log10(config.learning_rate) + 2) + 2 * abs(config.dropout - 0.2)
    reachable = 0.98 - 0.15 * distance
    accuracy = 0.0
    for epoch in range(EPOCHS):
        accuracy = reachable * (1 - math.exp(-epoch / 6)) + random.uniform(-0.01, 0.01)
        run.log({"val/accuracy": accuracy, "val/loss": 1 - accuracy})
    return accuracy


best_accuracy, best_url = 0.0, None
for trial in range(TRIALS):
    with wandb.init(
        project="hyperparameter-search",
        group="random-search",
        job_type="trial",
        name=f"trial-{trial}",
        config=choose(),
    ) as run:
        run.define_metric("val/accuracy", summary="max")
        accuracy = train(run)
        if accuracy > best_accuracy:
            best_accuracy, best_url = accuracy, run.url

print(f"best accuracy {best_accuracy:.3f}: {best_url}")

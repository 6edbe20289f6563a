"""A random search: a run for each choice of hyperparameters, compared in the end.

    python hyperparameter_search.py --trials 12

All runs are of one group. On the page, open the project, and sort the table by `val/accuracy`.
Here the comparison is made twice: with what the script remembers, and with what the server knows,
which is how a script of tomorrow would ask for it.
"""

from __future__ import annotations

import argparse
import math
import random
from dataclasses import asdict, dataclass

import wanllmdb as wandb

PROJECT = "hyperparameter-search"
METRIC = "val/accuracy"


@dataclass(frozen=True)
class Choice:
    """What one trial tries."""

    learning_rate: float
    batch_size: int
    dropout: float

    @classmethod
    def sampled(cls, chance: random.Random) -> Choice:
        """A choice by chance: learning rates by their order of magnitude, the others evenly."""
        return cls(
            learning_rate=10 ** chance.uniform(-4, -1),
            batch_size=chance.choice([16, 32, 64, 128]),
            dropout=chance.uniform(0.0, 0.5),
        )


@dataclass(frozen=True)
class Result:
    """What became of it."""

    choice: Choice
    accuracy: float
    run: str
    url: str | None


def train(run: wandb.Run, chance: random.Random, epochs: int) -> float:
    """A stand-in for a training; it is best near learning_rate=0.01 and dropout=0.2."""
    config = run.config
    distance = abs(math.log10(config.learning_rate) + 2) + 2 * abs(config.dropout - 0.2)
    reachable = 0.98 - 0.15 * distance
    best = 0.0
    for epoch in range(epochs):
        accuracy = reachable * (1 - math.exp(-(epoch + 1) / 6)) + chance.uniform(-0.01, 0.01)
        best = max(best, accuracy)
        run.log({"epoch": epoch, METRIC: accuracy, "val/loss": 1 - accuracy})
    return best


def attempt(number: int, chance: random.Random, epochs: int) -> Result:
    """One trial, as a run of its own."""
    choice = Choice.sampled(chance)
    with wandb.init(
        project=PROJECT,
        group="random-search",
        job_type="trial",
        name=f"trial-{number}",
        config=asdict(choice),
    ) as run:
        run.define_metric(METRIC, summary="max")  # the best epoch counts, not the last
        accuracy = train(run, chance, epochs)
    return Result(choice, accuracy, run.id, run.url)


def compare(results: list[Result]) -> Result:
    """Print the trials, the best one first, and return that."""
    ranked = sorted(results, key=lambda result: result.accuracy, reverse=True)
    print(f"\n{'accuracy':>8}  {'rate':>8}  {'batch':>5}  {'dropout':>7}  run")
    for result in ranked:
        choice = result.choice
        print(
            f"{result.accuracy:8.3f}  {choice.learning_rate:8.5f}  {choice.batch_size:5d}  "
            f"{choice.dropout:7.2f}  {result.run}"
        )
    return ranked[0]


def best_known_to_the_server() -> str:
    """The id of the best run of the project, of this search or of one before."""
    runs = wandb.Api().runs(PROJECT, order=f"-summary_metrics.{METRIC}.max")
    return next(iter(runs)).id


def main() -> None:
    parser = argparse.ArgumentParser(description="A random search.")
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, help="for the same choices again")
    options = parser.parse_args()

    chance = random.Random(options.seed)
    results = [attempt(number, chance, options.epochs) for number in range(options.trials)]

    best = compare(results)
    print(f"\nbest of this search: {asdict(best.choice)}, accuracy {best.accuracy:.3f}")
    print(f"  {best.url}")
    print(f"best that the server knows of: {best_known_to_the_server()}")


if __name__ == "__main__":
    main()

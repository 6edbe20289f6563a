"""A run as a context: it ends with its block, whatever happens in there.

    python context_manager.py

Five ways to use `with wandb.init(...)`, from the plainest one to several runs after each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import wanllmdb as wandb

PROJECT = "context-manager"


def losses(epochs: int, seed: int = 0) -> Iterator[float]:
    """A training, made up: the loss of each epoch."""
    chance = random.Random(seed)
    for epoch in range(epochs):
        yield 1 / (epoch + 1) + chance.uniform(0, 0.05)


def train_until_it_fails(run: wandb.Run) -> None:
    """A training whose data end before it does."""
    for epoch, loss in enumerate(losses(5)):
        run.log({"epoch": epoch, "loss": loss})
    raise RuntimeError("the data ran out")


def read_batch(number: int) -> list[float]:
    """A batch of data; some of them cannot be read."""
    if number % 7 == 3:
        raise OSError(f"batch {number} cannot be read")
    return [1.0 / (number + 1)] * 32


def plain() -> None:
    """The run is finished at the end of the block, with everything sent."""
    with wandb.init(project=PROJECT, name="plain", config={"epochs": 20}) as run:
        for epoch, loss in enumerate(losses(run.config.epochs)):
            run.log({"epoch": epoch, "loss": loss})
    print(f"plain: {run.url}")


def failing() -> None:
    """An exception ends the run as failed, and its traceback is kept with the run.

    It goes on to whoever catches it: a run hides no error.
    """
    try:
        with wandb.init(project=PROJECT, name="fails", config={"epochs": 20}) as run:
            train_until_it_fails(run)
    except RuntimeError as error:
        print(f"failing: caught {error!r}; the run ended with exit code {run.exit_code}")


def recovering() -> None:
    """An error that is dealt with inside the block does not end the run."""
    with wandb.init(project=PROJECT, name="recovers") as run:
        missing = 0
        for number in range(20):
            try:
                batch = read_batch(number)
            except OSError as error:
                missing += 1
                print(f"recovering: {error}")
            else:
                run.log({"batch": number, "loss": sum(batch) / len(batch)})
        run.summary["missing_batches"] = missing


def one_after_another() -> None:
    """Several runs of one process: each ends before the next one begins.

    `group` says that they belong together; the page can group its table by it.
    """
    for seed in range(3):
        with wandb.init(
            project=PROJECT, group="seeds", name=f"seed-{seed}", config={"seed": seed}
        ) as run:
            for epoch, loss in enumerate(losses(20, seed)):
                run.log({"epoch": epoch, "loss": loss})
    print("one_after_another: three runs in the group 'seeds'")


def several_places() -> None:
    """What belongs to one step may be logged from several places.

    Rows with the same `step` are one row; the next step closes it.
    """
    with wandb.init(project=PROJECT, name="several-places") as run:
        for step, loss in enumerate(losses(20)):
            run.log({"train/loss": loss}, step=step)
            if step % 5 == 0:
                run.log({"val/loss": loss * 1.2}, step=step)
    print("several_places: training and validation on the same steps")


if __name__ == "__main__":
    plain()
    failing()
    recovering()
    one_after_another()
    several_places()

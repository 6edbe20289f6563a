"""A loop as people write it, with workers that load the data; they are forked or spawned."""

import json
import os
import sys

import torch
import wandb
from torch.utils.data import DataLoader, Dataset


class Squares(Dataset):
    def __len__(self) -> int:
        return 32

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.tensor([index / 32])
        return x, x**2


def main() -> None:
    torch.manual_seed(0)
    run = wandb.init(
        name=sys.argv[1], config={"rate": torch.tensor(0.1), "device": torch.device("cpu")}
    )
    loader = DataLoader(Squares(), batch_size=8, num_workers=2, multiprocessing_context=sys.argv[1])
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=run.config.rate)
    losses = []
    for _ in range(2):
        for x, y in loader:
            loss = ((model(x) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            wandb.log({"loss": loss, "weights": model.weight})
            losses.append(loss.item())
    wandb.summary["best"] = min(losses)
    wandb.finish()
    with open(os.environ["TRUTH"], "w") as truth:
        json.dump({"losses": losses, "weight": model.weight.item()}, truth)


if __name__ == "__main__":
    main()

"""A convolutional network that reads digits, with everything that a training wants to keep.

    pip install torch torchvision
    python pytorch_mnist.py --epochs 5

It logs the loss of every batch and the accuracy of every epoch, shows what was read wrongly,
keeps a checkpoint of every epoch with the run, and the best one as a model.

The digits are those of MNIST, 11 MB that torchvision fetches once. Where they cannot be fetched,
or torchvision is not installed, they are the 1797 small ones that come with scikit-learn; the
script says which.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split

import wanllmdb as wandb


@dataclass(frozen=True)
class Digits:
    """Images of digits, some to train with and some to test with."""

    name: str
    side: int
    train: Dataset
    test: Dataset


def load_digits() -> Digits:
    """MNIST if it can be had, and else the digits of scikit-learn."""
    try:
        return load_mnist()
    except ImportError:
        print("torchvision is not installed: reading the digits of scikit-learn instead of MNIST")
    except (OSError, RuntimeError) as error:  # no network, or no mirror that answers
        print(f"MNIST cannot be fetched ({error}): reading the digits of scikit-learn instead")
    return load_small_digits()


def load_mnist() -> Digits:
    """70,000 digits of 28 × 28 points."""
    from torchvision import datasets, transforms

    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    return Digits(
        name="MNIST",
        side=28,
        train=datasets.MNIST("data", train=True, download=True, transform=transform),
        test=datasets.MNIST("data", train=False, transform=transform),
    )


def load_small_digits() -> Digits:
    """1797 digits of 8 × 8 points."""
    from sklearn import datasets

    images, labels = datasets.load_digits(return_X_y=True)
    points = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16.0
    everything = TensorDataset(points, torch.tensor(labels))
    train, test = random_split(everything, [0.75, 0.25], torch.Generator().manual_seed(0))
    return Digits(name="scikit-learn", side=8, train=train, test=test)


class Net(nn.Module):
    """Two convolutions and two layers, for images of any size that can be halved twice."""

    def __init__(self, side: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(dropout),
            nn.Linear(32 * (side // 4) ** 2, hidden), nn.ReLU(), nn.Linear(hidden, 10),
        )  # fmt: skip

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


def train(
    model: Net, batches: DataLoader, optimizer: torch.optim.Optimizer, device: str, epoch: int
) -> None:
    """One epoch; a row for every batch. Tensors can be logged as they are."""
    model.train()
    for images, labels in batches:
        guesses = model(images.to(device))
        loss = nn.functional.cross_entropy(guesses, labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        right = (guesses.argmax(1).cpu() == labels).float().mean()
        wandb.log({"train/loss": loss, "train/accuracy": right, "epoch": epoch})


@torch.no_grad()
def test(model: Net, batches: DataLoader, device: str) -> tuple[float, float, list[wandb.Image]]:
    """The mean loss, the accuracy, and a few digits that were read wrongly."""
    model.eval()
    loss, right, seen = 0.0, 0, 0
    wrong: list[wandb.Image] = []
    for images, labels in batches:
        scores = model(images.to(device)).cpu()
        guesses = scores.argmax(1)
        loss += float(nn.functional.cross_entropy(scores, labels, reduction="sum"))
        right += int((guesses == labels).sum())
        seen += len(labels)
        for index in (guesses != labels).nonzero().flatten()[: 8 - len(wrong)].tolist():
            caption = f"{labels[index]}, read as {guesses[index]}"
            wrong.append(wandb.Image(images[index], caption=caption))
    return loss / seen, right / seen, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description="A convolutional network that reads digits.")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--dropout", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    digits = load_digits()
    checkpoints = Path("checkpoints")
    checkpoints.mkdir(exist_ok=True)

    # The options are the config: argparse's namespace can be given as it is.
    with wandb.init(project="mnist", config=options, tags=["torch", digits.name]) as run:
        config = run.config
        config.update({"data": digits.name, "device": device})
        run.define_metric("test/accuracy", summary="max")

        train_batches = DataLoader(digits.train, config.batch_size, shuffle=True)
        test_batches = DataLoader(digits.test, 1000)
        model = Net(digits.side, config.hidden, config.dropout).to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
        run.watch(model, log="all", log_freq=50)  # histograms of gradients and parameters

        best = 0.0
        for epoch in range(config.epochs):
            train(model, train_batches, optimizer, device, epoch)
            loss, accuracy, wrong = test(model, test_batches, device)
            wandb.log(
                {"test/loss": loss, "test/accuracy": accuracy, "test/wrong": wrong, "epoch": epoch}
            )
            print(f"epoch {epoch}: test loss {loss:.4f}, test accuracy {accuracy:.4f}")

            # A checkpoint of every epoch goes with the run; the best one is a model of its own.
            path = checkpoints / f"epoch-{epoch}.pt"
            torch.save({"epoch": epoch, "model": model.state_dict(), "accuracy": accuracy}, path)
            run.save(path, base_path=".", policy="now")
            if accuracy > best:
                best = accuracy
                run.log_model(path, name=f"digits-{digits.name.lower()}", aliases=["best"])
                run.summary["best_accuracy"] = best
                run.summary["best_epoch"] = epoch
    print(f"best test accuracy: {best:.4f}")


if __name__ == "__main__":
    main()

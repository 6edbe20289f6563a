"""A network that reads digits.

With torch and torchvision it trains a convolutional network on MNIST (11 MB are downloaded
once). Without them it trains a small network of scikit-learn on the digits that come with it,
and says so.
"""

from __future__ import annotations

import sys
from typing import Any

import wanllmdb as wandb

CONFIG = {"epochs": 5, "batch_size": 64, "learning_rate": 0.001, "hidden": 128}


def main() -> None:
    try:
        import torch  # noqa: F401
        import torchvision  # noqa: F401
    except ImportError:
        train_with_sklearn()
    else:
        train_with_torch()


def train_with_torch() -> None:
    import torch
    from torch import nn
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    with wandb.init(project="mnist", config=CONFIG, tags=["torch"]) as run:
        config = run.config
        device = "cuda" if torch.cuda.is_available() else "cpu"
        to_tensor = transforms.ToTensor()
        train = datasets.MNIST("data", train=True, download=True, transform=to_tensor)
        test = datasets.MNIST("data", train=False, transform=to_tensor)
        train_loader = DataLoader(train, config.batch_size, shuffle=True)
        test_loader = DataLoader(test, 1000)
        model = nn.Sequential(
            nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(800, config.hidden), nn.ReLU(), nn.Linear(config.hidden, 10),
        ).to(device)  # fmt: skip
        optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
        loss_of = nn.CrossEntropyLoss()
        best = 0.0
        for epoch in range(config.epochs):
            model.train()
            for images, labels in train_loader:
                loss = loss_of(model(images.to(device)), labels.to(device))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                wandb.log({"train/loss": loss, "epoch": epoch})
            model.eval()
            right, shown = 0, None
            with torch.no_grad():
                for images, labels in test_loader:
                    guesses = model(images.to(device)).argmax(1).cpu()
                    right += int((guesses == labels).sum())
                    shown = shown or wandb.Image(images[0], caption=f"a {int(guesses[0])}?")
            accuracy = right / len(test)
            best = max(best, accuracy)
            wandb.log({"test/accuracy": accuracy, "test/sample": shown, "epoch": epoch})
        run.summary["best_accuracy"] = best


def train_with_sklearn() -> None:
    try:
        import numpy as np
        from sklearn.datasets import load_digits
        from sklearn.metrics import log_loss
        from sklearn.model_selection import train_test_split
        from sklearn.neural_network import MLPClassifier
    except ImportError:
        sys.exit(
            "This example needs torch and torchvision, or scikit-learn: pip install scikit-learn"
        )
    print("torch and torchvision are not installed; training on the digits of scikit-learn")

    images, labels = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(
        images / 16.0, labels, test_size=0.3, random_state=0
    )
    with wandb.init(project="mnist", config={**CONFIG, "epochs": 20}, tags=["sklearn"]) as run:
        config = run.config
        model: Any = MLPClassifier((config.hidden,), learning_rate_init=config.learning_rate)
        chance = np.random.default_rng(0)
        best = 0.0
        for epoch in range(config.epochs):
            batches = len(x_train) // config.batch_size
            for rows in np.array_split(chance.permutation(len(x_train)), batches):
                model.partial_fit(x_train[rows], y_train[rows], classes=np.arange(10))
                wandb.log({"train/loss": model.loss_, "epoch": epoch})
            accuracy = model.score(x_test, y_test)
            best = max(best, accuracy)
            guess = model.predict(x_test[:1])[0]
            wandb.log(
                {
                    "test/accuracy": accuracy,
                    "test/loss": log_loss(y_test, model.predict_proba(x_test)),
                    "test/sample": wandb.Image(x_test[0].reshape(8, 8), caption=f"a {guess}?"),
                    "epoch": epoch,
                }
            )
        run.summary["best_accuracy"] = best


if __name__ == "__main__":
    main()

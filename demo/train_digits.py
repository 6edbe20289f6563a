"""Train a small network on scikit-learn's handwritten digits, and log every step.

A two-layer network in numpy, trained by stochastic gradient descent with momentum: real data,
no download. The pace is held back (`--pace` steps a second) so that one can watch.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import wanllmdb as wandb


class Network:
    """64 pixels → `hidden` ReLU units → 10 classes, softmax cross-entropy."""

    def __init__(self, hidden: int, rng: np.random.Generator) -> None:
        self.weights = [
            rng.normal(0, np.sqrt(2 / 64), (64, hidden)),
            np.zeros(hidden),
            rng.normal(0, np.sqrt(2 / hidden), (hidden, 10)),
            np.zeros(10),
        ]
        self.velocity = [np.zeros_like(w) for w in self.weights]

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Hidden activations [n, hidden] and class probabilities [n, 10]."""
        w1, b1, w2, b2 = self.weights
        hidden = np.maximum(x @ w1 + b1, 0)
        logits = hidden @ w2 + b2
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return hidden, odds / odds.sum(axis=1, keepdims=True)

    def step(self, x: np.ndarray, y: np.ndarray, *, rate: float, momentum: float) -> dict:
        """One step of gradient descent on a batch; returns what is worth logging."""
        hidden, p = self.forward(x)
        n = len(x)
        loss = float(-np.log(p[np.arange(n), y] + 1e-12).mean())
        d_logits = p.copy()
        d_logits[np.arange(n), y] -= 1
        d_logits /= n
        d_hidden = (d_logits @ self.weights[2].T) * (hidden > 0)
        gradients = [x.T @ d_hidden, d_hidden.sum(0), hidden.T @ d_logits, d_logits.sum(0)]
        for weight, velocity, gradient in zip(self.weights, self.velocity, gradients, strict=True):
            velocity *= momentum
            velocity -= rate * gradient
            weight += velocity
        norm = float(np.sqrt(sum(float((g**2).sum()) for g in gradients)))
        accuracy = float((p.argmax(axis=1) == y).mean())
        return {"train/loss": loss, "train/accuracy": accuracy, "train/grad_norm": norm}

    def evaluate(self, x: np.ndarray, y: np.ndarray) -> dict:
        """Loss and accuracy on data that was not trained on."""
        _, p = self.forward(x)
        return {
            "eval/loss": float(-np.log(p[np.arange(len(y)), y] + 1e-12).mean()),
            "eval/accuracy": float((p.argmax(axis=1) == y).mean()),
        }


def train(arguments: argparse.Namespace) -> None:
    """One run: `steps` steps at a learning rate that warms up and decays by a cosine."""
    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.data / 16.0, digits.target, test_size=0.25, random_state=0
    )
    rng = np.random.default_rng(arguments.seed)
    config = {
        "learning_rate": arguments.lr,
        "hidden": arguments.hidden,
        "batch_size": 32,
        "momentum": 0.9,
        "steps": arguments.steps,
        "noise": arguments.noise,
        "seed": arguments.seed,
        "model": "mlp",
    }
    with wandb.init(project=arguments.project, config=config, tags=["digits", "demo"]) as run:
        network = Network(arguments.hidden, rng)
        began = time.monotonic()
        for step in range(arguments.steps):
            warm = min(1.0, (step + 1) / 100)
            rate = arguments.lr * warm * 0.5 * (1 + np.cos(np.pi * step / arguments.steps))
            batch = rng.integers(0, len(x_train), 32)
            # Noise on the pixels, so that the task is not learnt by heart in seconds.
            noisy = x_train[batch] + rng.normal(0, arguments.noise, (32, 64))
            row = network.step(noisy, y_train[batch], rate=rate, momentum=0.9)
            row["train/learning_rate"] = float(rate)
            if step % 25 == 0 or step == arguments.steps - 1:
                row |= network.evaluate(x_test, y_test)
            run.log(row)
            ahead = (step + 1) / arguments.pace - (time.monotonic() - began)
            if ahead > 0:
                time.sleep(ahead)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", default="digits")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--pace", type=float, default=100.0, help="steps a second")
    parser.add_argument("--noise", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=0)
    train(parser.parse_args())


if __name__ == "__main__":
    main()

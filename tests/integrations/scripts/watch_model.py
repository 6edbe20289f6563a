"""Trains a model that is watched, and writes down what its gradients and parameters were."""

import copy
import io
import json
import os
import warnings

import torch
import wandb
from torch import nn

torch.manual_seed(0)


class Net(nn.Module):
    """Shared, frozen, sparse and unused parameters, and one of bfloat16."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.frozen = nn.Linear(3, 3).requires_grad_(False)
        self.unused = nn.Linear(3, 3)
        self.words = nn.Embedding(8, 3, sparse=True)
        self.small = nn.Linear(3, 2).bfloat16()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.frozen(self.second(self.first(x))) + self.words(torch.tensor([1, 5]))
        return self.small(x.bfloat16()).float().sum()


run = wandb.init()
net = Net()
wandb.watch(net, log="all", log_freq=2)
truth: list = []
for number in range(6):
    with torch.no_grad():
        if number == 5:
            net.first.bias[0] = float("nan")
    net.zero_grad()
    net(torch.randn(2, 3)).backward()
    if number % 2:
        truth.append(
            {
                name: None if each.grad is None else each.grad.to_dense().float().flatten().tolist()
                for name, each in net.named_parameters()
            }
        )
    wandb.log({"number": number})

other = nn.DataParallel(nn.Linear(2, 1))
wandb.watch(other, log="all", log_freq=1)
other(torch.ones(1, 2)).sum().backward()
wandb.log({"number": 6})

with warnings.catch_warnings():
    warnings.simplefilter("error")
    memory = io.BytesIO()
    torch.save(other, memory)  # a watched model can be saved whole, and read
    memory.seek(0)
    for each in (torch.load(memory, weights_only=False), copy.deepcopy(other)):
        each(torch.ones(1, 2)).sum().backward()
compiled = torch.compile(other, backend="eager")
compiled(torch.ones(1, 2)).sum().backward()
wandb.log({"number": 7})

wandb.unwatch(net)
net(torch.randn(2, 3)).backward()
wandb.log({"number": 8})
run.finish()
other(torch.ones(1, 2)).sum().backward()  # the hooks are gone with the run
with open(os.environ["TRUTH"], "w") as file:
    json.dump(truth, file)

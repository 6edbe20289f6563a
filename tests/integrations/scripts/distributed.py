"""Two ranks that train one model; rank 0 logs, as it is usual."""

import json
import os

import torch
import torch.distributed as dist
import wandb

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(rank)
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(2, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
run = wandb.init(name="ddp", config={"world": dist.get_world_size()}) if rank == 0 else None
losses = []
for _ in range(5):
    x = torch.randn(4, 2)
    loss = ((model(x) - x.sum(1, keepdim=True)) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    dist.all_reduce(mean := loss.detach().clone())
    losses.append(mean.item() / 2)
    if run is not None:
        run.log({"loss": losses[-1]})
if run is not None:
    run.finish()
    with open(os.environ["TRUTH"], "w") as truth:
        json.dump({"losses": losses}, truth)
del model  # its reducer's threads end before those of the group that it speaks through
dist.barrier()  # nobody leaves while another is at work
dist.destroy_process_group()

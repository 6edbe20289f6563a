# Gradients and parameters of a model of torch. | runs: 1 finished | needs: torch
import torch
import wandb

torch.manual_seed(0)
run = wandb.init()
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
graphs = wandb.watch(model, torch.nn.functional.mse_loss, log="all", log_freq=2)
optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(6):
    loss = torch.nn.functional.mse_loss(model(torch.randn(16, 4)), torch.zeros(16, 1))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    wandb.log({"loss": loss, "detached": loss.detach(), "item": loss.item()})
assert run.summary["gradients/0.weight"]["_type"] == "histogram"
assert run.summary["parameters/0.weight"]["_type"] == "histogram"
assert run.summary["loss"] == run.summary["item"]
wandb.unwatch(model)
run.log({"vector": torch.arange(4), "half": torch.ones((), dtype=torch.bfloat16)})
assert run.summary["vector"] == [0, 1, 2, 3]
assert run.summary["half"] == 1
run.log({"picture": wandb.Image(torch.rand(3, 8, 8))})
run.log({"weights": wandb.Histogram(model[0].weight.detach())})
run.config.update({"device": torch.device("cpu"), "dtype": torch.float32})
assert run.config["device"] == "cpu"
torch.save(model.state_dict(), "model.pt")
wandb.save("model.pt")
run.finish()

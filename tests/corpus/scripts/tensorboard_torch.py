# TensorBoard's writer, taken along. | runs: 1 finished | needs: torch, tensorboard
import wandb
from torch.utils.tensorboard import SummaryWriter

run = wandb.init(project="tensorboard_torch", sync_tensorboard=True, config={"seed": 1})
writer = SummaryWriter("runs/one")
writer.add_text("hyperparameters", "|param|value|\n|-|-|\n|lr|0.1|")
for step in range(20):
    writer.add_scalar("charts/return", step * 2, step)
    writer.add_scalar("losses/value", 1 / (step + 1), step)
writer.close()
wandb.finish()

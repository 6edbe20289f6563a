"""PyTorch: gradients and parameters are logged by `wandb.watch`; there is nothing else here."""

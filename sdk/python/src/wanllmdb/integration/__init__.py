"""Integrations: what wandb keeps in `wandb.integration`, for libraries that log to it."""

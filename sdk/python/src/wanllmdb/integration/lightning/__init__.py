"""Lightning: `fabric` has a logger for Fabric; Lightning itself brings its own for wandb."""

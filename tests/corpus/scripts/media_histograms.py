# Histograms of numbers and of numpy's. | runs: 1 finished | needs: numpy
import numpy as np
import wandb

run = wandb.init()
rng = np.random.default_rng(1)
for epoch in range(3):
    weights = rng.normal(epoch, 1, 1000)
    run.log(
        {
            "weights": wandb.Histogram(weights),
            "list": wandb.Histogram(weights.tolist(), num_bins=16),
            "counted": wandb.Histogram(np_histogram=np.histogram(weights, bins=10)),
            "bare": weights,
            "epoch": epoch,
        }
    )
assert run.summary["weights"]["_type"] == "histogram"
assert len(run.summary["weights"]["values"]) == 64
assert len(run.summary["weights"]["bins"]) == 65
assert sum(run.summary["counted"]["values"]) == 1000
assert len(run.summary["list"]["bins"]) == 17
histogram = wandb.Histogram([1, 2, 2, 3])
assert sum(histogram.histogram) == 4
try:
    wandb.Histogram(weights, num_bins=600)
except ValueError:
    pass
else:
    raise AssertionError("at most 512 bins")
run.finish()

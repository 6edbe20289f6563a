# What a row, a step and a commit are. | runs: 1 finished | needs: numpy
import collections
import types

import numpy as np
import wandb

run = wandb.init()
wandb.log({"a": 1}, commit=False)
wandb.log({"b": 2})
assert run.step == 1
wandb.log({"a": 3}, step=10)
assert run.step == 10
wandb.log({"b": 4}, step=10)
wandb.log({"c": 5})
assert run.step == 11
wandb.log({"a": 6}, step=20, commit=True)
assert run.step == 21
wandb.log({"old": 1}, step=5)  # wandb leaves it out and says so
wandb.log(collections.OrderedDict(x=1), 30)
wandb.log(types.MappingProxyType({"y": 1}), step=np.int64(31))
wandb.log({"_step": 3, "z": 1})
wandb.log({})
for bad in ([1, 2], None, "text", 3.5):
    try:
        wandb.log(bad)
    except TypeError:
        continue
    except ValueError:
        continue
    raise AssertionError(f"{bad!r} was taken for a row")
try:
    wandb.log({1: 2})
except (TypeError, ValueError):
    pass
else:
    raise AssertionError("a key must be a str")
assert run.summary["x"] == 1
assert run.summary["y"] == 1
run.log({"nested": {"deep": {"er": 1.5}}, "with space": 1, "ünï": 2, "a/b.c": 3})
assert run.summary["nested"]["deep"]["er"] == 1.5
assert run.summary["ünï"] == 2
run.finish()

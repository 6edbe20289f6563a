# Data is loaded by forked workers that know nothing of the run. | runs: 1 finished
import multiprocessing
import os

import wandb


def load(index):
    return index * index, os.getpid()


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    run = wandb.init(config={"workers": 2})
    with context.Pool(2) as pool:
        for epoch in range(3):
            loaded = pool.map(load, range(10))
            assert os.getpid() not in {pid for _, pid in loaded}
            wandb.log({"epoch": epoch, "sum": sum(value for value, _ in loaded)})
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    run.log({"after": 1})
    assert run.summary["sum"] == 285
    assert run.step == 4
    wandb.finish()

# A pool whose forked workers each begin a run. | runs: 3 finished
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import wandb


def job(number):
    run = wandb.init(name=f"job-{number}", config={"number": number}, reinit=True)
    for step in range(3):
        wandb.log({"x": number * step})
    total = wandb.run.summary["x"]
    wandb.finish()
    return number, total, os.getpid()


if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        results = list(pool.map(job, range(3)))
    assert [(number, total) for number, total, _ in results] == [(0, 0), (1, 2), (2, 4)]
    assert os.getpid() not in {pid for *_, pid in results}
    assert wandb.run is None

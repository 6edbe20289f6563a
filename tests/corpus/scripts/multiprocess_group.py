# A run in each spawned process, one group. | runs: 3 finished
import multiprocessing

import wandb


def worker(rank, group, queue):
    run = wandb.init(group=group, name=f"rank-{rank}", job_type="worker", config={"rank": rank})
    for step in range(5):
        run.log({"loss": rank + step})
    queue.put((rank, run.id, run.summary["loss"]))
    run.finish()


if __name__ == "__main__":
    wandb.setup()
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    run = wandb.init(group="ddp", name="main", job_type="main")
    processes = [context.Process(target=worker, args=(n, "ddp", queue)) for n in range(2)]
    for process in processes:
        process.start()
    results = sorted(queue.get(timeout=50) for _ in processes)
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert [(rank, loss) for rank, _, loss in results] == [(0, 4), (1, 5)]
    assert len({run_id for _, run_id, _ in results} | {run.id}) == 3
    run.log({"workers": 2})
    run.finish()

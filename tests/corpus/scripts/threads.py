# Eight threads log to one run. | runs: 1 finished
import threading
from concurrent.futures import ThreadPoolExecutor

import wandb

run = wandb.init()


def work(number):
    for index in range(100):
        run.log({f"thread_{number}": index})
    return number


with ThreadPoolExecutor(8) as pool:
    assert sorted(pool.map(work, range(8))) == list(range(8))
assert run.step == 800
for number in range(8):
    assert run.summary[f"thread_{number}"] == 99

stop = threading.Event()


def beat():
    while not stop.wait(0.01):
        wandb.log({"beat": 1}, commit=False)


thread = threading.Thread(target=beat, daemon=True)
thread.start()
for index in range(50):
    wandb.log({"main": index})
stop.set()
thread.join()
assert run.summary["main"] == 49
run.finish()

"""F19: `fork()` while the SDK holds every lock it has, and 8 workers as data loaders have them.

0 hangs in 1,000 forks (`make soak`; 200 in `make test`); what the children logged is stored
once. Workers are forked, spawned and started by a fork server; they come and go every epoch.
"""

from __future__ import annotations

import pytest
from tests.conftest import Figure
from tests.faults.checker import check
from tests.faults.conftest import Many
from tests.faults.training import Place, Training
from tests.journeys.processes import ServerProcess

# Forks again and again; a child logs a row or two and leaves. A hang is a child that has not
# left within 20 s, which is then killed with SIGABRT, so that it says where it hung.
FORK = """
import faulthandler, os, signal, sys, threading, time
faulthandler.enable()
hung = 0
def in_child(slot, rows):
    log_rows(wandb.log, Slot(told.ledger, slot), rows, first_step=0)
    wandb.run.summary["child"] = slot
    wandb.finish()  # the run is the parent's
    os._exit(0)
def wait(child):
    global hung
    end = time.monotonic() + 20
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() > end:
            hung += 1
            os.kill(child, signal.SIGABRT)
            os.waitpid(child, 0)
            return
        time.sleep(0.0005)
"""

# The slots are few, and each child goes on where the last one of its slot ended.
WHILE_IT_WORKS = f"""{FORK}
forks = int(os.environ["FORKS"])
rows = {{slot: 0 for slot in range(1, 9)}}
stopped = threading.Event()
def log_beside():
    while not stopped.is_set():
        wandb.log({{"beside": 1.0}})
beside = threading.Thread(target=log_beside)
beside.start()
for number in range(forks):
    slot = 1 + number % 8
    rows[slot] += 2
    child = os.fork()
    if not child:
        in_child(slot, rows[slot])
    wait(child)
stopped.set()
beside.join()
print("hung", hung, "of", forks)
"""

# Every lock that an object of ours holds in an attribute, or a module of ours in a name. A
# thread holds all of them at once, in whatever state the sender is, while the main thread forks.
WHILE_ALL_IS_LOCKED = f"""{FORK}
import gc
LOCKS = (type(threading.Lock()), type(threading.RLock()))
def within(thing):
    if isinstance(thing, LOCKS):
        return [thing]
    if isinstance(thing, threading.Event):
        thing = thing._cond
    if isinstance(thing, threading.Condition):
        return within(thing._lock)
    return []
def ours():
    found = {{}}
    owners = [each for each in gc.get_objects() if type(each).__module__.startswith("wanllmdb")]
    owners += [each for name, each in sys.modules.items() if name.startswith("wanllmdb")]
    for owner in owners:
        names = dict(getattr(owner, "__dict__", {{}}))
        for kind in type(owner).__mro__:
            for name in getattr(kind, "__slots__", ()):
                names[name] = getattr(owner, name, None)
        place = getattr(owner, "__name__", type(owner).__name__)
        for name, each in names.items():
            for lock in within(each):
                found[id(lock)] = f"{{place}}.{{name}}", lock
    return found
forks = int(os.environ["FORKS"])
names, held = set(), 0
for number in range(forks):
    locked, forked = threading.Event(), threading.Event()
    taken = []
    def hold():
        for name, lock in ours().values():
            if lock.acquire(timeout=0.2):
                taken.append((name, lock))
        locked.set()
        forked.wait()
        for _, lock in taken:
            lock.release()
    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait()
    child = os.fork()
    if not child:
        in_child(1, 2 * number + 2)
    forked.set()
    holder.join()
    held += len(taken)
    names |= {{name for name, _ in taken}}
    wait(child)
print("hung", hung, "of", forks)
print("held", held, sorted(names))
"""


def test_forks_while_the_sender_works_and_a_thread_logs_do_not_hang(
    place: Place, server: ServerProcess, many: Many, figure: Figure
) -> None:
    forks = many(200, 1000)
    told = {"FORKS": str(forks), "WANLLMDB_FLUSH_INTERVAL": "0.1"}
    with Training(place, "working", rows=1, after=WHILE_IT_WORKS, environment=told) as training:
        assert training.wait(600) == 0, training.output

    assert f"hung 0 of {forks}" in training.output, training.output
    place.sync()
    verdict = check(server, [training], spool=place.spool)
    assert verdict.stored == 1 + 2 * forks
    figure(f"F19: 0 of {forks} forks hung while the sender worked, {verdict}")


def test_forks_while_every_lock_of_ours_is_held_do_not_hang(
    place: Place, server: ServerProcess, many: Many, figure: Figure
) -> None:
    forks = many(40, 300)
    told = {"FORKS": str(forks)}
    with Training(place, "locked", rows=1, after=WHILE_ALL_IS_LOCKED, environment=told) as training:
        assert training.wait(600) == 0, training.output

    assert f"hung 0 of {forks}" in training.output, training.output
    [held] = [line for line in training.output.splitlines() if line.startswith("held ")]
    assert "Run._lock" in held
    place.sync()
    assert check(server, [training], spool=place.spool).stored == 1 + 2 * forks
    figure(f"F19: 0 of {forks} forks hung under locks: {held}")


# As a data loader does it: eight workers an epoch, who take indices and give samples, and
# whom the trainer asks for a batch while it logs. `logs` is what a worker does beside.
LOADER = """
import multiprocessing, os
import wanllmdb as wandb
from tests.faults.ledger import Slot
from tests.faults.training import log_rows

def forked(ledger, slot, rows):
    log_rows(wandb.log, Slot(ledger, slot), rows, first_step=0)

def started(ledger, slot, rows):
    # A process of its own has no run; what it imports must not begin one or wait for one.
    assert wandb.run is None

def work(indices, samples, logs, ledger, slot, rows):
    for index in iter(indices.get, None):
        samples.put(index * index)
    logs(ledger, slot, rows)

def train(method, epochs, ledger, wandb):
    context = multiprocessing.get_context(method)
    logs = forked if method == "fork" else started
    for epoch in range(epochs):
        indices, samples = context.Queue(), context.Queue()
        workers = [
            context.Process(target=work, args=(indices, samples, logs, ledger, 1 + each,
                                               5 * (epoch + 1)), daemon=True)
            for each in range(8)
        ]
        for worker in workers:
            worker.start()
        for index in range(64):
            indices.put(index)
        wandb.log({"epoch": epoch, "sum": sum(samples.get(timeout=30) for _ in range(64))})
        for _ in workers:
            indices.put(None)
        for worker in workers:
            worker.join(30)
            assert worker.exitcode == 0, worker.exitcode
"""


@pytest.mark.parametrize(
    ("method", "epochs"), [("fork", (10, 100)), ("spawn", (1, 10)), ("forkserver", (2, 30))]
)
def test_eight_workers_that_come_and_go_every_epoch_do_not_hang(
    place: Place, server: ServerProcess, many: Many, method: str, epochs: tuple[int, int]
) -> None:
    (place.work / "loader.py").write_text(LOADER)
    count = many(*epochs)
    after = f"import loader; loader.train({method!r}, {count}, told.ledger, wandb)"
    with Training(place, f"loader-{method}", rows=10, after=after) as training:
        assert training.wait(600) == 0, training.output

    place.sync()
    assert server.points("faults", training.run, "sum") == [
        (10 + epoch, sum(each * each for each in range(64))) for epoch in range(count)
    ]
    logged = 8 * 5 * count if method == "fork" else 0
    assert check(server, [training], spool=place.spool).stored == 10 + logged

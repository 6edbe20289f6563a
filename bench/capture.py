"""What is captured beside the rows, and what it takes: `python -m bench.capture`.

probes      Processor time of the reading thread, of one reading of all probes: the lowest of
            several means. "share" is that of one core with a reading every ten seconds, which is
            the closest that the monitor looks by itself; the goal is 0.5 %. More cores than the
            machine has are simulated by files as `/proc` has them, children are real processes.
            A card's driver is not in it: where no card is, it cannot be measured.
console     Lines of 100 characters, printed to nowhere by a run that stays offline. "print" is
            what a call takes longer than without a run, a line each 50 µs; "in all" is processor
            time of the process, less the same without a run, a million lines flat out. RSS is
            what the process has gained by then.
redaction   Time for a line of 100 characters: with short words, with a long one, with a word
            that may come before a secret.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LINES = 1_000_000
PACED = 20_000
INTERVAL = 10.0

_PRINTS = """
import json, os, resource, sys, time
stream = open(os.devnull, "w")
sys.stdout = stream
captured = {captured}
lines = ["{{:07}} ".format(number) + "loss 0.1234 " * 7 + "end" for number in range(1000)]
run = None
if captured:
    import wanllmdb
    run = wanllmdb.init(project="p", mode="offline",
        settings={{"monitor_system": False, "save_facts": False, "silent": True, "console": "wrap",
                   "spool_limit": 0}})
else:
    import wanllmdb.offline
took = []
for number in range({paced}):
    until = time.perf_counter() + 50e-6
    while time.perf_counter() < until:
        pass
    began = time.perf_counter()
    print(lines[number % 1000])
    took.append(time.perf_counter() - began)
time.sleep(1.5)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cpu, wall = time.process_time(), time.perf_counter()
for number in range({lines}):
    print(lines[number % 1000])
printed = time.perf_counter() - wall
lost = 0
if run is not None:
    run.finish()
    lost = run.lost
took.sort()
sys.__stdout__.write(json.dumps(dict(
    paced=sum(took[: len(took) * 9 // 10]) / (len(took) * 9 // 10),
    cpu=time.process_time() - cpu, wall=printed, lost=lost,
    rss=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)))
"""


def main() -> None:
    """Print the table."""
    _say("probes", "one reading of processors, memory, network", _host())
    for cores in (64, 128, 256):
        with simulated(cores):
            _say("", f"the same with {cores} simulated cores", _host())
    _say("", "one reading of the disk", _disk())
    _say("", "one reading of the process", _process())
    with children(64):
        _say("", "the same with 64 children", _process())
    _say("", "all of them, as the monitor reads and keeps them", _monitor())
    _console()
    _redaction()


def _say(group: str, what: str, seconds: float) -> None:
    share = 100 * seconds / INTERVAL
    print(f"{group:10} {what:45} {1e3 * seconds:9.3f} ms   {share:7.4f} % of a core")


def _cost(read: Callable[[], object], *, times: int = 40) -> float:
    """Processor seconds of this thread, of one reading."""
    means: list[float] = []
    for _ in range(5):
        began = time.thread_time()
        for _ in range(times):
            read()
        means.append((time.thread_time() - began) / times)
    return min(means)


def _host() -> float:
    from wanllmdb.probes.host import Host

    return _cost(Host().read)


def _disk() -> float:
    from wanllmdb.probes.disk import Disk

    return _cost(Disk(Path.cwd()).read)


def _process() -> float:
    from wanllmdb.probes.process import Process

    return _cost(Process().read)


def _monitor(readings: int = 200) -> float:
    """Processor seconds of the process for a reading, with threads, encoding and the journal."""
    import wanllmdb
    from wanllmdb.companions import probes
    from wanllmdb.probes.probe import Monitor, steady
    from wanllmdb.wire import Kind, encode

    os.environ["HOME"] = tempfile.mkdtemp()
    settings = {"monitor_system": False, "console": "off", "silent": True, "save_facts": False}
    run = wanllmdb.init(project="p", mode="offline", settings=settings)
    done = threading.Event()

    def write(seq: int, time_us: int, found: dict[str, float]) -> None:
        run._append(Kind.SYSTEM, encode((seq, time_us, found)))
        if seq == readings:
            done.set()

    monitor = Monitor(probes(run), write, pace=steady(0.02))
    time.sleep(1)
    began = time.process_time()
    monitor.start()
    done.wait(120)
    spent = time.process_time() - began
    monitor.close()
    run.finish()
    shutil.rmtree(os.environ["HOME"])
    return spent / readings


@contextmanager
def simulated(cores: int) -> Iterator[None]:
    """The library psutil reads a `/proc` with so many cores."""
    import psutil

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "net").mkdir()
        for name in ("meminfo", "vmstat", "net/dev", "stat"):
            (root / name).write_bytes(Path("/proc", name).read_bytes())
        total, first, *others = (root / "stat").read_text().splitlines()
        lines = [total, *(f"cpu{n} {first.split(' ', 1)[1]}" for n in range(cores))]
        lines += [line for line in others if not line.startswith("cpu")]
        (root / "stat").write_text("\n".join(lines) + "\n")
        psutil.PROCFS_PATH = folder
        try:
            yield
        finally:
            psutil.PROCFS_PATH = "/proc"


@contextmanager
def children(count: int) -> Iterator[None]:
    """So many processes that this one began."""
    began = [subprocess.Popen(["sleep", "60"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in began:
            process.kill()
            process.wait()


def _console() -> None:
    bare = printing(captured=False)
    ours = printing(captured=True)
    waited, spent = ours["paced"] - bare["paced"], (ours["cpu"] - bare["cpu"]) / LINES
    print(f"console    print, a line each 50 µs {1e6 * waited:27.2f} µs")
    print(f"           in all, a million lines flat out {1e6 * spent:19.2f} µs a line")
    print(f"           wall time {ours['wall']:42.2f} s, bare {bare['wall']:.2f} s")
    print(f"           left out {ours['lost']:40.0f} lines; RSS + {ours['rss'] / 1024:.1f} MiB")


def printing(*, captured: bool) -> dict[str, float]:
    """The lowest figures of three processes that print."""
    found: list[dict[str, float]] = []
    for _ in range(3):
        home = tempfile.mkdtemp()
        try:
            script = _PRINTS.format(captured=captured, paced=PACED, lines=LINES)
            done = subprocess.run(
                [sys.executable, "-c", script],
                env={"HOME": home, "PATH": os.environ["PATH"]},
                cwd=home,
                stdout=subprocess.PIPE,
                check=True,
            )
            found.append(json.loads(done.stdout))
        finally:
            shutil.rmtree(home)
    return {key: min(each[key] for each in found) for key in found[0]}


def _redaction() -> None:
    from wanllmdb.redaction import clean_text

    lines = {
        "short words": "12:52:43 INFO trainer: epoch 3 step 12000 loss=0.12345 lr=1e-4",
        "a long word": "saving to /home/ada/experiments/resnet/checkpoints/model-00012.pt",
        "`key`, `token`": "tokens per second 12345, keys of the optimizer 3, no secret here",
    }
    for name, begins in lines.items():
        line = (begins + " and so on" * 10)[:100]
        seconds = min(timeit.repeat(lambda line=line: clean_text(line), number=5000, repeat=7))
        print(f"redaction  {name:20} {1e6 * seconds / 5000:33.2f} µs")


if __name__ == "__main__":
    main()

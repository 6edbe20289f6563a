"""Probes read the machine, and what goes away or hangs does not take the others with it."""

from __future__ import annotations

import math
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.sdk.journals import kept_in

import wanllmdb as wandb
from wanllmdb.probes import host
from wanllmdb.probes.disk import Disk
from wanllmdb.probes.host import Host
from wanllmdb.probes.probe import Monitor, Probe, Reader, SilentError, settling, steady
from wanllmdb.probes.process import Family, Process
from wanllmdb.wire import Kind


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_host_is_read() -> None:
    readings = Host().read()
    for key in (
        "cpu",
        "cpu.load",
        "memory",
        "memory.available_gb",
        "network.sent_mb",
        "network.received_mb_s",
    ):
        assert math.isfinite(readings[f"system/{key}"])
    assert all(key.startswith("system/") for key in readings)
    assert 0 < readings["system/memory"] <= 100
    assert any(key.removeprefix("system/cpu.").isdecimal() for key in readings)


def test_a_processor_that_works_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([[(0.0, 0.0), (0.0, 0.0)], [(7.5, 10.0), (0.0, 10.0)]])
    monkeypatch.setattr(host, "_core_times", lambda: next(times))
    readings = host.Cores(None, None, Clock()).read()
    assert readings["system/cpu.0"] == 75.0
    assert readings["system/cpu.1"] == 0.0
    assert readings["system/cpu"] == 37.5
    assert "system/cpu.limit_cores" not in readings


def test_only_the_processors_that_the_process_may_use_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = [[(0.0, 0.0)] * 128, [(float(number % 2), 1.0) for number in range(128)]]
    times = iter(many)
    monkeypatch.setattr(host, "_core_times", lambda: next(times))
    readings = host.Cores({100, 101}, None, Clock()).read()
    assert readings["system/cpu.100"] == 0.0
    assert readings["system/cpu.101"] == 100.0
    assert readings["system/cpu"] == 50.0
    assert readings["system/cpu.limit_cores"] == 2
    assert "system/cpu.0" not in readings


def test_of_very_many_processors_the_first_are_told_and_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = iter([[(0.0, 0.0)] * 256, [(1.0, 1.0)] * 64 + [(0.0, 1.0)] * 192])
    monkeypatch.setattr(host, "_core_times", lambda: next(many))
    readings = host.Cores(None, None, Clock()).read()
    assert "system/cpu.63" in readings
    assert "system/cpu.64" not in readings
    assert readings["system/cpu"] == 25.0


def test_the_disk_is_read_also_before_its_folder_is_there(tmp_path: Path) -> None:
    readings = Disk(tmp_path / "not" / "yet").read()
    assert set(readings) == {
        "system/disk",
        "system/disk.free_gb",
        "system/disk.read_mb_s",
        "system/disk.written_mb_s",
    }
    assert all(math.isfinite(value) for value in readings.values())


def test_what_goes_to_the_disk_is_told_per_second(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    stat = tmp_path / f"sys/dev/block/{os.major(device)}:{os.minor(device)}/stat"
    stat.parent.mkdir(parents=True)
    stat.write_text("1 0 2000 0 1 0 4000 0 0 0 0")
    clock = Clock()
    disk = Disk(tmp_path, tmp_path, clock=clock)
    clock.now += 2
    stat.write_text("1 0 6000 0 1 0 12000 0 0 0 0")
    readings = disk.read()
    assert readings["system/disk.read_mb_s"] == pytest.approx(4000 * 512 / 1e6 / 2, abs=1e-3)
    assert readings["system/disk.written_mb_s"] == pytest.approx(8000 * 512 / 1e6 / 2, abs=1e-3)


def test_the_process_is_read() -> None:
    readings = Process().read()
    assert readings["system/process.memory_gb"] > 0
    assert readings["system/process.threads"] >= 1
    assert readings["system/process.cpu"] >= 0


def test_what_the_process_computes_is_told_in_per_cent_of_a_core() -> None:
    clock = Clock()
    process = Process(clock=clock)
    began = time.process_time()
    while time.process_time() - began < 0.3:
        pass
    clock.now += 1
    assert 25 <= process.read()["system/process.cpu"] <= 100


def test_children_and_their_children_are_counted_in() -> None:
    script = (
        "import subprocess, sys;"
        "subprocess.Popen([sys.executable, '-c',"
        " 'print(flush=True); x = bytearray(50_000_000); input()'],"
        " stdin=sys.stdin).wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"\n"
        alone = Family(Path("/nonexistent")).descendants()
        found = Family(Path("/proc")).descendants()
        readings = Process().read()
        child.communicate(b"\n")
    assert child.pid in found
    # As the list of the kernel says, so does a look through all; in whatever order.
    assert sorted(found) == sorted(alone)
    assert readings["system/process.children"] >= 2
    assert readings["system/process.memory_gb"] > 0.02


class Counting:
    """Reads how often it was read."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self) -> dict[str, float]:
        self.asked += 1
        return {"system/counting": float(self.asked), "system/none": math.nan}


class Failing(Counting):
    def read(self) -> dict[str, float]:
        self.asked += 1
        raise RuntimeError("the device went away")


class Hanging(Counting):
    """Does not answer before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()

    def read(self) -> dict[str, float]:
        self.asked += 1
        self.let.wait(30)
        return {"system/late": 1.0}


class Watched:
    """A monitor, with what it wrote and said."""

    def __init__(self, **probes: Callable[[], Probe]) -> None:
        self.written: list[tuple[int, dict[str, float]]] = []
        self.said: list[str] = []
        self.enough = threading.Event()
        self.monitor = Monitor(
            probes, self.write, pace=steady(0.01), warn=self.said.append, patience=0.2
        )

    def write(self, seq: int, time_us: int, readings: dict[str, float]) -> None:
        assert time_us > 1_600_000_000_000_000
        self.written.append((seq, readings))
        if len(self.written) == 3:
            self.enough.set()

    def until_enough(self) -> None:
        self.monitor.start()
        assert self.enough.wait(20)
        self.monitor.close()


def test_a_probe_that_fails_is_dropped_and_said_once_and_the_others_go_on() -> None:
    counting, failing = Counting(), Failing()
    watched = Watched(broken=lambda: failing, counting=lambda: counting)
    watched.until_enough()
    assert failing.asked == 1
    assert watched.said == [
        "the broken of this machine cannot be read any more: the device went away"
    ]
    assert watched.written[:3] == [
        (0, {"system/counting": 1.0}),
        (1, {"system/counting": 2.0}),
        (2, {"system/counting": 3.0}),
    ]


def test_a_probe_that_hangs_is_left_to_itself_and_the_others_go_on() -> None:
    counting, hanging = Counting(), Hanging()
    watched = Watched(stuck=lambda: hanging, counting=lambda: counting)
    watched.until_enough()
    assert hanging.asked == 1
    assert len(watched.said) == 1
    assert "the stuck of this machine" in watched.said[0]
    assert all("system/late" not in readings for _, readings in watched.written)
    hanging.let.set()


def test_a_probe_that_cannot_be_made_is_not_there_and_nobody_is_told() -> None:
    def absent() -> Probe:
        raise OSError("no such card")

    watched = Watched(absent=absent, counting=Counting)
    watched.until_enough()
    assert watched.said == []


def test_a_probe_that_hangs_while_it_is_made_holds_nobody_up() -> None:
    let = threading.Event()

    def slow() -> Probe:
        let.wait(30)
        return Counting()

    watched = Watched(slow=slow, counting=Counting)
    watched.until_enough()
    let.set()


def test_the_end_does_not_wait_for_a_probe_that_hangs() -> None:
    hanging = Hanging()
    watched = Watched(stuck=lambda: hanging)
    watched.monitor._patience = 60
    watched.monitor.start()
    while not hanging.asked:
        time.sleep(0.005)
    ended = threading.Thread(target=watched.monitor.close)
    ended.start()
    ended.join(10)
    assert not ended.is_alive()
    assert watched.said == []
    hanging.let.set()


def test_a_monitor_leaves_no_thread_behind() -> None:
    watched = Watched(counting=Counting)
    watched.until_enough()
    for thread in threading.enumerate():
        if thread.name.startswith("wanllmdb-probe"):
            thread.join(10)
            assert not thread.is_alive()


def test_a_reader_answers_and_raises_what_was_raised() -> None:
    reader = Reader()
    assert reader.ask(lambda: {"a": 1.0}, 10) == {"a": 1.0}
    with pytest.raises(RuntimeError, match="went away"):
        reader.ask(Failing().read, 10)
    assert reader.ask(dict, 10) == {}
    hanging = Hanging()
    with pytest.raises(SilentError):
        reader.ask(hanging.read, 0.01)
    hanging.let.set()


def test_the_first_minutes_are_looked_at_more_closely() -> None:
    assert [settling(30.0)(seconds) for seconds in (0, 299, 300, 9999)] == [10, 10, 30, 30]
    assert [settling(5.0)(seconds) for seconds in (0, 300)] == [5, 5]
    assert [steady(30.0)(seconds) for seconds in (0, 300)] == [30, 30]


def test_a_run_keeps_what_the_host_says(home: Path) -> None:
    run = wandb.init(
        project="p", mode="offline", monitor_interval=0.05, settings={"console": "off"}
    )
    directory = Path(run.dir).parent
    for _ in range(1000):
        if len(kept_in(directory, Kind.SYSTEM)) > 2:
            break
        threading.Event().wait(0.02)
    run.finish()
    seq, time_us, readings = kept_in(directory, Kind.SYSTEM)[2]
    assert seq == 2
    assert abs(time_us / 1e6 - run.start_time) < 60
    assert {"system/cpu", "system/disk", "system/process.cpu"} <= set(readings)


def test_a_run_may_leave_the_host_alone(home: Path) -> None:
    for settings in ({"console": "off"}, {"console": "off", "x_disable_stats": True}):
        run = wandb.init(
            project="p",
            mode="offline",
            monitor_system=False if len(settings) == 1 else None,
            settings=settings,
        )
        directory = Path(run.dir).parent
        run.finish()
        assert kept_in(directory, Kind.SYSTEM) == []


def _child(answers: Any) -> None:
    answers.put([thread.name for thread in threading.enumerate()])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_the_child_of_a_fork_reads_nothing(home: Path) -> None:
    run = wandb.init(
        project="p", mode="offline", monitor_interval=0.05, settings={"console": "off"}
    )
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    child = fork.Process(target=_child, args=(answers,))
    child.start()
    names = answers.get()
    child.join(20)
    assert child.exitcode == 0
    assert [name for name in names if "monitor" in name or "probe" in name] == []
    run.finish()

"""Within a container or a batch job, what counts is its share of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from wanllmdb.probes import cgroup, host
from wanllmdb.probes.host import Host

GB = 1_000_000_000
V2 = "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
V1 = (
    "31 1 0:27 {root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 1 0:28 {root} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)


def machine(root: Path, mine: str, mounts: str, **files: str) -> Path:
    """A root with these files; `__` in their names stands for a slash."""
    for name, text in {
        "proc__self__cgroup": mine,
        "proc__self__mountinfo": mounts,
        **files,
    }.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def group(root: Path, folder: str, **files: str) -> None:
    """A cgroup with these files; `_DOT_` in their names stands for a dot."""
    path = root / "sys/fs/cgroup" / folder
    path.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (path / name.replace("_DOT_", ".")).write_text(text)


def test_a_container_of_version_two_tells_its_limits(tmp_path: Path) -> None:
    root = machine(tmp_path, "0::/\n", V2)
    group(root, "", cpu_DOT_max="200000 100000\n", cpu_DOT_stat="usage_usec 5000000\nx 1\n")
    group(root, "", memory_DOT_max=f"{8 * GB}\n", memory_DOT_current=f"{3 * GB}\n")
    group(root, "", memory_DOT_stat=f"anon 1\ninactive_file {GB}\n")
    cores, memory = cgroup.cores(root), cgroup.memory(root, total=64 * GB)
    assert cores is not None
    assert memory is not None
    assert (cores.limit, cores.seconds()) == (2.0, 5.0)
    assert (memory.limit, memory.used()) == (8 * GB, 2 * GB)


def test_the_tightest_of_the_groups_around_a_process_counts(tmp_path: Path) -> None:
    root = machine(tmp_path, "0::/job/step\n", V2)
    group(root, "job/step", cpu_DOT_max="max 100000\n", memory_DOT_max="max\n")
    group(root, "job", cpu_DOT_max="400000 100000\n", cpu_DOT_stat="usage_usec 1\n")
    group(root, "job", memory_DOT_max=f"{4 * GB}\n")
    group(root, "", cpu_DOT_max="800000 100000\n", cpu_DOT_stat="usage_usec 1\n")
    cores, memory = cgroup.cores(root), cgroup.memory(root, total=64 * GB)
    assert cores is not None
    assert memory is not None
    assert cores.limit == 4.0
    assert memory.group == root / "sys/fs/cgroup/job"


@pytest.mark.parametrize("within", ["/", "/docker/abc"])
def test_a_container_of_version_one_tells_its_limits(tmp_path: Path, within: str) -> None:
    mine = "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n"
    root = machine(tmp_path, mine, V1.format(root=within))
    group(root, "cpu,cpuacct", cpu_DOT_cfs_quota_us="150000\n", cpu_DOT_cfs_period_us="100000\n")
    group(root, "cpu,cpuacct", cpuacct_DOT_usage="7000000000\n")
    group(root, "memory", memory_DOT_limit_in_bytes=f"{8 * GB}\n")
    group(root, "memory", memory_DOT_usage_in_bytes=f"{3 * GB}\n")
    group(root, "memory", memory_DOT_stat=f"total_inactive_file {GB}\n")
    cores, memory = cgroup.cores(root), cgroup.memory(root, total=64 * GB)
    assert cores is not None
    assert memory is not None
    assert (cores.limit, cores.seconds()) == (1.5, 7.0)
    assert (memory.limit, memory.used()) == (8 * GB, 2 * GB)


def test_what_is_counted_may_be_mounted_apart_from_what_is_limited(tmp_path: Path) -> None:
    mounts = (
        "31 1 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
        "32 1 0:28 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"
    )
    root = machine(tmp_path, "2:cpuacct:/a\n1:cpu:/b\n", mounts)
    group(root, "cpu/b", cpu_DOT_cfs_quota_us="100000", cpu_DOT_cfs_period_us="100000")
    group(root, "cpuacct/a", cpuacct_DOT_usage="3000000000")
    cores = cgroup.cores(root)
    assert cores is not None
    assert cores.seconds() == 3.0


def test_without_a_limit_there_is_none(tmp_path: Path) -> None:
    assert cgroup.cores(tmp_path) is None
    assert cgroup.memory(tmp_path, total=GB) is None
    root = machine(tmp_path, "4:memory:/\n3:cpu,cpuacct:/\n", V1.format(root="/"))
    group(root, "cpu,cpuacct", cpu_DOT_cfs_quota_us="-1\n", cpu_DOT_cfs_period_us="100000\n")
    group(root, "memory", memory_DOT_limit_in_bytes="9223372036854771712\n")
    assert cgroup.cores(root) is None
    assert cgroup.memory(root, total=GB) is None


def test_processors_and_memory_are_told_relative_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "_core_times", lambda: [(1.0, 2.0)] * 8)
    now = [100.0]
    root = machine(tmp_path, "0::/\n", V2)
    group(root, "", cpu_DOT_max="200000 100000\n", cpu_DOT_stat="usage_usec 5000000\n")
    group(root, "", memory_DOT_max="1000000\n", memory_DOT_current="250000\n")
    group(root, "", memory_DOT_stat="inactive_file 0\n")
    probe = Host(root, clock=lambda: now[0])
    now[0] += 10
    group(root, "", cpu_DOT_stat="usage_usec 15000000\n")
    readings = probe.read()
    assert readings["system/cpu"] == 50.0  # ten of twenty seconds that two cores have
    assert readings["system/cpu.limit_cores"] == 2.0
    assert readings["system/memory"] == 25.0
    assert readings["system/memory.limit_gb"] == 0.001
    assert readings["system/memory.available_gb"] == 0.001


def test_a_limit_that_can_be_read_no_more_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "_core_times", lambda: [(1.0, 2.0)] * 8)
    root = machine(tmp_path, "0::/\n", V2)
    group(root, "", cpu_DOT_max="200000 100000\n", cpu_DOT_stat="usage_usec 5000000\n")
    group(root, "", memory_DOT_max="1000000\n", memory_DOT_current="250000\n")
    probe = Host(root)
    (root / "sys/fs/cgroup/cpu.stat").unlink()
    readings = probe.read()
    assert "system/cpu" in readings
    assert "system/memory" in readings
    assert "system/memory.limit_gb" not in readings

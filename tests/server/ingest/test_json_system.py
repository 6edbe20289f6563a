"""Readings of a machine as JSON: they become what the SDK's own probes would have logged."""

from __future__ import annotations

import pytest
from tests.server.house import House, exact

from wanllmdb_server.domain.reading import reading_of, system_key

SYSTEM = "/api/v1/metrics/system/batch"
RUN = "ann/vision/first"

# What a sender calls a figure, with a value, and what the probe's series says instead.
NAMES = {
    "cpu": (12.5, "cpu", 12.5),
    "cpu_percent": (12.5, "cpu", 12.5),
    "cpuUsage": (12.5, "cpu", 12.5),
    "cpu_core_3": (50, "cpu.3", 50),
    "cpu_0_percent": (50, "cpu.0", 50),
    "cpu_load_avg": (1.5, "cpu.load", 1.5),
    "memory_percent": (40, "memory", 40),
    "mem_usage": (40, "memory", 40),
    "memory_available": (2_000_000_000, "memory.available_gb", 2.0),
    "memory_available_mb": (1500, "memory.available_gb", 1.5),
    "memory_used_gb": (3, "memory.used_gb", 3),
    "disk_usage_percent": (70, "disk", 70),
    "disk_free": (5_000_000_000, "disk.free_gb", 5.0),
    "network_sent": (3_000_000, "network.sent_mb", 3.0),
    "bytes_recv": (3_000_000, "network.received_mb", 3.0),
    "network_bytes_received": (3_000_000, "network.received_mb", 3.0),
    "network_sent_kb": (500, "network.sent_mb", 0.5),
    "gpu_utilization": (90, "gpu.0", 90),
    "gpu_1_utilization": (90, "gpu.1", 90),
    "gpu_1_temperature": (61, "gpu.1.temperature", 61),
    "gpu_1_temp": (61, "gpu.1.temperature", 61),
    "gpu.1.temp": (61, "gpu.1.temp", 61),
    "gpu_memory_used_mib": (1024, "gpu.0.memory_gb", 1.073741824),
    "gpu_memory_used": (1024, "gpu.0.memory_used", 1024),  # of which unit nobody knows
    "gpu_0_power_draw": (200, "gpu.0.power", 200),
    "process_memory": (1_000_000_000, "process.memory_gb", 1.0),
    "fan speed": (900, "fan speed", 900),
    "系统": (1, "系统", 1),
    "system/anything.else": (7, "anything.else", 7),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_gets_the_name_and_the_unit_of_the_probe(name: str) -> None:
    value, key, kept = NAMES[name]
    [(found, said)] = reading_of({name: value}).items()
    assert found == f"system/{key}"
    assert said == pytest.approx(kept)


def test_the_probes_own_names_are_kept_as_they_are() -> None:
    own = """
        cpu cpu.7 cpu.load cpu.limit_cores
        memory memory.available_gb memory.limit_gb memory.swap
        disk disk.free_gb disk.read_mb_s disk.written_mb_s
        network.sent_mb network.received_mb network.sent_mb_s network.received_mb_s
        process.cpu process.memory_gb process.threads process.children
        gpu.0 gpu.1.memory_busy gpu.0.memory gpu.0.memory_gb gpu.0.memory_total_gb gpu.0.power
        gpu.0.temperature gpu.0.power_limit gpu.0.power_percent gpu.0.clock_sm gpu.0.clock_memory
        gpu.0.encoder gpu.0.decoder gpu.0.process gpu.0.process_memory_gb
    """
    for name in own.split():
        assert system_key(name) == (f"system/{name}", 1.0)


def test_a_nested_reading_is_as_a_flat_one() -> None:
    reading = {
        "cpu": {"percent": 20, "per_core": [10, 30]},
        "memory": {"percent": 50, "available": 1e9},
        "gpus": [{"utilization": 5, "temperature": 40}, {"utilization": 6}],
        "cpu_percent": 21,
        "hostname": "node-1",
    }
    assert reading_of(reading) == {
        "system/cpu": 20,
        "system/cpu.0": 10,
        "system/cpu.1": 30,
        "system/memory": 50,
        "system/memory.available_gb": 1.0,
        "system/gpu.0": 5,
        "system/gpu.0.temperature": 40,
        "system/gpu.1": 6,
        "system/cpu_percent": 21,  # its series has a figure already
        "system/hostname": "node-1",
    }


async def test_readings_become_series_that_no_summary_has(house: House) -> None:
    time = "2023-11-14T22:13:20Z"
    metrics = [
        {"run_id": RUN, "timestamp": time, "cpu_percent": 10, "memory_percent": 40},
        {"run_id": RUN, "timestamp": time, "metric_name": "cpu_percent", "value": "NaN"},
        {"run_id": "first", "timestamp": time, "values": {"cpu": 30, "disk_free": 2e9}},
        {"run_id": RUN, "timestamp": time, "key": "system/own", "value": 1, "step": 7},
    ]
    async with house.client("member") as http:
        for _ in range(2):
            answer = await http.post(SYSTEM, json={"metrics": metrics, "batch_id": "b"})
            assert answer.json() == {"accepted": 6, "rejected": []}
        assert await exact(http, "system/cpu") == [(0, 10), (1, "NaN"), (2, 30)]
        assert await exact(http, "system/memory") == [(0, 40)]
        assert await exact(http, "system/disk.free_gb") == [(0, 2.0)]
        assert await exact(http, "system/own") == [(7, 1)]
        run = (await http.get("/api/v1/projects/ann/vision/runs/first")).json()
        assert run["summary"] == {}


async def test_a_bad_figure_is_named_and_the_others_are_kept(house: House) -> None:
    metrics = [
        {"run_id": RUN, "cpu": 1, "hostname": "node-1", "memory": None},
        {"run_id": RUN},
        {"cpu": 1},
        {"run_id": RUN, "value": 1},
        {"run_id": RUN, "metric_name": "cpu"},
        {"run_id": RUN, "metric_name": 3, "value": 1},
        {"run_id": RUN, "cpu": 1, "timestamp": "yesterday"},
        {"run_id": RUN, "metric_name": "cpu", "value": [1]},
        "reading",
        {"run_id": "sam/vision/first", "cpu": 1},
        {"run_id": RUN, "cpu": 2},
    ]
    async with house.client("member") as http:
        said = (await http.post(SYSTEM, json={"metrics": metrics})).json()
        assert said["accepted"] == 2
        assert [(each["index"], each["code"], each.get("key")) for each in said["rejected"]] == [
            (0, "bad-value", "system/hostname"),
            (0, "bad-value", "system/memory"),
            (1, "missing-value", None),
            (2, "invalid", None),
            (3, "missing-key", None),
            (4, "missing-value", None),
            (5, "missing-key", None),
            (6, "bad-timestamp", None),
            (7, "bad-value", None),
            (8, "invalid", None),
            (9, "run-not-found", None),
        ]
        assert await exact(http, "system/cpu") == [(0, 1), (1, 2)]

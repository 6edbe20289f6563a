"""A server that keeps files in a bucket: logged, read, backed up, looked at and moved there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.buckets import BucketService
from tests.journeys.processes import ServerProcess

LOGGED = """
import hashlib, json, os
import wanllmdb as wandb

run = wandb.init(project="vision", id="first")
run.log({"loss": 1})
art = wandb.Artifact("weights", "model")
with art.new_file("large.bin", mode="wb") as file:
    for n in range(20):
        file.write(bytes([n]) * (1 << 20))
for n in range(30):
    with art.new_file(f"small/{n}.txt") as file:
        file.write(f"this is {n}")
run.log_artifact(art).wait()
run.finish()
"""
READ = """
import hashlib, pathlib
import wanllmdb as wandb

folder = pathlib.Path(wandb.Api().artifact("vision/weights:latest").download())
print([hashlib.sha256((folder / name).read_bytes()).hexdigest()
       for name in ("large.bin", "small/7.txt")], len(list(folder.rglob("*.txt"))))
"""


@pytest.fixture
def service() -> Iterator[BucketService]:
    running = BucketService().start()
    running.make("lab")
    yield running
    running.stop()


@pytest.fixture
def server(tmp_path: Path, service: BucketService) -> Iterator[ServerProcess]:
    running = ServerProcess(
        tmp_path, extra=("--blobs", "s3://lab/files"), variables=service.variables
    )
    yield running.start()
    running.stop()


def ran(server: ServerProcess, name: str, script: str) -> str:
    path = server.root / f"{name}.py"
    path.write_text(script)
    process = server.run_script(path)
    output = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0, output
    return output


def commanded(server: ServerProcess, *words: str, status: int = 0) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "wanllmdb", *words, "--json"],
        env=server.environment, cwd=server.root, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout) if done.stdout else done.stderr


@pytest.mark.timeout(180)
def test_files_are_in_the_bucket_and_nowhere_else(
    server: ServerProcess, service: BucketService
) -> None:
    ran(server, "log", LOGGED)
    there = service.sizes("lab")
    assert len(there) > 31
    assert {name.split("/")[0] for name in there} == {"files"}
    assert [path for path in (server.root / "data" / "blobs").rglob("*") if path.is_file()] == []
    read = ran(server, "read", READ)

    data, bucket = str(server.root / "data"), ("--blobs", "s3://lab/files")
    commanded(server, "backup", "backup", "--data-dir", data, *bucket)
    assert commanded(server, "doctor", "--deep", "--data-dir", data, *bucket)["findings"] == []
    [large] = [name for name, size in there.items() if size == 20 << 20]
    service.replace("lab", large, b"damaged")
    found = commanded(server, "doctor", "--data-dir", data, *bucket, status=1)["findings"]
    assert [each["code"] for each in found] == ["file-damaged"]

    server.stop()
    words = ("restore", "backup", "--data-dir", data, "--replace", "--blobs", "s3://lab/again")
    commanded(server, *words)
    moved = {f"again{name.removeprefix('files')}": size for name, size in there.items()}
    assert moved.items() <= service.sizes("lab").items()
    server.extra = ("--blobs", "s3://lab/again")
    server.start()
    shutil.rmtree(server.root / "artifacts")
    assert ran(server, "read", READ) == read


@pytest.mark.timeout(120)
def test_without_its_bucket_a_server_goes_on_and_says_what_waits(
    server: ServerProcess, service: BucketService
) -> None:
    ran(server, "log", LOGGED)
    path = f"/projects/{server.owner}/vision/artifacts/weights/versions/v0/files/small/7.txt"
    service.stop()
    with pytest.raises(urllib.error.HTTPError) as told:
        server.get(path)
    problem = json.loads(told.value.read())
    told.value.close()
    assert (told.value.code, problem["code"]) == (503, "files-unavailable")
    assert server.get(f"/projects/{server.owner}/vision/runs/first")["state"] == "finished"


def test_files_that_would_not_be_found_are_not_left_behind(
    tmp_path: Path, service: BucketService
) -> None:
    there = tmp_path / "data" / "blobs" / "ab" / "cd"
    there.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "wanllmdb", "server", "--port", "0", "--metrics-port", "0",
         "--data-dir", str(tmp_path / "data"), "--blobs", "s3://lab/files"],
        env={**ServerProcess(tmp_path).environment, **service.variables},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "wanllmdb restore DIR --replace --blobs s3://lab/files" in done.stderr

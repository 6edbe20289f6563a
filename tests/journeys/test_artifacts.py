"""Artifacts, from one real process to another: whole or not there, once, and nobody else's."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Figure
from tests.journeys.processes import ServerProcess, eventually

pytestmark = pytest.mark.timeout(180)


def script(server: ServerProcess, text: str, name: str = "train.py") -> Path:
    path = server.root / name
    path.write_text("import os, sys, time\nimport wanllmdb as wandb\n" + textwrap.dedent(text))
    return path


def run(server: ServerProcess, text: str, **environment: str) -> str:
    """A script, run to its end; what it printed."""
    process = server.run_script(script(server, text), **environment)
    told = process.communicate(timeout=150)[0].decode()
    assert process.returncode == 0, told
    return told


def sync(server: ServerProcess) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wanllmdb", "sync"],
        env=server.environment, cwd=server.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def versions(server: ServerProcess, artifact: str) -> list[dict[str, Any]]:
    path = f"/projects/{server.owner}/p/artifacts/{artifact}/versions"
    try:
        return server.get(path)["items"]
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return []


def files(server: ServerProcess, artifact: str, version: str = "latest") -> dict[str, str]:
    """The paths of a version and their digests."""
    where = f"/projects/{server.owner}/p/artifacts/{artifact}/versions/{version}/manifest"
    page = server.get(f"{where}?limit=10000")
    assert page["next"] is None
    return {each["path"]: each["digest"] for each in page["items"]}


def content(server: ServerProcess, artifact: str, path: str) -> bytes:
    where = f"/projects/{server.owner}/p/artifacts/{artifact}/versions/latest/files/{path}"
    request = urllib.request.Request(
        f"{server.url}/api/v1{where}", headers={"Authorization": f"Bearer {server.key}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


def left_behind(server: ServerProcess) -> list[Path]:
    """Files of runs that are still on this machine."""
    spool = server.root / "home" / ".local" / "state" / "wanllmdb" / "spool"
    return [path for path in spool.rglob("*") if path.is_file()]


LOGGED = """
    run = wandb.init(project="p")
    art = wandb.Artifact("digits", type="dataset", metadata={"n": 3})
    for n in range(3):
        with art.new_file(f"part/{n}.txt") as file:
            file.write(f"content {n}")
    open("mine.txt", "w").write("as it was")
    art.add_file("mine.txt")
    run.log({"loss": 1.0})
    run.log_artifact(art, aliases=["best"])
"""


def test_what_was_logged_before_a_sigkill_is_whole_after_sync(server: ServerProcess) -> None:
    server.stop()
    told = (
        LOGGED
        + """
    open("mine.txt", "w").write("changed")
    os.remove("mine.txt")
    os.kill(os.getpid(), 9)
    """
    )
    process = server.run_script(script(server, told))
    process.communicate(timeout=60)
    assert process.returncode == -9
    server.start()
    assert versions(server, "digits") == []
    sync(server)
    [version] = versions(server, "digits")
    assert version["aliases"] == ["best", "latest"]
    assert set(files(server, "digits")) == {"mine.txt", *(f"part/{n}.txt" for n in range(3))}
    assert content(server, "digits", "mine.txt") == b"as it was"
    assert left_behind(server) == []
    sync(server)
    assert len(versions(server, "digits")) == 1


def test_an_offline_run_sends_its_artifacts_with_sync_and_says_so_meanwhile(
    server: ServerProcess,
) -> None:
    told = run(
        server,
        LOGGED
        + """
    try:
        art.wait()
    except wandb.CommError as error:
        print("WAIT", error)
    try:
        run.use_artifact("digits:latest")
    except wandb.CommError as error:
        print("USE", error)
    run.use_artifact(art)
    run.link_artifact(art, "registry", aliases=["prod"])
    run.finish()
    """,
        WANLLMDB_MODE="offline",
    )
    assert "wanllmdb sync" in told.partition("WAIT")[2].partition("\n")[0]
    assert "offline" in told.partition("USE")[2].partition("\n")[0]
    sync(server)
    [version] = versions(server, "digits")
    [linked] = versions(server, "registry")
    assert linked["id"] == version["id"]
    assert linked["aliases"] == ["latest", "prod"]
    where = f"/projects/{server.owner}/p/artifacts/digits/versions/v0/lineage"
    lineage = server.get(where)
    assert lineage["used_by"] == [lineage["logged_by"]]
    assert left_behind(server) == []


def test_a_server_that_dies_in_the_middle_of_an_upload_gets_the_rest_when_it_is_back(
    server: ServerProcess,
) -> None:
    path = script(
        server,
        """
        run = wandb.init(project="p")
        art = wandb.Artifact("big", type="dataset")
        for n in range(40):
            with art.new_file(f"{n}.bin", mode="wb") as file:
                file.write(os.urandom(3_000_000))
        run.log_artifact(art)
        print("LOGGED", flush=True)
        art.wait(timeout=120)
        print("DIGEST", art.digest, art.manifest.digest(), art.version)
        run.finish()
        """,
    )
    process = server.run_script(path)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"LOGGED"):
            break
    blobs = server.root / "data" / "blobs"
    eventually(lambda: sum(p.is_file() for p in blobs.rglob("*")) > 5, why="some bytes arrived")
    server.kill()
    kept = sum(path.is_file() and "incoming" not in path.parts for path in blobs.rglob("*"))
    assert 0 < kept < 40
    time.sleep(1)
    server.start()
    told = process.communicate(timeout=150)[0].decode()
    assert process.returncode == 0, told
    words = told.partition("DIGEST ")[2].split()
    assert words[0] == words[1]
    assert words[2] == "v0"
    assert len(files(server, "big")) == 40


def test_of_a_second_version_only_what_is_new_goes_to_the_server(
    server: ServerProcess, figure: Figure
) -> None:
    told = run(
        server,
        """
        run = wandb.init(project="p", id="r1")
        os.makedirs("many/sub")
        for n in range(2000):
            with open(f"many/{'sub/' * (n % 2)}{n}.txt", "w") as file:
                file.write(f"file {n}")
        times = [time.perf_counter()]
        for turn in range(2):
            art = wandb.Artifact("many", type="dataset")
            art.add_dir("many")
            run.log_artifact(art)
            times.append(time.perf_counter())
            art.wait()
            times.append(time.perf_counter())
            with open("many/0.txt", "w") as file:
                file.write("another")
        print("TIMES", *(b - a for a, b in zip(times, times[1:])))
        print("VERSIONS", art.version, art.file_count)
        times = [time.perf_counter()]
        folder = art.download()
        times.append(time.perf_counter())
        folder = art.download()
        times.append(time.perf_counter())
        art.verify()
        print("DOWN", *(b - a for a, b in zip(times, times[1:])))
        run.finish()
        """,
    )
    first, second = (files(server, "many", version) for version in ("v0", "v1"))
    assert len(first) == len(second) == 2000
    assert [path for path in first if first[path] != second[path]] == ["0.txt"]
    blobs = server.root / "data" / "blobs"
    kept = sum(path.is_file() for path in blobs.rglob("*"))
    of_run = server.get(f"/projects/{server.owner}/p/runs/r1/files")["total"]
    assert kept == 2001 + 2 + of_run  # and the manifests
    figure("artifacts, 2000 files: log, wait, log again, wait " + told.split("TIMES ")[1][:80])
    figure("artifacts, 2000 files: download, again " + told.split("DOWN ")[1][:45])


def test_rows_do_not_wait_for_the_bytes_of_an_artifact(server: ServerProcess) -> None:
    told = run(
        server,
        """
        run = wandb.init(project="p", id="r1")
        art = wandb.Artifact("big", type="dataset")
        with art.new_file("x.bin", mode="wb") as file:
            for _ in range(64):
                file.write(os.urandom(1 << 20))
        for step in range(100):
            run.log({"loss": step})
        run.log_artifact(art)
        run.log({"loss": 100})
        run.finish()
        """,
    )
    assert "synced 101 rows" in told
    assert len(server.points("p", "r1", "loss")) == 101
    assert [each["size"] for each in versions(server, "big")] == [64 << 20]


def test_who_watches_a_directory_sends_the_artifacts_of_living_runs(server: ServerProcess) -> None:
    training = server.run_script(
        script(
            server,
            LOGGED
            + """
    while not os.path.exists("stop"):
        time.sleep(0.1)
    run.finish()
    """,
        ),
        WANLLMDB_MODE="offline",
        WANLLMDB_SPOOL_DIR=str(server.root / "shared"),
    )
    eventually(lambda: list((server.root / "shared").rglob("order.json")), why="it was logged")
    watch = subprocess.Popen(
        [sys.executable, "-m", "wanllmdb", "sync", "--watch", str(server.root / "shared")],
        env=server.environment, cwd=server.root, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        eventually(lambda: versions(server, "digits"), why="the version is on the server")
        assert training.poll() is None
        (server.root / "stop").touch()
        training.communicate(timeout=60)
        shared = server.root / "shared"
        eventually(lambda: not any(p.is_file() for p in shared.rglob("*")), why="nothing is left")
    finally:
        watch.terminate()
        watch.wait(timeout=20)
    assert len(files(server, "digits")) == 4


def test_a_forked_child_logs_an_artifact(server: ServerProcess) -> None:
    run(
        server,
        """
        run = wandb.init(project="p")
        run.log({"a": 1})
        child = os.fork()
        if child == 0:
            art = wandb.Artifact("of-child", type="dataset")
            with art.new_file("x") as file:
                file.write("child")
            run.log_artifact(art)
            os._exit(0)
        os.waitpid(child, 0)
        run.finish()
        """,
    )
    [version] = versions(server, "of-child")
    assert content(server, "of-child", "x") == b"child"
    assert version["files"] == 1


def test_several_processes_make_one_version_together(server: ServerProcess) -> None:
    told = """
        rank = os.environ["RANK_"]
        run = wandb.init(project="p", group="g")
        art = wandb.Artifact("shards", type="dataset")
        with art.new_file(f"{rank}.txt") as file:
            file.write(rank)
        if rank == "end":
            run.finish_artifact(art, distributed_id="d").wait()
        else:
            run.upsert_artifact(art, distributed_id="d").wait()
        print("STATE", art.state)
        run.finish()
    """
    for rank in ("0", "1"):
        assert "STATE PENDING" in run(server, told, RANK_=rank)
    assert versions(server, "shards") == []
    assert "STATE COMMITTED" in run(server, told, RANK_="end")
    assert set(files(server, "shards")) == {"0.txt", "1.txt", "end.txt"}


def test_models_and_code_are_artifacts(server: ServerProcess) -> None:
    told = run(
        server,
        """
        run = wandb.init(project="p")
        open("weights.bin", "wb").write(b"12345")
        run.log_model("weights.bin", name="net", aliases=["v-good"])
        os.makedirs("src/wandb"); os.makedirs("src/venv/lib")
        open("src/venv/pyvenv.cfg", "w"); open("src/venv/lib/x.py", "w")
        for name in ("a.py", "b.txt", "wandb/c.py", "d.py"):
            open(f"src/{name}", "w").write(name)
        code = run.log_code("src", name="code", exclude_fn=lambda path: path.endswith("d.py"))
        run.link_model("weights.bin", "champions", name="net2", aliases=["prod"])
        code.wait()
        end = time.time() + 20
        while True:
            try:
                where = run.use_model("net:v-good")
                break
            except wandb.CommError:
                assert time.time() < end
                time.sleep(0.1)
        print("MODEL", where, open(where, "rb").read())
        run.finish()
        """,
    )
    assert "net:v0/weights.bin b'12345'" in told
    assert set(files(server, "code")) == {"a.py"}


def test_another_user_finds_nothing_and_can_name_nothing(server: ServerProcess) -> None:
    run(server, LOGGED + "    art.wait(); run.finish()\n")
    made = subprocess.run(
        [sys.executable, "-m", "wanllmdb", "server", "user", "add", "eve", "--data-dir",
         str(server.root / "data")],
        env=server.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        body = json.dumps({"name": "eve", "password": "correct horse battery"}).encode()
        request = urllib.request.Request(
            f"{server.url}/api/v1/users",
            data=body,
            headers={
                "Authorization": f"Bearer {server.key}",
                "Content-Type": "application/json",
            },
        )
        urllib.request.urlopen(request, timeout=20).close()
    told = run(
        server,
        f"""
        run = wandb.init(project="p")
        for name in ("{server.owner}/p/digits:latest", "digits:latest"):
            try:
                run.use_artifact(name)
            except wandb.CommError as error:
                print("NONE", error)
        art = wandb.Artifact("digits", type="dataset")
        with art.new_file("own") as file:
            file.write("eve")
        run.log_artifact(art).wait()
        print("OWN", art.qualified_name)
        run.finish()
        """,
        WANLLMDB_USERNAME="eve",
        WANLLMDB_PASSWORD="correct horse battery",  # noqa: S106
        HOME=str(server.root / "eve"),
    )
    assert told.count("NONE") == 2
    assert "OWN eve/p/digits:v0" in told


def test_a_disabled_run_keeps_nothing_and_lets_the_script_go_on(server: ServerProcess) -> None:
    told = run(
        server,
        LOGGED
        + """
    print("VERSION", run.log_artifact(art).wait().version, art.aliases)
    used = run.use_artifact("digits:latest")
    print("DOWN", os.path.isdir(used.download()), list(used.manifest))
    run.log_model("t.txt" if os.path.exists("t.txt") else "train.py")
    run.finish()
    """,
        WANLLMDB_MODE="disabled",
    )
    assert "VERSION v0 []" in told
    assert "DOWN True []" in told
    assert server.get("/projects")["items"] == []

"""A backup beside a server at work: all that was acknowledged before it began, and nobody waits.

And a restored server with the clients of the one before: what it does not know they send again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.faults import writers
from tests.journeys.processes import ServerProcess, eventually
from tests.server.processes import Running


@pytest.mark.timeout(180)
def test_a_backup_during_ingest_has_all_that_was_acknowledged_before_it_began(
    tmp_path: Path, figure: Figure
) -> None:
    server = Running(tmp_path, "--metrics-port", "0").start()
    writing = writers.begin(server, "rank-0", "rank-1")
    known: dict[str, int] = {}
    log = server.data / "metrics" / "metrics-0.db-wal"
    try:
        for _ in range(3):  # the second and the third are of what is new
            for writer in writing:
                writer.wait_for_more(2000)
            known = {writer.name: writer.acknowledged for writer in writing}
            made = server.call("backup", str(tmp_path / "backup"), "--data-dir", str(server.data))
            assert made.returncode == 0, made.stderr
        assert log.stat().st_size < 64 << 20
        for writer in writing:
            writer.end()
        writers.check(server, writing)
    finally:
        assert server.stop() == 0
    restored = Running(tmp_path / "again", "--metrics-port", "0")
    restored.root.mkdir()
    back = restored.call("restore", str(tmp_path / "backup"), "--data-dir", str(restored.data))
    assert back.returncode == 0, back.stderr
    looked = restored.call("doctor", "--deep", "--json", "--data-dir", str(restored.data))
    found = {each["code"] for each in json.loads(looked.stdout)["findings"]}
    assert found <= {"disk-nearly-full"}
    restored.start()
    try:
        with restored.client() as http:
            user = http.get("/me").json()["user"]["name"]
            run = http.get(f"/projects/{user}/{writers.PROJECT}/runs/{writers.RUN}").json()
            for writer in writing:
                rows = writers.stored(http, user, writer.name)
                last = rows[-1][0]
                # All up to a point, without a hole; and that is behind what was acknowledged.
                assert rows == [(p, float(p)) for p in range(1, last + 1) if p % 10]
                assert known[writer.name] - 1 <= last <= writer.acknowledged
        # What a batch changed in the catalog is there if its rows are.
        assert run["lost"] >= sum(acknowledged // 10 for acknowledged in known.values())
    finally:
        assert restored.stop() == 0
    slowest = max(writer.slowest for writer in writing)
    figure(f"backup under load: {sum(known.values()):,} rows, slowest ack {slowest * 1e3:.0f} ms")


SCRIPT = """
import sys, time
import wanllmdb as wandb
from pathlib import Path

signs = Path(sys.argv[1])
run = wandb.init(project="restored", id="long")
for step in range(3000):
    run.log({"loss": step / 7})
    if step == 1000:
        (signs / "logged").touch()
    if step > 1000 and not (signs / "go").exists():
        time.sleep(0.01)
run.finish()
"""


@pytest.mark.timeout(180)
def test_a_client_sends_a_restored_server_what_it_does_not_know(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    server.root.mkdir()
    server.start()
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    training = server.run_script(script, str(tmp_path))
    try:
        eventually(lambda: (tmp_path / "logged").exists(), seconds=60)
        here = f"/projects/{server.owner}/restored/runs/long/keys"
        eventually(lambda: stored(server, here) > 100, seconds=30)
        command = [sys.executable, "-m", "wanllmdb", "backup", str(tmp_path / "backup")]
        where = ["--data-dir", str(server.root / "data")]
        subprocess.run([*command, *where], env=server.environment, check=True)
        before = stored(server, here)
        eventually(lambda: stored(server, here) > before + 50, seconds=30)  # what is lost now
        server.kill()
        command[3] = "restore"
        subprocess.run([*command, *where, "--replace"], env=server.environment, check=True)
        server.start()
        (tmp_path / "go").touch()
        out, _ = training.communicate(timeout=90)
        assert training.returncode == 0, out
        points = server.points("restored", "long", "loss")
        assert points == [(step, step / 7) for step in range(3000)]
        receipt = server.get(f"/projects/{server.owner}/restored/runs/long/receipt?recount=true")
        assert receipt["state"] == "complete", receipt
    finally:
        training.kill()
        server.stop()


def stored(server: ServerProcess, path: str) -> int:
    """How many points of the series there are."""
    try:
        keys = server.get(path)["keys"]
    except OSError:
        return 0
    return max((each["logged"] for each in keys if each["key"] == "loss"), default=0)

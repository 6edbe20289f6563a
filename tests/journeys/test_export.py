"""`wanllmdb export`: what was logged comes out of a real server as a file."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

from tests.journeys.processes import ServerProcess

TRAIN = """
import wanllmdb as wandb
for n in range(2):
    run = wandb.init(project="taken", id=f"r{n}", mode="online")
    for step in range(50):
        run.log({"loss": n + step / 50, "acc": 1.0})
    run.finish()
"""


def test_a_project_is_taken_away_as_files(server: ServerProcess, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    trained = server.run_script(script)
    said, _ = trained.communicate(timeout=50)
    assert trained.returncode == 0, said

    def export(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [server.python, "-m", "wanllmdb", "export", *words],
            env=server.environment, cwd=tmp_path, capture_output=True, check=False, timeout=50,
        )  # fmt: skip

    whole = export("taken", "--json")
    assert whole.returncode == 0, whole.stderr
    told = json.loads(whole.stdout)
    content = (tmp_path / "taken.parquet").read_bytes()
    assert (told["file"], told["bytes"]) == ("taken.parquet", len(content))
    assert content[:4] == content[-4:] == b"PAR1"

    some = export("taken", "--runs", "r1", "--keys", "loss", "-o", "some.csv")
    assert some.returncode == 0, some.stderr
    rows = list(csv.DictReader((tmp_path / "some.csv").read_text().splitlines()))
    assert [
        (each["run"], each["key"], int(each["step"]), float(each["value"])) for each in rows
    ] == [("r1", "loss", step, 1 + step / 50) for step in range(50)]

    lines = export("taken", "--shape", "wide", "--format", "jsonl", "-o", "-")
    found = [json.loads(line) for line in io.BytesIO(lines.stdout)]
    assert [(each["_run"], each["_step"]) for each in found] == [
        (run, step) for run in ("r0", "r1") for step in range(50)
    ]

    none = export("taken", "--runs", "nobody", "-o", "none.csv")
    assert none.returncode == 1
    assert b"nobody" in none.stderr
    assert sorted(path.name for path in tmp_path.glob("none*")) == []

# A run that is kept on disk and sent afterwards by the command. | runs: 1 finished | real: the command wants a server
import os
import shutil
import subprocess
import sys
from pathlib import Path

import wandb

only_offline = os.environ.get("WANDB_MODE") == "offline"
os.environ["WANDB_MODE"] = "offline"
run = wandb.init(dir=".", config={"lr": 0.5}, name="on the plane")
for step in range(20):
    run.log({"loss": 1 / (step + 1)})
Path("model.txt").write_text("weights")
wandb.save("model.txt", policy="now")
assert run.offline
folder = Path(run.dir).parent
assert folder.is_dir()
assert "offline" in run.settings.mode
run.finish()
if not only_offline:
    command = shutil.which("wandb", path=os.path.dirname(sys.executable))
    words = [command] if command else [sys.executable, "-m", "wandb"]
    done = subprocess.run(
        [*words, "sync", str(folder)],
        env={**os.environ, "WANDB_MODE": "online"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    os.environ["WANDB_MODE"] = "online"
    api = wandb.Api()
    found = api.run(f"{run.project}/{run.id}")
    assert found.name == "on the plane"
    assert found.summary["loss"] == 0.05
    assert len(list(found.scan_history())) == 20

# Files that a run keeps, and gets back. | runs: 2 finished | real: restore wants a server
import glob
import os
from pathlib import Path

import wandb

offline = os.environ.get("WANDB_MODE") == "offline"
run = wandb.init()
Path("out/deep").mkdir(parents=True)
Path("out/model.h5").write_text("weights")
Path("out/deep/log.txt").write_text("line")
Path("notes.md").write_text("# notes")
saved = wandb.save("notes.md")
assert len(saved) == 1
assert os.path.basename(saved[0]) == "notes.md"
run.save("out/*.h5", policy="now")
wandb.save("out/deep/log.txt", base_path="out", policy="end")
wandb.save(os.path.join(os.getcwd(), "out", "model.h5"), base_path=os.getcwd())
Path(wandb.run.dir, "own.txt").write_text("written into run.dir")
assert os.path.isdir(run.dir)
assert wandb.save("nothing-*.bin") in ([], None, False)
run.finish()

if not offline:
    with wandb.init() as reader:
        path = f"{run.entity}/{run.project}/{run.id}"
        with wandb.restore("notes.md", run_path=path) as file:
            assert file.read() == "# notes"
        kept = wandb.restore("deep/log.txt", run_path=path, root="back", replace=True)
        assert Path(kept.name).read_text() == "line"
        assert glob.glob("back/**/log.txt", recursive=True)
        own = wandb.restore("own.txt", run_path=path, root="back")
        assert own.read() == "written into run.dir"
else:
    wandb.init().finish()

# The code of a run, kept with it. | runs: 2 finished
from pathlib import Path

import wandb

Path("package").mkdir()
Path("package/model.py").write_text("x = 1\n")
Path("package/notes.txt").write_text("no code\n")
Path("train.yaml").write_text("lr: 1\n")
run = wandb.init(save_code=True, settings=wandb.Settings(code_dir="."))
art = run.log_code(".", include_fn=lambda path: path.endswith((".py", ".yaml")))
assert art is not None
assert art.type == "code"
run.finish()
run = wandb.init()
art = run.log_code(
    "package",
    name="my-code",
    include_fn=lambda path, root: path.endswith(".py"),
    exclude_fn=lambda path: "skip" in path,
)
assert art.type == "code"
assert run.log_code("package", include_fn=lambda path: path.endswith(".nothing")) is None
wandb.run.log_code()
run.finish()

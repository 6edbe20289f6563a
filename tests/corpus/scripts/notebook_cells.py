# The cells of a notebook, run one after another and again. | runs: 3 finished | needs: numpy
import numpy as np
import wandb

CELLS = [
    "wandb.login()",
    "run = wandb.init(config={'epochs': 3, 'lr': 0.1}, settings=wandb.Settings(silent=True))",
    "config = wandb.config\nfor epoch in range(config.epochs):\n"
    "    wandb.log({'epoch': epoch, 'loss': float(np.exp(-epoch * config.lr))})",
    "run.display() if hasattr(run, 'get_ipython') else None\nhtml = run._repr_html_() if hasattr("
    "run, '_repr_html_') else run.to_html()",
    "assert isinstance(html, str)\nrun",
    "wandb.finish()",
]
shell = {"wandb": wandb, "np": np}
for _ in range(2):
    for cell in CELLS:
        exec(compile(cell, "<cell>", "exec"), shell)
    assert wandb.run is None
with wandb.init() as run:
    run.log({"last": np.float64(1)})
assert shell["run"].id != run.id

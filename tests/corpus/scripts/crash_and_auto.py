# A training that is killed, and goes on with resume="auto". | runs: 1 finished | real: offline resumes nothing
import os
import signal
import subprocess
import sys

import wandb

offline = os.environ.get("WANDB_MODE") == "offline"
run = None
if sys.argv[1:] == ["child"]:
    run = wandb.init(resume="auto")
    for step in range(7):
        run.log({"loss": step})
    os.kill(os.getpid(), signal.SIGKILL)
else:
    child = subprocess.run([sys.executable, __file__, "child"], check=False)
    assert child.returncode == -signal.SIGKILL
    run = wandb.init(resume="auto")
    assert offline or run.resumed
    assert offline or run.step == 7
    run.log({"loss": 0})
    run.finish()

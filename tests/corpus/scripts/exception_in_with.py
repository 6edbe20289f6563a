# A training that fails within `with`. | runs: 1 failed, 1 finished
import wandb

try:
    with wandb.init(name="fails") as run:
        run.log({"loss": 1.0})
        raise RuntimeError("CUDA out of memory")
except RuntimeError as error:
    assert "CUDA" in str(error)
assert wandb.run is None

run = wandb.init(name="caught")
try:
    run.log({"loss": 1.0})
    1 / 0
except ZeroDivisionError:
    run.log({"error": 1})
finally:
    wandb.finish(exit_code=0)

# Mistakes of a script, and what they are called. | runs: 1 finished
import wandb

for call in (
    lambda: wandb.log({"a": 1}),
    lambda: wandb.config.update({"a": 1}),
    lambda: wandb.summary.update({"a": 1}),
    lambda: wandb.define_metric("a"),
    lambda: wandb.save("*.py"),
):
    try:
        call()
    except wandb.errors.Error as error:
        assert "wandb.init()" in str(error), error
    else:
        raise AssertionError("there is no run yet")
wandb.finish()
for arguments, kind in (
    ({"id": "a/b"}, wandb.errors.UsageError),
    ({"project": "a/b"}, wandb.errors.UsageError),
    ({"mode": "sometimes"}, Exception),
    ({"nonsense": 1}, TypeError),
    ({"config": 3}, (TypeError, wandb.Error)),
):
    try:
        wandb.init(**arguments)
    except kind:
        pass
    else:
        raise AssertionError(arguments)
    assert wandb.run is None
try:
    wandb.Settings(nonsense=1)
except Exception as error:
    print(type(error).__name__)
else:
    raise AssertionError
run = wandb.init()
for attribute in ("group", "project"):
    try:
        setattr(run, attribute, "x")
    except AttributeError:
        continue
    raise AssertionError(attribute)
run.log({"a": 1})
run.finish()
for call in (run.log, run.summary.update):
    try:
        call({"late": 1})
    except wandb.errors.Error:
        pass

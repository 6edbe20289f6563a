# Errors by every path that scripts name them. | runs: 0 finished | real: get_base_url is None where the environment names none
import wandb
import wandb.errors.errors
from wandb.errors import CommError
from wandb.errors.errors import UsageError
from wandb.errors.term import termlog

assert wandb.errors.errors.CommError is CommError is wandb.CommError
assert UsageError is wandb.errors.UsageError
termlog("said")
try:
    wandb.init(id="?")
except wandb.errors.errors.Error as error:
    print(error)
else:
    raise AssertionError
assert wandb.util.make_artifact_name_safe("a/b c") == "a_b_c"
assert wandb.env.get_base_url()

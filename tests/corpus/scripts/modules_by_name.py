# Modules and names that the field imports. | runs: 1 finished
import importlib.metadata
import importlib.util
import json

import wandb
import wandb.env
import wandb.errors
import wandb.plot
import wandb.util
from wandb import init, log, join  # noqa: F401
from wandb.apis.public import Api, Run as PublicRun  # noqa: F401
from wandb.data_types import Histogram, Image, Table  # noqa: F401
from wandb.errors import AuthenticationError, CommError, Error, UnsupportedError, UsageError
from wandb.sdk.data_types.base_types.wb_value import WBValue
from wandb.sdk.data_types.image import Image as DeepImage
from wandb.sdk.data_types.video import Video  # noqa: F401
from wandb.sdk.lib import RunDisabled, telemetry  # noqa: F401
from wandb.sdk.lib.config_util import ConfigError
from wandb.sdk.lib.printer import new_printer
from wandb.sdk.wandb_settings import Settings
from wandb.util import json_dumps_safer

assert importlib.util.find_spec("wandb") is not None
assert importlib.metadata.version("wandb") == wandb.__version__
assert tuple(int(part) for part in wandb.__version__.split(".")[:2]) >= (0, 20)
assert DeepImage is wandb.Image
assert issubclass(wandb.Image, WBValue)
assert issubclass(CommError, Error) and issubclass(UsageError, Error)
assert issubclass(AuthenticationError, CommError)
assert issubclass(ConfigError, Error) and issubclass(UnsupportedError, Error)
assert wandb.Error is Error and wandb.CommError is CommError and wandb.UsageError is UsageError
assert json.loads(json_dumps_safer({"a": 1})) == {"a": 1}
try:
    json_dumps_safer({"a": object()})
except TypeError:
    pass
else:
    raise AssertionError
wandb.env.set_project("modules_by_name")
assert Settings is wandb.Settings
assert hasattr(wandb.api, "api_key")
wandb.require("service")
wandb.termlog("said")
wandb.termwarn("warned", repeat=False)
new_printer()
with telemetry.context() as tel:
    tel.feature.keras = True
run = init()
assert run.project == "modules_by_name"
log({"a": 1})
with telemetry.context(run=run) as tel:
    tel.feature.keras = True
run._label(code="x", repo="y")
join()

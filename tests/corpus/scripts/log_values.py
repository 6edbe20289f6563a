# What a value may be. | runs: 1 finished | needs: numpy
import datetime
import decimal
import enum
import math

import numpy as np
import wandb


class Phase(enum.Enum):
    WARM = "warm"


run = wandb.init()
values = {
    "int": 2**53 + 1,
    "float": 0.1,
    "bool": True,
    "str": "text",
    "none": None,
    "nan": float("nan"),
    "inf": math.inf,
    "np32": np.float32(0.5),
    "np64": np.int64(7),
    "npbool": np.bool_(True),
    "zero_d": np.array(3.0),
    "one": np.array([4.0]),
    "short": np.arange(5),
    "matrix": np.eye(3),
    "long": np.linspace(0, 1, 100),
    "list": [1, 2, 3],
    "tuple": (1, "a"),
    "when": datetime.datetime(2024, 1, 2, 3, 4, 5),
    "decimal": decimal.Decimal("1.5"),
    "phase": Phase.WARM,
    "complex": 1 + 1j,
    "bytes": b"abc",
    "empty": {},
}
run.log(values)
summary = run.summary
assert summary["int"] == 2**53 + 1
assert summary["np32"] == 0.5
assert summary["np64"] == 7
assert summary["zero_d"] == 3.0
assert summary["one"] == 4.0
assert list(summary["short"]) == [0, 1, 2, 3, 4]
assert summary["matrix"] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
assert summary["long"]["_type"] == "histogram"
assert len(summary["long"]["values"]) == 32
assert summary["phase"] == "warm"
assert math.isnan(float(summary["nan"]))
assert str(summary["when"]).startswith("2024-01-02T03:04:05")
run.finish()

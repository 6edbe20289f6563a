"""Runs one check with the `wandb` that is installed here: `python checks NAME`.

A check says what it did to the server as a line of JSON, for others to look for it.
"""

from __future__ import annotations

import json
import os
import sys

os.environ["WANDB_SILENT"] = "true"

import artifacts
import reading
import running

CHECKS = {**running.CHECKS, **reading.CHECKS, **artifacts.CHECKS}

if __name__ == "__main__":
    told = CHECKS[sys.argv[1]]()
    print("LEDGER", json.dumps(told))

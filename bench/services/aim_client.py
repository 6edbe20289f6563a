"""A process that logs rows to an Aim server by its SDK; `bench.services.service.script` tells it.

Usage: python -m bench.services.aim_client FOLDER SECONDS
"""

from __future__ import annotations

import aim
from bench.services import scripted


def log(target: str, run: str) -> scripted.Log:
    """Begin a run; how a row is logged, and how it ends."""
    begun = aim.Run(
        repo=target,
        experiment=run.partition("-")[0],
        system_tracking_interval=None,
        capture_terminal_logs=False,
        log_system_params=False,
    )
    begun.name = run
    return scripted.Log(lambda row, step: begun.track(row, step=step), begun.close)


if __name__ == "__main__":
    scripted.main(log)

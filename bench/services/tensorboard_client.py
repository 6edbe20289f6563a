"""A process that writes rows as TensorBoard's own event files; see `bench.services.scripted`.

Usage: python -m bench.services.tensorboard_client FOLDER SECONDS
"""

from __future__ import annotations

import time
from pathlib import Path

from bench.services import scripted
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


def log(target: str, run: str) -> scripted.Log:
    """Begin a run; how a row is logged, and how it ends."""
    writer = EventFileWriter(str(Path(target, run)))

    def row(values: dict[str, float], step: int) -> None:
        told = [Summary.Value(tag=key, simple_value=value) for key, value in values.items()]
        writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=told)))

    return scripted.Log(row, writer.close)


if __name__ == "__main__":
    scripted.main(log)

"""Live: tells viewers what comes to the runs they look at, as soon as it is durable."""

from wanllmdb_server.services.live.live import Live

__all__ = ["Live"]

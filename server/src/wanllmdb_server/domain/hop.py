"""Hop: by what words the processes of one server reach each other; nobody else uses them."""

from __future__ import annotations

from typing import Final

KEY_HEADER: Final = "X-Wanllmdb-Internal"  # carries the internal key
STORE_PATH: Final = "/internal/v1/store/"  # and the name of a method of the metric store
EVENTS_PATH: Final = "/internal/v1/events"  # a WebSocket between two event buses

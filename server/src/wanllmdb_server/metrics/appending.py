"""Appending: to a store, with what it refuses told in the words of the domain."""

from __future__ import annotations

from wanllmdb import wire
from wanllmdb.wire import Batch
from wanllmdb_server.domain.errors import (
    ConflictError,
    InvalidError,
    ServerError,
    TooLargeError,
    UnavailableError,
)
from wanllmdb_server.domain.series import Accepted
from wanllmdb_server.metrics.store import MetricStore, PositionGapError, StoreFullError


async def append_to(store: MetricStore, run: int, batch: Batch) -> Accepted:
    """As `MetricStore.append`.

    Raises:
        ConflictError: the batch does not follow what is known of the writer; `expected` says
            what would.
        InvalidError, TooLargeError: it is no batch.
        UnavailableError: the store is full.
    """
    try:
        return await store.append(run, batch)
    except PositionGapError as error:
        raise position_gap(error.expected) from error
    except wire.WireError as error:
        raise wire_fault(error) from error
    except StoreFullError as error:
        raise UnavailableError(
            str(error), code="store-full", retry_after=error.retry_after
        ) from error


def wire_fault(error: wire.WireError) -> ServerError:
    """What is wrong with a batch."""
    kind = TooLargeError if error.code == "too-large" else InvalidError
    return kind(str(error), code=error.code)


def position_gap(expected: int) -> ConflictError:
    """What is missing before a batch."""
    return ConflictError(
        f"The batch does not follow position {expected}.", code="position-gap", expected=expected
    )

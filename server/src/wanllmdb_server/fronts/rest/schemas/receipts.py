"""The receipt of a run, as the API says it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wanllmdb_server.fronts.rest.schemas.form import Answer


class ReceiptReason(Answer):
    """Why a run is not complete: `code` for machines, `text` and `remedy` for people."""

    code: str
    count: int | None
    text: str
    detail: str = Field(description="An example, or empty")
    remedy: str = Field(description="What to do, or empty if nothing can be done")


class ReceiptWriter(Answer):
    """One writer of the run; null is not known."""

    writer: str
    label: str = Field(description="Its rank or name, or empty")
    killed: bool = Field(description="It was killed, and its journal was read to the end")
    said: int | None = Field(
        description="Rows that it took, as it said at its end; that its journal held, if killed"
    )
    stored: int | None = Field(description="Rows of it that the server took")
    lost: int = Field(description="Rows of it that never reached its disk")
    points: int | None = Field(description="Values of the stored rows")


class Receipt(Answer):
    """Whether what was logged is what is kept."""

    state: Literal["complete", "incomplete", "open"]
    rows: int | None = Field(description="As the writers said; null if one has said nothing")
    logged: int | None = Field(
        description="Those of them that log() made; null if they are not told from the others"
    )
    stored: int = Field(description="Rows that the server took")
    lost: dict[str, int] = Field(description="Rows and values that were not kept, by reason")
    points: int | None = Field(description="Counted as they came; null if a part was not")
    found: int | None = Field(description="Counted anew, with `recount`")
    damaged: list[str] = Field(description="What can no longer be read, with `recount`")
    reasons: list[ReceiptReason]
    notes: list[str] = Field(description="What else there is to know, in words")
    writers: list[ReceiptWriter]

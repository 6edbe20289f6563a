"""The form of a problem, for the description of the API."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ProblemFault(BaseModel):
    """One thing that is wrong, and where."""

    pointer: str = Field(description="JSON pointer into the body, or the name of a parameter")
    code: str
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="A stable word for machines")
    instance: str = Field(description="The request's id, as it stands in the server's log")
    errors: list[ProblemFault]
    expected: int | None = Field(default=None, description="With `position-gap`: where to go on")

"""Form: what all bodies and answers of the API have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_INT64 = (1 << 63) - 1

Time = Annotated[int, Field(description="Microseconds since the epoch")]
GivenTime = Annotated[int, Field(ge=0, le=MAX_INT64, description="Microseconds since the epoch")]


class Body(BaseModel):
    """What a client sends: known fields of the right type, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answer(BaseModel):
    """What the server says: every field is always there, unless its description says else."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_serialization_defaults_required=True
    )

"""Query: which runs are meant, as a tree of conditions that needs no trust any more.

It names fields of a fixed list, and keys that are only compared, never executed. A run that lacks
a field meets no condition about it, so `Not` of each. `language` reads queries from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from wanllmdb_server.domain.pattern import compiled

Figure = Literal["min", "max", "mean"]
Part = Literal["text", "time", "whole", "duration", "tags", "config", "summary"] | Figure
FIGURES: Final[tuple[Figure, ...]] = get_args(Figure)  # of what a run logged under a key
Scalar = str | float | int | bool | None
Order = Literal["eq", "gt", "gte", "lt", "lte"]


@dataclass(frozen=True, slots=True)
class Ago:
    """A time that lies so many microseconds before the moment at which is asked."""

    microseconds: int


@dataclass(frozen=True, slots=True)
class Field:
    """Something of a run that values are compared with.

    Attributes:
        part: what kind of field it is; decides what it can be compared with.
        key: the column, or the key of config, summary or a figure.
    """

    part: Part
    key: str = ""


@dataclass(frozen=True, slots=True)
class Compare:
    """The field stands so to the value. Values of another type are neither."""

    field: Field
    order: Order
    value: Scalar | Ago


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field is one of the values, or a tag of the run is."""

    field: Field
    values: tuple[Scalar | Ago, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """The run has the field."""

    field: Field


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression of `domain.pattern` occurs in the field."""

    field: Field
    pattern: str


@dataclass(frozen=True, slots=True)
class Contains:
    """A text occurs in the field as it is written; among tags, one of them is it."""

    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class All:
    """Every one of the conditions; none is true."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the conditions; none is false."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not the condition."""

    of: Condition


Leaf = Compare | OneOf | Exists | Matches | Contains
Condition = Leaf | All | AnyOf | Not


def leaves(condition: Condition) -> list[Leaf]:
    """The conditions about single fields, each once."""
    match condition:
        case All(of) | AnyOf(of):
            found = [leaf for each in of for leaf in leaves(each)]
        case Not(inner):
            found = leaves(inner)
        case _:
            found = [condition]
    return list(dict.fromkeys(found))


def fields_of(condition: Condition | None) -> list[Field]:
    """The fields that a condition is about, each once."""
    found = [] if condition is None else leaves(condition)
    return list(dict.fromkeys(leaf.field for leaf in found))


def holds(leaf: Leaf, value: object) -> bool:
    """Whether a condition is true of a value that is there; a number, a text, or another thing.

    For values that no database holds. Booleans are numbers.
    """
    match leaf:
        case Exists():
            return True
        case Compare(_, order, wanted):
            return _stands(order, _of(value), _of(wanted))
        case OneOf(_, values):
            return any(_stands("eq", _of(value), _of(each)) for each in values)
        case Matches(_, pattern):
            return isinstance(value, str) and compiled(pattern).found_in(value)
        case Contains(_, text):
            return isinstance(value, str) and text in value


def stands(order: Order, value: object, wanted: object) -> bool:
    """Whether a value stands so to another; those of different types do not."""
    return _stands(order, _of(value), _of(wanted))


def _of(value: object) -> float | str | None:
    if isinstance(value, (bool, int, float)):
        return float(value)
    return value if isinstance(value, str) else None


def _stands(order: Order, value: float | str | None, wanted: float | str | None) -> bool:
    if value is None or wanted is None or isinstance(value, str) != isinstance(wanted, str):
        return False
    match order:
        case "eq":
            return value == wanted
        case "gt":
            return value > wanted  # type: ignore[operator]  # both texts, or both numbers
        case "gte":
            return value >= wanted  # type: ignore[operator]
        case "lt":
            return value < wanted  # type: ignore[operator]
        case "lte":
            return value <= wanted  # type: ignore[operator]

"""Grouping: by what runs are told apart, and which of them are then alike.

Runs are grouped by fields of theirs, by keys of their config, or by everything in their config
but some keys: "all but the seed". Names come from outside and are only ever compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from wanllmdb_server.domain.errors import Fault, InvalidError
from wanllmdb_server.domain.plain import flat, plain
from wanllmdb_server.domain.run import Run

CONFIG: Final = "config."
MAX_NAMES: Final = 64
_HIDDEN: Final = "_"  # keys of a config that describe the run to its readers

_FIELDS: Final[Mapping[str, Callable[[Run], Any]]] = {
    "id": lambda run: run.id,
    "name": lambda run: run.name,
    "group": lambda run: run.group,
    "job_type": lambda run: run.job_type,
    "user": lambda run: run.user,
    "state": lambda run: str(run.state),
    "exit_code": lambda run: run.exit_code,
    "tags": lambda run: sorted(run.tags),
}


@dataclass(frozen=True, slots=True)
class Grouping:
    """By what runs are grouped.

    Attributes:
        by: fields of runs, and `config.<key>`.
        but: everything in the config, but these keys and what stands below them; None: only `by`.
    """

    by: tuple[str, ...] = ()
    but: tuple[str, ...] | None = None

    @property
    def needs_config(self) -> bool:
        """Whether it cannot be told without the configs of the runs."""
        return self.but is not None or any(name.startswith(CONFIG) for name in self.by)


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that are alike: their common values under the names of the grouping."""

    values: tuple[Any, ...]
    runs: tuple[int, ...]  # places in the list of runs that was grouped


@dataclass(frozen=True, slots=True)
class Grouped:
    """All groups, in the order of their first runs."""

    names: tuple[str, ...]
    groups: tuple[Group, ...]


def parse_grouping(by: Sequence[str], but: Sequence[str] | None) -> Grouping:
    """A grouping from its names.

    Raises:
        InvalidError: a name is no field of a run; a fault for each.
    """
    faults = [
        Fault(f"/group/{at}", "unknown-field", f"Group by config.<key> or {', '.join(_FIELDS)}.")
        for at, name in enumerate(by)
        if name not in _FIELDS and not (name.startswith(CONFIG) and name != CONFIG)
    ]
    faults += [
        Fault(pointer, "too-long", f"At most {MAX_NAMES} names.")
        for pointer, names in (("/group", by), ("/group_except", but or ()))
        if len(names) > MAX_NAMES
    ]
    if faults:
        raise InvalidError("There is nothing to group by under this name.", faults=faults)
    return Grouping(tuple(dict.fromkeys(by)), None if but is None else tuple(but))


def grouped(
    grouping: Grouping, runs: Sequence[Run], configs: Mapping[int, Mapping[str, Any]]
) -> Grouped:
    """The groups of these runs.

    Args:
        grouping: by what.
        runs: in the order asked.
        configs: of the runs, by number; may be empty if the grouping needs none.
    """
    leaves = [dict(flat(configs.get(run.number, {}))) for run in runs]
    names = (*grouping.by, *_all_but(grouping, leaves))
    found: dict[str, list[int]] = {}
    values: dict[str, tuple[Any, ...]] = {}
    for at, (run, config) in enumerate(zip(runs, leaves, strict=True)):
        mine = tuple(plain(_value(name, run, config)) for name in names)
        mark = json.dumps(list(map(_told, mine)), sort_keys=True)
        found.setdefault(mark, []).append(at)
        values.setdefault(mark, mine)
    return Grouped(
        names, tuple(Group(values[mark], tuple(places)) for mark, places in found.items())
    )


def _all_but(grouping: Grouping, leaves: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys of configs by which the runs differ, without those that shall not matter."""
    if grouping.but is None:
        return []
    keys = sorted({key for each in leaves for key in each})
    return [
        CONFIG + key
        for key in keys
        if not key.startswith(_HIDDEN)
        and CONFIG + key not in grouping.by
        and not any(key == but or key.startswith(f"{but}.") for but in grouping.but)
        and len({_mark(each.get(key)) for each in leaves}) > 1
    ]


def _value(name: str, run: Run, config: Mapping[str, Any]) -> Any:
    if name in _FIELDS:
        return _FIELDS[name](run)
    key = name.removeprefix(CONFIG)
    if key in config:
        return config[key]
    below = {each: value for each, value in config.items() if each.startswith(f"{key}.")}
    return below or None  # the whole of a nested mapping, too, is a value


def _mark(value: object) -> str:
    return json.dumps(_told(plain(value)), sort_keys=True)


def _told(value: Any) -> Any:
    """A value such that equal numbers are equal: 1 and 1.0, but not 1 and True."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_told(each) for each in cast("list[Any]", value)]
        case dict():
            items = cast("dict[str, Any]", value).items()
            return {key: _told(each) for key, each in items}
        case _:
            return value

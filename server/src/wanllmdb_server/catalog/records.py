"""Records: what a writer says besides rows, turned into changes of its run.

Pure. A record that has not the shape its kind promises is passed over and named, never raised:
one bad record must not stop the thousand good ones behind it, which its writer keeps until
they are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from wanllmdb import wire
from wanllmdb.wire import Batch, Kind, Record
from wanllmdb_server.domain.alert import Alert, Level
from wanllmdb_server.domain.receipt import Tally
from wanllmdb_server.domain.run import Finish, Loss, Preemption, RunChanges, joined_config


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stretch of records comes to.

    Attributes:
        changes: of the run, all at once.
        rejected: (position, code, detail) of what has not the shape that its kind promises.
    """

    changes: RunChanges
    rejected: list[tuple[int, str, str]]


class _MalformedError(ValueError):
    """The payload has not the shape that its kind promises."""


def read(writer: str, records: Iterable[Record]) -> Reading:
    """What the records of one writer come to, taken in their order; rows are the store's."""
    changes = RunChanges()
    rejected: list[tuple[int, str, str]] = []
    for record in records:
        try:
            if (apply := _CHANGES.get(record.kind)) is not None:
                changes = apply(changes, _mapping(record.payload), (writer, record.position))
        except _MalformedError as error:  # noqa: PERF203 - each record stands for itself
            rejected.append((record.position, "malformed-record", str(error)))
    return Reading(changes, rejected)


def sort_out(batch: Batch, position: int) -> Reading:
    """What the records behind the position come to.

    Raises:
        WireError: the batch is damaged.
    """
    found = wire.picked(batch, _CHANGES.keys())
    return read(batch.writer, (each for each in found if each.position > position))


def _mapping(payload: object) -> Mapping[str, Any]:
    if isinstance(payload, dict) and all(
        isinstance(key, str) for key in cast("dict[object, object]", payload)
    ):
        return cast("dict[str, Any]", payload)
    raise _MalformedError("The record is a mapping.")


def _set(said: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(said.get("set") or {})


def _config(changes: RunChanges, said: Mapping[str, Any], _place: tuple[str, int]) -> RunChanges:
    return replace(changes, config=joined_config(changes.config, _set(said)))


def _summary(changes: RunChanges, said: Mapping[str, Any], _place: tuple[str, int]) -> RunChanges:
    new = _set(said)
    gone = tuple(key for key in _list(said.get("unset")) if isinstance(key, str))
    kept = {key: value for key, value in changes.summary.items() if key not in gone}
    unset = tuple(key for key in changes.summary_unset if key not in new)
    return replace(changes, summary={**kept, **new}, summary_unset=(*unset, *gone))


def _patch(changes: RunChanges, said: Mapping[str, Any], _place: tuple[str, int]) -> RunChanges:
    texts: dict[str, Any] = {
        name: said[name]
        for name in ("name", "notes", "group", "job_type")
        if isinstance(said.get(name), str)
    }
    if isinstance(said.get("tags"), list):
        texts["tags"] = tuple(tag for tag in _list(said["tags"]) if isinstance(tag, str))
    if isinstance(said.get("environment"), dict):
        texts["environment"] = {**changes.environment, **_mapping(said["environment"])}
    if isinstance(said.get("environment"), dict):
        texts["environment"] = {**changes.environment, **_mapping(said["environment"])}
    return replace(changes, **texts)


def _finish(changes: RunChanges, said: Mapping[str, Any], place: tuple[str, int]) -> RunChanges:
    code = said.get("exit_code")
    if not isinstance(code, int):
        raise _MalformedError("A finish says its exit_code.")
    finish = Finish(
        exit_code=code,
        time=_whole(said.get("time_us")),
        logged=_whole(said.get("logged")),
        lost=_whole(said.get("lost")),
        stopped=_flag(said.get("stopped")),
        writer=place[0],
    )
    found = replace(changes, finish=finish)
    if isinstance(said.get("traceback"), str):
        kept = {**changes.environment, "traceback": said["traceback"]}
        found = replace(found, environment=kept)
    return found


def _signal(changes: RunChanges, said: Mapping[str, Any], _place: tuple[str, int]) -> RunChanges:
    """A signal that the script caught; only one that tells it to go changes something."""
    if said.get("preempted") is not True:
        return changes
    name = said.get("name")
    preemption = Preemption(
        signal=name if isinstance(name, str) else "", time=_whole(said.get("time_us"))
    )
    return replace(changes, preemption=preemption)


def _loss(changes: RunChanges, said: Mapping[str, Any], place: tuple[str, int]) -> RunChanges:
    count = _whole(said.get("count"))
    loss = Loss(
        writer=place[0],
        position=place[1],
        reason=str(said.get("reason") or "unknown"),
        count=1 if count is None else count,
        detail=str(said.get("detail") or ""),
    )
    return replace(changes, losses=(*changes.losses, loss))


def _tally(changes: RunChanges, said: Mapping[str, Any], place: tuple[str, int]) -> RunChanges:
    rows = _whole(said.get("rows"))
    if rows is None and (said.get("closed") != "killed" or said.get("rows") is not None):
        raise _MalformedError("A tally says its rows, or that its writer was killed.")
    lost = {reason: _whole(n) or 0 for reason, n in _mapping(said.get("lost") or {}).items()}
    tally = Tally(place[0], rows, lost, _whole(said.get("logged")))
    return replace(changes, tallies=(*changes.tallies, tally))


def _alert(changes: RunChanges, said: Mapping[str, Any], place: tuple[str, int]) -> RunChanges:
    title, text = said.get("title"), said.get("text")
    if not isinstance(title, str) or not isinstance(text, str):
        raise _MalformedError("An alert says its title and its text.")
    level = said.get("level")
    alert = Alert(
        writer=place[0],
        position=place[1],
        title=title,
        text=text,
        level=Level(level) if level in set(Level) else Level.INFO,
        time=_whole(said.get("time_us")),
    )
    return replace(changes, alerts=(*changes.alerts, alert))


def _metric(changes: RunChanges, said: Mapping[str, Any], _place: tuple[str, int]) -> RunChanges:
    """How a key wishes to be drawn: kept beside what was found of the run."""
    name = said.get("name")
    if not isinstance(name, str):
        raise _MalformedError("A metric says its name.")
    return replace(changes, environment={**changes.environment, f"metric/{name}": dict(said)})


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# Of the others: RUN said what the run was created with, FILE comes with the upload of the
# file itself.
_Apply = Callable[[RunChanges, Mapping[str, Any], tuple[str, int]], RunChanges]
_CHANGES: Final[Mapping[int, _Apply]] = {
    Kind.CONFIG: _config,
    Kind.SUMMARY: _summary,
    Kind.PATCH: _patch,
    Kind.SIGNAL: _signal,
    Kind.FINISH: _finish,
    Kind.LOSS: _loss,
    Kind.TALLY: _tally,
    Kind.METRIC: _metric,
    Kind.ALERT: _alert,
}

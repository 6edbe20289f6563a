"""History: rows of a run, as the client reads them back: texts of JSON, or values."""

from __future__ import annotations

import json
from typing import Any, Final

from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import SYSTEM_PREFIX, Run, is_users_key
from wanllmdb_server.fronts.wandb.asked import Asked, mapping
from wanllmdb_server.services.history import MAX_ROWS, MAX_SAMPLES, Question, Stream

SAMPLES: Final = 500  # where the client does not say how many


async def rows(
    asked: Asked,
    run: Run,
    *,
    min_step: Any = None,
    max_step: Any = None,
    samples: int | None = None,
) -> list[str]:
    """Rows from `min_step` up to but without `max_step`; without them, `samples` of all."""
    of = (asked.actor, run.owner, run.project, run.id)
    if min_step is None and max_step is None:
        found = await asked.services.history.sampled(*of, Question(), _bounded(samples))
        return [_text(row) for row in found.rows]
    question = Question(
        first=None if min_step is None else int(min_step),
        last=None if max_step is None else int(max_step) - 1,
    )
    limit = min(samples or SAMPLES, MAX_ROWS)
    found = await asked.services.history.page(*of, question, limit=limit)
    return [_text(row) for row in found.rows]


async def events(asked: Asked, run: Run, *, samples: int | None = None) -> list[str]:
    """Readings of the machine."""
    of = (asked.actor, run.owner, run.project, run.id)
    question = Question(stream="system")
    found = await asked.services.history.sampled(*of, question, _bounded(samples))
    return [_text(_reading(row)) for row in found.rows]


async def sampled(asked: Asked, run: Run, specs: list[str]) -> list[list[dict[str, Any]]]:
    """For each specification the rows that have all of its keys; no bare NaN in them."""
    return [await _sampled(asked, run, mapping(spec)) for spec in specs]


async def _sampled(asked: Asked, run: Run, spec: dict[str, Any]) -> list[dict[str, Any]]:
    keys = tuple(str(key) for key in spec.get("keys") or ())
    first, last = spec.get("minStep"), spec.get("maxStep")
    question = Question(
        keys=keys,
        first=None if first is None else int(first),
        last=None if last is None else int(last),
    )
    of = (asked.actor, run.owner, run.project, run.id)
    found = await asked.services.history.sampled(*of, question, _bounded(spec.get("samples")))
    return [plain(row) for row in found.rows]


async def tail(asked: Asked, run: Run, *, stream: Stream = "default") -> str:
    """The last row, in a list, as a text of texts: from its step a resumed run goes on."""
    of = (asked.actor, run.owner, run.project, run.id)
    last = await _last_step(asked, run, system=stream == "system")
    if last is None:
        return "[]"
    question = Question(first=last, last=last, stream=stream)
    found = await asked.services.history.sampled(*of, question, 1)
    return json.dumps([_text(row) for row in found.rows[-1:]])


async def keys(asked: Asked, run: Run) -> dict[str, Any] | None:
    """Which keys a run has, of what types, and its last step."""
    known = await _stats(asked, run)
    mine = [each for each in known if is_users_key(each.key)]
    if not mine:
        return None
    found = {
        each.key: {
            "typeCounts": [
                {"type": "number" if each.kind == "number" else "string", "count": each.logged}
            ],
            "monotonic": False,
            "previousValue": plain(each.last),
        }
        for each in mine
    }
    heads = {"_step", "_timestamp", "_runtime"}
    found |= {
        name: {
            "typeCounts": [{"type": "number", "count": mine[0].logged}],
            "monotonic": True,
            "previousValue": 0,
        }
        for name in heads
    }
    last = max(each.last_step for each in mine)
    return {"sets": [], "keys": found, "lastStep": last}


async def parquet(asked: Asked, run: Run) -> dict[str, Any]:
    """No files: the client then asks for rows."""
    known = [each for each in await _stats(asked, run) if is_users_key(each.key)]
    live = [{"_step": min(each.first_step for each in known)}] if known else []
    return {"parquetUrls": [], "liveData": live}


async def last_readings(asked: Asked, run: Run) -> str:
    """The last figures of the machine."""
    known = await _stats(asked, run)
    return json.dumps(
        {
            "system." + each.key.removeprefix(SYSTEM_PREFIX): plain(each.last)
            for each in known
            if each.key.startswith(SYSTEM_PREFIX)
        }
    )


async def _stats(asked: Asked, run: Run) -> list[Any]:
    return (await asked.services.store.keys([run.number])).get(run.number, [])


async def _last_step(asked: Asked, run: Run, *, system: bool) -> int | None:
    steps = [
        each.last_step
        for each in await _stats(asked, run)
        if (each.key.startswith(SYSTEM_PREFIX) if system else is_users_key(each.key))
    ]
    return max(steps, default=None)


def _bounded(samples: int | None) -> int:
    return max(1, min(samples or SAMPLES, MAX_SAMPLES))


def _reading(row: dict[str, Any]) -> dict[str, Any]:
    """A reading under the client's prefix."""
    return {
        "system." + key.removeprefix(SYSTEM_PREFIX) if key.startswith(SYSTEM_PREFIX) else key: value
        for key, value in row.items()
    }


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row)

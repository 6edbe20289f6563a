"""What a viewer is told, as it goes over the socket: points and last values as binary frames,
everything else as JSON text. What many viewers are told is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from wanllmdb_server.domain.news import Change, Changes, Ended, Keys, News, Points, Runs, Tails
from wanllmdb_server.domain.plain import plain
from wanllmdb_server.domain.run import Fork, Run, page_path
from wanllmdb_server.fronts.rest import live_frame
from wanllmdb_server.fronts.rest.schemas.runs import ForkedFrom, RunLite


def messages(news: News) -> Sequence[str | bytes]:
    """The messages that tell the news."""
    match news:
        case Points(wish, project, tails):
            return [live_frame.tail_frame(wish, project, _laid(tails))]
        case Ended(wish, code, detail):
            return [text({"type": "error", "id": wish, "code": code, "detail": detail})]
        case _:
            return _of_runs(news)


def text(message: Mapping[str, Any]) -> str:
    """A message of JSON."""
    return msgspec.json.encode(message).decode()


@lru_cache(maxsize=1)
def _laid(tails: Tails) -> live_frame.Laid:
    return live_frame.tails_laid(tails.pieces)


@lru_cache(maxsize=4)
def _of_runs(news: Runs | Changes | Keys) -> list[str | bytes]:
    project = news.project
    match news:
        case Runs():
            runs = [_whole(run, summary) for run, summary in news.runs]
            return [text({"type": "runs", "project": project, "runs": runs})]
        case Changes():
            return list(_changes(news))
        case Keys():
            named = [{"key": stats.key, "kind": stats.kind} for stats in news.keys]
            said = {"type": "keys", "project": project, "run": news.run, "keys": named}
            return [text(said)]


def _changes(news: Changes) -> Iterator[str | bytes]:
    """What changed but for last values, if anything did, and last values, if there are any."""
    others = [each for each in news.changes if each.fields or each.summary or each.unset]
    if others:
        runs = [_change(each) for each in others]
        yield text({"type": "changes", "project": news.project, "runs": runs})
    if any(each.lasts for each in news.changes):
        yield live_frame.last_frame(news.project, news.changes)


def _whole(run: Run, summary: Mapping[str, Any]) -> dict[str, Any]:
    """A run without config and environment, which change seldom and are long."""
    said = _fields(run, set(RunLite.model_fields) - {"url"})
    url = page_path(run.owner, run.project, run.id)
    return {**said, "url": url, "summary": plain(summary)}


def _change(change: Change) -> dict[str, Any]:
    said = _fields(change.run, change.fields & RunLite.model_fields.keys())
    if change.summary:
        said["summary"] = plain(change.summary)
    if change.unset:
        said["unset"] = list(change.unset)
    return {**said, "id": change.run.id}


def _fields(run: Run, names: Iterable[str]) -> dict[str, Any]:
    said = {name: getattr(run, name) for name in names}
    fork = said.get("forked_from")
    if isinstance(fork, Fork):
        named = {name: getattr(fork, name) for name in ForkedFrom.model_fields if name != "url"}
        said["forked_from"] = named | {"url": page_path(fork.owner, fork.project, fork.id)}
    return said

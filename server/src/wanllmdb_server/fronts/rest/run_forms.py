"""RunForms: runs as the API says them."""

from __future__ import annotations

from typing import Any, Final

from wanllmdb_server.domain.run import Fork, Run, page_path
from wanllmdb_server.fronts.rest.schemas import runs as form

_MAPPINGS: Final = ("config", "summary", "environment")
_TRANSLATED: Final = frozenset({"url", "state", "tags", "forked_from"})


def whole(run: Run) -> form.Run:
    """A run with all that is known of it."""
    return form.Run(**said(run, full=True))


def said(run: Run, *, full: bool) -> dict[str, Any]:
    """The fields of a run, in full or as in lists."""
    names = [*form.RunLite.model_fields, *(_MAPPINGS if full else ())]
    plain = {name: getattr(run, name) for name in names if name not in _TRANSLATED}
    return {
        **plain,
        "state": run.state.value,
        "tags": list(run.tags),
        "forked_from": _origin(run.forked_from),
        "url": _url(run),
    }


def _origin(fork: Fork | None) -> form.ForkedFrom | None:
    if fork is None:
        return None
    said = {name: getattr(fork, name) for name in form.ForkedFrom.model_fields if name != "url"}
    return form.ForkedFrom(**said, url=_url(fork))


def _url(run: Run | Fork) -> str:
    return page_path(run.owner, run.project, run.id)

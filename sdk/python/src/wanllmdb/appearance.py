"""Appearance: how a run shows itself in a notebook, and how it says what is not sent yet."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module

from wanllmdb.identity import Named
from wanllmdb.surroundings import in_notebook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

MAX_HEIGHT = 5000  # pixels; a notebook is no place for more


@dataclass(frozen=True)
class RunStatus:
    """How far a run is sent, in the words of wandb.

    Attributes:
        sync_items_total: records that were kept until now.
        sync_items_pending: those of them that no server has acknowledged.
        sync_time: when the server last acknowledged something, if it did.
    """

    sync_items_total: int
    sync_items_pending: int
    sync_time: datetime | None = None


def frame_of(run: Named, *, height: int = 420, hidden: bool = False) -> str:
    """The page of the run as an inner frame of HTML; words where there is no page yet."""
    import html

    if run.url is None:
        return f"<p>{html.escape(repr(run))}: not on a server yet</p>"
    tall = max(100, min(int(height), MAX_HEIGHT))
    inner = (
        f'<iframe src="{html.escape(run.url, quote=True)}" style="border:none;width:100%;'
        f'height:{tall}px"></iframe>'
    )
    if not hidden:
        return inner
    return f"<details><summary>{html.escape(run.name)}</summary>{inner}</details>"


def show(run: Named, *, height: int = 420, hidden: bool = False) -> bool:
    """Show the page of the run in a notebook; false where there is none."""
    if not in_notebook() or "IPython" not in sys.modules:
        return False
    display = import_module("IPython.display")
    display.display(display.HTML(frame_of(run, height=height, hidden=hidden)))
    return True

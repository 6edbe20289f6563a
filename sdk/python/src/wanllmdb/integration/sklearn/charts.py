"""Charts: a table of what a model makes of its data, and how the page draws it.

Keys and columns are wandb's. What cannot be drawn is said on the terminal, never raised: a chart
is no reason to end a training that is done.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from wanllmdb.compat.terminal import termerror, termwarn
from wanllmdb.guard import guarded
from wanllmdb.integration.library import current_run

Drawing = TypeVar("Drawing", bound=Callable[..., None])

# More points than these say nothing more on a screen; the ends and an even choice between stay.
POINTS: Final = 1000
BARS: Final = 500

BAR: Final = "wandb/bar/v0"
LINES: Final = "wandb/line/v0"
SCATTER: Final = "wandb/scatter/v0"
AREAS: Final = "wandb/area-under-curve/v0"
MATRIX: Final = "wandb/confusion_matrix/v1"


class NotDrawnError(Exception):
    """What was given cannot be drawn; the message says why, to the user."""


def drawing(draw: Drawing) -> Drawing:
    """A public function: what it cannot draw is said, and a mistake of ours is counted."""

    @functools.wraps(draw)
    def call(*arguments: Any, **keywords: Any) -> None:
        current_run(f"{draw.__name__}()")
        try:
            draw(*arguments, **keywords)
        except NotDrawnError as error:
            termerror(f"{draw.__name__}: {error}")

    return cast("Drawing", guarded()(call))


def log_chart(
    key: str,
    preset: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    fields: Mapping[str, str],
    **strings: str,
) -> None:
    """Log a table as a chart.

    Args:
        key: under which it is logged.
        preset: how it is drawn.
        columns: of the table.
        rows: of the table; numbers of numpy become plain ones.
        fields: which column is what in the drawing.
        strings: its title, and those of its axes.
    """
    from wanllmdb.media.table import Table
    from wanllmdb.plot import plot_table

    table = Table(columns=list(columns), data=[[plain(cell) for cell in row] for row in rows])
    said = {name.replace("_", "-"): text for name, text in strings.items()}
    current_run(key).log({key: plot_table(preset, table, dict(fields), said)})


def plain(cell: Any) -> Any:
    """A number or a word of numpy as Python's."""
    return cell.item() if hasattr(cell, "item") else cell


def thinned(rows: Sequence[Any], key: str, most: int = POINTS) -> Sequence[Any]:
    """An even choice of so many, with both ends; said if any is left out."""
    if len(rows) <= most:
        return rows
    termwarn(f"{key} is drawn from {most} of its {len(rows)} points", repeat=False)
    step = (len(rows) - 1) / (most - 1)
    return [rows[round(index * step)] for index in range(most)]


def given(**arguments: Any) -> None:
    """Complain of those that are missing."""
    missing = [name for name, value in arguments.items() if value is None]
    if missing:
        raise NotDrawnError(f"{', '.join(missing)} is missing")


def fitted(model: Any) -> None:
    """Complain of a model that was not fitted."""
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(model)
    except (NotFittedError, TypeError) as error:
        raise NotDrawnError("the model must be fitted first") from error


def is_kind(model: Any, kind: str) -> None:
    """Complain of an estimator that is not a "classifier", "regressor" or "clusterer"."""
    from sklearn import base

    if not getattr(base, f"is_{kind}")(model):
        raise NotDrawnError(f"{type(model).__name__} is no {kind}")


def unfitted(model: Any) -> Any:
    """A model with the same settings, that was fitted to nothing."""
    from sklearn.base import clone

    return clone(model)


def name_of(labels: Sequence[Any] | None, index: int, otherwise: Any) -> Any:
    """The name of a class, if the classes were named."""
    return labels[index] if labels is not None and index < len(labels) else otherwise

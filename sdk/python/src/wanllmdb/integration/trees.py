"""Trees: what the integrations of gradient boosting have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wanllmdb.run import Run


def importance_chart(rows: Iterable[Sequence[Any]]) -> Any:
    """A chart of features and how important each one is."""
    from wanllmdb.media.table import Table
    from wanllmdb.plot import bar

    table = Table(columns=["Feature", "Importance"], data=[list(row) for row in rows])
    return bar(table, "Feature", "Importance", title="Feature Importance")


def keep_model(
    run: Run,
    name: str,
    save: Callable[[str], Any],
    *,
    file: str | None = None,
    aliases: Sequence[str] | None = None,
) -> None:
    """Keep a model as an artifact.

    Args:
        run: whose artifact it is.
        name: the artifact's.
        save: writes the model to a path.
        file: the name of that path's last part, if it is not the artifact's.
        aliases: of this version; "latest" is one without them.
    """
    from wanllmdb.artifact import Artifact

    kept = Artifact(name, type="model")
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / (file or name))
        save(path)
        kept.add_file(path)  # a copy
        run.log_artifact(kept, aliases=aliases)

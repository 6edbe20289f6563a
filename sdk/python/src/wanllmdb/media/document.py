"""Documents: HTML, charts of Plotly and Bokeh, graphs of models: text that somebody else draws."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.cells import written
from wanllmdb.media.given import checked_path, content_of, is_file, is_path
from wanllmdb.media.media import FileMedium, Read
from wanllmdb.media.shelf import Content, Shelf
from wanllmdb.values import text


class Html(FileMedium):
    """A document of a row: `log({"report": Html("<h1>Done</h1>")})`.

    Args:
        data: its text, the path of a file, or an open file.
        inject: of wandb; nothing is added to the document.
        data_is_not_path: whether `data` is text, also if there is a file of that name.

    Raises:
        ValueError: it is none of these.
        OSError: the file cannot be read.
    """

    _log_type = "html-file"
    _folder = "html"

    @guarded(raises=MISUSE)
    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        del inject
        if isinstance(data, (str, PathLike)):
            from_file = not data_is_not_path and is_path(data)
            content = Path(data).read_bytes() if from_file else text(str(data)).encode()
        elif is_file(data):
            content = content_of(data)
        else:
            raise ValueError(f"HTML is a text, a path or a file, not a {type(data).__name__}.")
        self._hold(content, ".html")

    @property
    def html(self) -> str:
        """The text of the document."""
        content = self._content
        found = content if isinstance(content, bytes) else content.read_bytes()
        return found.decode("utf-8", "replace")

    @classmethod
    def together(cls, media: Sequence[Any], said: Sequence[dict[str, Any]]) -> dict[str, Any]:
        del media
        return {"_type": "html", "count": len(said), "html": list(said)}


class Plotly(FileMedium):
    """A chart of Plotly: `log({"chart": Plotly(figure)})`, or the figure itself.

    Args:
        val: a figure, its `{"data": …, "layout": …}`, or the path of a file of that. A figure of
            Matplotlib is made one of Plotly if Plotly can; logged as it is, it is an image.

    Raises:
        ValueError, TypeError: it is none of these.
        OSError: the file cannot be read.
    """

    _log_type = "plotly-file"
    _folder = "plotly"

    @guarded(raises=MISUSE)
    def __init__(self, val: Any) -> None:
        self._hold(_plotly(val), ".plotly.json")


def _plotly(value: Any) -> Content:
    if isinstance(value, (str, PathLike)):
        return checked_path(value, (".json", ".plotly.json"), "A chart of Plotly")
    if type(value).__module__.partition(".")[0] == "matplotlib":
        import plotly.tools  # pyright: ignore[reportMissingImports]

        value = plotly.tools.mpl_to_plotly(getattr(value, "figure", value))
    if callable(getattr(value, "to_json", None)) and hasattr(value, "data"):
        return str(value.to_json()).encode()
    if isinstance(value, Mapping) and "data" in value:
        return _strict(_told(value))
    raise ValueError(f"A chart of Plotly is a figure of it, not a {type(value).__name__}.")


class Bokeh(FileMedium):
    """A chart of Bokeh, as its document: a figure, a layout, a document, or the path of one."""

    _log_type = "bokeh-file"
    _folder = "bokeh"

    @guarded(raises=MISUSE)
    def __init__(self, data_or_path: Any) -> None:
        self._hold(_bokeh(data_or_path), ".bokeh.json")


def _bokeh(value: Any) -> Content:
    if isinstance(value, (str, PathLike)):
        return checked_path(value, (".json", ".bokeh.json"), "A chart of Bokeh")
    if not hasattr(value, "add_root"):
        from bokeh.document import Document  # pyright: ignore[reportMissingImports]

        document = Document()
        document.add_root(value)
        value = document
    from bokeh.core.json_encoder import serialize_json  # pyright: ignore[reportMissingImports]

    return str(serialize_json(value.to_json())).encode()


class Graph(FileMedium):
    """A graph of a model: nodes, and edges between them.

    Args:
        format: what it is a graph of.
    """

    _log_type = "graph-file"
    _folder = "graph"

    @guarded(raises=MISUSE)
    def __init__(self, format: str = "keras") -> None:  # noqa: A002 - wandb's word
        self._of = text(str(format))
        self.nodes: list[dict[str, Any]] = []
        self.edges: list[dict[str, Any]] = []
        self.caption = None
        self._facts = {}

    @guarded(raises=MISUSE)
    def add_node(self, node: Any = None, **facts: Any) -> dict[str, Any]:
        """Add a node; what it is called, or a mapping of what there is to know of it."""
        given = dict(node) if isinstance(node, Mapping) else {} if node is None else {"name": node}
        made = {"id": len(self.nodes), **_told({**given, **facts})}
        self.nodes.append(made)
        return made

    @guarded(raises=MISUSE)
    def add_edge(self, from_node: Any, to_node: Any) -> dict[str, Any]:
        """Add an edge between two nodes, or what they are called by."""
        made = {"from": _id(from_node), "to": _id(to_node)}
        self.edges.append(made)
        return made

    def said(self, shelf: Shelf, key: str) -> dict[str, Any]:
        content = {"format": self._of, "nodes": self.nodes, "edges": self.edges}
        self._content, self._suffix = _strict(content), ".graph.json"
        return super().said(shelf, key)

    @classmethod
    def from_artifact_files(cls, document: Mapping[str, Any], read: Read) -> Graph:
        content = json.loads(read(document["path"]))
        made = cls(content["format"])
        made.nodes, made.edges = content["nodes"], content["edges"]
        return made


def _id(node: Any) -> Any:
    return node.get("id") if isinstance(node, Mapping) else _told({"id": node})["id"]


def _told(facts: Mapping[Any, Any]) -> dict[str, Any]:
    """Facts as JSON has them; what has no such form is written as text."""
    return {text(str(name)): written(value) for name, value in facts.items()}


def _strict(document: Any) -> bytes:
    return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()

"""Documents: HTML, Plotly, Bokeh, graphs."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sdk.ids import said
from tests.sdk.shelves import Bench

from wanllmdb.media.bare import as_media, media_kind
from wanllmdb.media.document import Bokeh, Graph, Html, Plotly


def kept(medium: Any) -> tuple[dict[str, Any], bytes]:
    bench = Bench()
    said = medium.said(bench, "k")
    return said, bench.content(said)


class TestHtml:
    @pytest.mark.parametrize("text", ["<p>hello", "", "Grüße 🙂", "x" * 100_000, "a\0b"])
    def test_a_text_is_kept_as_it_is(self, text: str) -> None:
        said, content = kept(Html(text, inject=True))
        assert (said["_type"], content) == ("html-file", text.encode())
        assert Html(text).html == text

    def test_a_path_and_an_open_file_are_read_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "a.html"
        path.write_text("<b>x</b>")
        media = [
            Html(path),
            Html(str(path)),
            Html(io.StringIO("<b>x</b>")),
            Html(io.BytesIO(b"<b>x</b>")),
        ]
        path.unlink()
        assert {kept(each)[1] for each in media} == {b"<b>x</b>"}

    def test_the_name_of_a_file_can_be_meant_as_a_text(self) -> None:
        assert kept(Html(__file__, data_is_not_path=True))[1] == __file__.encode()

    def test_several_are_one_value(self) -> None:
        media = [Html("a"), Html("b")]
        said = [kept(each)[0] for each in media]
        assert Html.together(media, said) == {"_type": "html", "count": 2, "html": said}

    def test_what_is_no_text_is_a_value_error(self) -> None:
        with pytest.raises(ValueError, match="HTML"):
            Html(5)


class Figure:
    """As much of a figure of Plotly as is looked at."""

    data = ()

    def to_json(self) -> str:
        return '{"data":[],"layout":{}}'


BaseFigure = type("BaseFigure", (Figure,), {"__module__": "plotly.basedatatypes"})
PlotlyFigure = type("Figure", (BaseFigure,), {"__module__": "plotly.graph_objs._figure"})


class TestPlotly:
    def test_a_figure_is_written_as_plotly_writes_it(self) -> None:
        said, content = kept(Plotly(PlotlyFigure()))
        assert (said["_type"], content) == ("plotly-file", b'{"data":[],"layout":{}}')
        assert said["path"].endswith(".plotly.json")

    def test_a_bare_figure_is_told_apart(self) -> None:
        assert media_kind(PlotlyFigure()) == "plotly-file"
        assert isinstance(as_media(PlotlyFigure()), Plotly)

    def test_a_mapping_is_a_chart_with_all_its_values(self) -> None:
        chart = {"data": [{"y": np.arange(100), "x": [1.0, math.nan]}], "layout": {"title": "t"}}
        found = json.loads(kept(Plotly(chart))[1])
        assert found["data"][0]["y"] == list(range(100))
        assert found["layout"] == {"title": "t"}

    def test_a_file_is_kept_as_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "a.plotly.json"
        path.write_text('{"data": []}')
        assert kept(Plotly(path))[1] == b'{"data": []}'

    @pytest.mark.parametrize("value", [3, [1], {"layout": {}}, None], ids=said)
    def test_what_is_no_chart_is_a_value_error(self, value: Any) -> None:
        with pytest.raises(ValueError, match="Plotly"):
            Plotly(value)


class TestBokeh:
    def test_a_file_is_kept_as_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_text("{}")
        said, content = kept(Bokeh(path))
        assert (said["_type"], content) == ("bokeh-file", b"{}")

    def test_a_bare_figure_is_told_apart(self) -> None:
        layout = type("LayoutDOM", (), {"__module__": "bokeh.models.layouts"})
        figure = type("figure", (layout,), {"__module__": "bokeh.plotting._figure"})
        assert media_kind(figure()) == "bokeh-file"


class TestGraph:
    def test_nodes_and_edges_are_kept(self) -> None:
        graph = Graph()
        first = graph.add_node("conv", size=[3, 3])
        second = graph.add_node({"name": "relu", "odd": object})
        graph.add_edge(first, second)
        graph.add_edge("a", 3)
        found = json.loads(kept(graph)[1])
        assert found["format"] == "keras"
        assert found["nodes"][0] == {"id": 0, "name": "conv", "size": [3, 3]}
        assert found["edges"] == [{"from": 0, "to": 1}, {"from": "a", "to": 3}]

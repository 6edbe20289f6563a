"""Every medium goes from `log` through a server to a download, and its bytes are the same."""

from __future__ import annotations

import hashlib
import io
import json
import urllib.parse
import urllib.request
import wave
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
from tests.journeys.processes import ServerProcess, eventually

SCRIPT = """
import json
import sys
from pathlib import Path

import numpy as np
import wanllmdb as wandb

run = wandb.init(project="media", settings={"monitor_system": False})
pixels = np.arange(96, dtype=np.uint8).reshape(4, 8, 3)
box = {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1}
part = wandb.Table(columns=["n"], data=[[0]], log_mode="INCREMENTAL")
Path("film.mp4").write_bytes(b"film" * 1000)
run.log({
    "image": wandb.Image(pixels, caption="c", boxes={"b": {"box_data": [box]}},
                         masks={"m": {"mask_data": np.arange(32).reshape(4, 8)}}),
    "images": [wandb.Image(pixels), wandb.Image(pixels[:2])],
    "table": wandb.Table(columns=["i", "x"], data=[[wandb.Image(pixels), float("nan")]]),
    "part": part,
    "histogram": wandb.Histogram([1, 2, 3], num_bins=2),
    "audio": wandb.Audio(np.linspace(-1, 1, 800), sample_rate=8000),
    "video": wandb.Video(np.zeros((2, 3, 4, 6), np.uint8), fps=2),
    "film": wandb.Video("film.mp4"),
    "html": wandb.Html("<h1>Grüße</h1>"),
    "plotly": wandb.Plotly({"data": [{"y": [1, 2]}], "layout": {}}),
    "cloud": wandb.Object3D(np.ones((2, 3))),
    "molecule": wandb.Molecule("ATOM", file_type="pdb"),
    "joined": wandb.JoinedTable(wandb.Table(columns=["a"]), wandb.Table(columns=["a"]), "a"),
    "nested": {"image": wandb.Image(pixels)},
    "roc": wandb.plot.roc_curve([0, 1], [[0.9, 0.1], [0.2, 0.8]]),
})
Path("film.mp4").unlink()
part.add_data(1)
run.log({"part": part, "again": wandb.Image(pixels)})
made = {str(each.relative_to(run.dir)): each.read_bytes().hex()
        for each in Path(run.dir, "media").rglob("*") if each.is_file()}
Path("made.json").write_text(json.dumps([run.id, dict(run.summary), made]))
run.finish()
"""


def download(server: ServerProcess, run: str, path: str) -> tuple[bytes, str]:
    """Content and type of a file of a run, by REST."""
    place = f"/api/v1/projects/{server.owner}/media/runs/{run}/files/{urllib.parse.quote(path)}"
    request = urllib.request.Request(
        server.url + place, headers={"Authorization": f"Bearer {server.key}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read(), answer.headers["Content-Type"]


def files_of(said: Any) -> list[tuple[str, str, int]]:
    """Path, digest and size of every file that a value of a row names."""
    if isinstance(said, list):
        return [each for value in said for each in files_of(value)]
    if not isinstance(said, dict):
        return []
    own = [(said["path"], said["sha256"], said["size"])] if "path" in said else []
    return own + [each for value in said.values() for each in files_of(value)]


def test_every_medium_can_be_downloaded_as_it_was_logged(
    server: ServerProcess, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = server.run_script(script)
    said, _ = process.communicate(timeout=50)
    assert process.returncode == 0, said.decode()
    run, summary, made = json.loads((tmp_path / "made.json").read_text())
    place = f"/projects/{server.owner}/media/runs/{run}"
    found = eventually(
        lambda: (found := server.get(place))["state"] == "finished" and found, why="it has ended"
    )
    shown = dict(summary)
    shown["nested.image"] = shown.pop("nested")["image"]  # as the server names what is nested
    assert {key: found["summary"].get(key) for key in shown} == shown
    named = files_of(summary)
    assert len(named) >= 17
    for path, digest, size in named:
        content, _ = download(server, run, path)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (digest, size)
    listed = {each["path"] for each in server.get(f"{place}/files?limit=200")["items"]}
    assert {path for path, _, _ in named} <= listed
    for path, content in made.items():  # what was not sent yet when the script looked
        assert download(server, run, path)[0].hex() == content
    decoded(server, run, summary)
    chart = found["config"]["_wandb"]["visualize"]["roc"]
    assert chart["panel_config"]["panelDefId"] == "wandb/area-under-curve/v0"
    assert summary["roc_table"]["nrows"] == 6


def decoded(server: ServerProcess, run: str, summary: dict[str, Any]) -> None:
    """What a reader of each format finds in the files."""

    def content(key: str, kind: str) -> bytes:
        content, found = download(server, run, summary[key]["path"])
        assert found.partition(";")[0] == kind
        return content

    pixels = np.array(PIL.Image.open(io.BytesIO(content("image", "image/png"))))
    assert (pixels == np.arange(96).reshape(4, 8, 3)).all()
    with wave.open(io.BytesIO(content("audio", "audio/wav"))) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, 800)
    with PIL.Image.open(io.BytesIO(content("video", "image/gif"))) as film:
        assert film.size == (6, 4)
    assert content("film", "video/mp4") == b"film" * 1000
    assert download(server, run, summary["html"]["path"])[0].decode() == "<h1>Grüße</h1>"
    table = json.loads(download(server, run, summary["table"]["path"])[0])
    assert table["data"][0][0]["path"] == summary["image"]["path"]  # one content, one file
    assert table["data"][0][1] == "NaN"
    parts = [*summary["part"]["previous_increments_paths"], summary["part"]["path"]]
    rows = [json.loads(download(server, run, path)[0])["data"] for path in parts]
    assert rows == [[[0]], [[1]]]

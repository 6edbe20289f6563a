"""Ids, projects and keys of any characters: trained, read back, shown and deleted."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.panels import logged
from tests.journeys.processes import ServerProcess

RUN, PROJECT = "my run 100%é", "größe 2.0 (b)"
KEY = "val/größe 100%"

TRAIN = f"""
import json, sys
import wanllmdb as wandb

run = wandb.init(project={PROJECT!r}, id={RUN!r}, config={{"lr": 0.1}})
for step in range(20):
    run.log({{{KEY!r}: step / 10}})
(open(run.dir + "/größe 100%.txt", "w")).write("kept")
run.finish()
again = wandb.init(project={PROJECT!r}, id={RUN!r}, resume="must")
again.log({{{KEY!r}: 9.0}})
again.finish()
fork = wandb.init(project={PROJECT!r}, fork_from={RUN!r} + "?_step=10")
fork.finish()
said = [run.url, again.resumed, again.starting_step, again.path]
print("LEDGER", json.dumps({{"said": said}}))
"""


@pytest.mark.timeout(90)
def test_a_run_of_strange_names_is_trained_read_shown_and_deleted(
    server: ServerProcess, page: Page
) -> None:
    url, resumed, first, path = logged(server, TRAIN)["said"]
    owner = server.owner
    assert (resumed, first, path) == (True, 20, f"{owner}/{PROJECT}/{RUN}")
    at = f"/{quote(owner, safe='')}/{quote(PROJECT, safe='')}/runs/{quote(RUN, safe='')}"
    assert url == server.url + at
    assert url.isascii()

    found = server.get(f"/projects{at}")
    assert (found["id"], found["project"], found["url"]) == (RUN, PROJECT, at)
    assert found["summary"][KEY] == 9.0
    points = server.get(f"/projects{at}/points?key={quote(KEY)}")
    assert (points["step"][-1], points["value"][-1], len(points["value"])) == (20, 9.0, 21)
    assert server.get(f"/projects{at}/receipt")["state"] == "complete"
    runs = server.get(f"/projects/{quote(owner)}/{quote(PROJECT)}/runs")["items"]
    origins = [each["forked_from"]["url"] for each in runs if each["forked_from"]]
    assert origins == [at]

    page.goto(url)
    expect(page.get_by_text(RUN).first).to_be_visible()
    page.goto(f"{server.url}/{quote(owner)}/{quote(PROJECT)}/table")
    expect(page.get_by_test_id("table-row")).to_have_count(2)

    request = urllib.request.Request(
        f"{server.url}/api/v1/projects{at}", method="DELETE",
        headers={"Authorization": f"Bearer {server.key}"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 204
    with pytest.raises(urllib.error.HTTPError, match="404"):
        server.get(f"/projects{at}")

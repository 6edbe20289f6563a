"""Names and values that try to be more than text and numbers: shown as they are, and no more."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.conftest import Faults
from tests.journeys.panels import hover, logged, open_workspace, project_url, scrolled_to
from tests.journeys.processes import ServerProcess

IMAGE = "<img src=x onerror=\"window.ran='image'\">"
SCRIPT = "<script>window.ran='script'</script>"

LOGGED = """
import json, math, sys
import wanllmdb as wandb

image, script = sys.argv[1:]
config = {"__proto__": {"polluted": 1}, "constructor": 2, image: script, "url": "javascript:alert(1)"}
run = wandb.init(project="hostile", name=script + image, notes=image, tags=[image], config=config)
for i in range(120):
    row = {
        "__proto__": i, "constructor": 2.0 * i, "toString": 1, image: i, f"{script}/x": i,
        "\\u640d\\u5931/\\U0001f525": math.sin(i), "a/../b": i, "javascript:alert(1)": i,
        "same/zero": 0, "same/c": 7.25, "huge/big": 1e300 * i, "huge/small": 1e-300 * i,
        "odd/nan": math.nan if i % 3 else i, "odd/inf": math.inf if i % 50 else -math.inf,
        "odd/never": math.nan, "whole/many": 2**53 + 2 * i,
    }
    if i == 0:
        row["single/point"] = 42
    run.log(row)
run.summary[script] = image
run.finish()
plain = wandb.init(project="hostile", name="plain")
plain.log({"same/c": 1})
plain.finish()
print("LEDGER", json.dumps({"id": run.id, "plain": plain.id}))
"""  # noqa: E501

KEYS = {
    "__proto__": "119",
    "constructor": "238",
    IMAGE: "119",
    "\u640d\u5931/\U0001f525": None,
    "a/../b": "119",
    "javascript:alert(1)": "119",
    "single/point": "42",
    "huge/big": "1.19e+302",
    "odd/never": "NaN",
    "odd/nan": None,
    "whole/many": str(2**53 + 2 * 119),
}


@pytest.mark.timeout(90)
def test_no_name_and_no_value_is_ever_more_than_text(
    server: ServerProcess, page: Page, faults: Faults
) -> None:
    run = logged(server, LOGGED, IMAGE, SCRIPT)

    open_workspace(page, server, "hostile")
    expect(page.get_by_test_id("run-row").filter(has_text=SCRIPT + IMAGE)).to_be_visible()
    for key, last in KEYS.items():
        panel = scrolled_to(page, key)
        expect(panel.get_by_role("heading")).to_have_text(key)
        expect(panel.locator("[data-painted]")).to_be_visible()
        if last is not None:
            value = panel.get_by_test_id("panel-last")
            expect(value).to_have_attribute("data-value", last)
    assert_nothing_ran(page, faults)

    hover(page, scrolled_to(page, IMAGE), 0.5)
    expect(page.locator(".chart-tip")).to_contain_text(SCRIPT)
    page.keyboard.press("Control+k")
    page.get_by_role("dialog").get_by_role("combobox").fill("script")
    expect(page.get_by_role("dialog").get_by_text(SCRIPT + IMAGE).first).to_be_visible()
    assert_nothing_ran(page, faults)

    page.goto(project_url(server, "hostile", f"runs/{run['id']}"))
    expect(page.get_by_role("heading", name=SCRIPT + IMAGE)).to_be_visible()
    expect(page.get_by_test_id("config")).to_contain_text("__proto__.polluted")
    expect(page.get_by_test_id("summary")).to_contain_text(SCRIPT)
    expect(page.locator("a[href^='javascript:']")).to_have_count(0)
    assert_nothing_ran(page, faults)

    page.goto(project_url(server, "hostile", "table?cols=config.constructor,summary.toString"))
    rows = page.get_by_test_id("table-row")
    expect(rows.filter(has_text=SCRIPT).get_by_role("gridcell").nth(1)).to_have_text("2")
    expect(rows.filter(has_text="plain").get_by_role("gridcell")).to_have_text(["plain", "–", "–"])
    assert_nothing_ran(page, faults)


def assert_nothing_ran(page: Page, faults: Faults) -> None:
    assert page.evaluate("() => window.ran ?? null") is None
    assert page.evaluate("() => document.querySelectorAll('img, main script').length") == 0
    assert page.evaluate("() => ({}).polluted ?? null") is None
    assert faults.found == []

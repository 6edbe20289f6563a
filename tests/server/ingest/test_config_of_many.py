"""What several writers say in a run's config: keys replace keys, descriptions are joined."""

from __future__ import annotations

from typing import Any

from tests.server.house import House, record, send

from wanllmdb.wire import Kind

URL = "/api/v1/projects/ann/vision/runs/first"


def configured(position: int, **values: Any) -> tuple[int, int, bytes]:
    return record(position, Kind.CONFIG, {"set": values})


async def test_how_charts_are_drawn_is_joined_over_all_writers(house: House) -> None:
    async with house.client("member") as http:
        roc = {"panel_type": "Vega2", "panel_config": {"fields": {"x": "fpr"}}}
        await send(http, 0, [
            configured(1, lr=0.1, net={"depth": 1, "width": 8}),
            configured(2, _wandb={"visualize": {"roc": {"old": True}}}),
            configured(3, _wandb={"visualize": {"roc": roc}}),
        ], writer="w1")  # fmt: skip
        await send(http, 0, [
            configured(1, net={"depth": 2}),
            configured(2, _wandb={"visualize": {"pr": {"panel_type": "Vega2"}}, "t": 1}),
        ], writer="w2")  # fmt: skip
        config = (await http.get(URL)).json()["config"]
    assert config["lr"] == 0.1
    assert config["net"] == {"depth": 2}, "what the user set is replaced as a whole"
    assert config["_wandb"] == {
        "visualize": {"roc": roc, "pr": {"panel_type": "Vega2"}},
        "t": 1,
    }

"""Alerts: what scripts want people to hear is kept once, told newest first, and counted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.house import START, House, record, send

from wanllmdb.wire import Kind

PROJECT = "/api/v1/projects/ann/vision"
RUN = PROJECT + "/runs/first"


def alert(position: int, title: str = "t", **said: Any) -> tuple[int, int, bytes]:
    given = {"title": title, "text": "x", "level": "WARN", "time_us": START + position}
    return record(position, Kind.ALERT, given | said)


async def test_an_alert_is_kept_once_however_often_it_comes(house: House) -> None:
    async with house.client("member") as http:
        for _ in range(2):
            assert (await send(http, 0, [alert(1, "Loss is NaN", text="at 12")])).status_code == 200
        [said] = (await http.get(RUN + "/alerts")).json()["items"]
        assert (said["title"], said["text"], said["level"]) == ("Loss is NaN", "at 12", "WARN")
        assert (said["run"], said["created_at"]) == ("first", START + 1)
        assert (await http.get(RUN)).json()["alerts"] == 1


async def test_alerts_of_a_project_come_newest_first_by_page(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [alert(n, str(n)) for n in range(1, 8)])
        await send(http, 0, [alert(9, "9", level="ERROR")], writer="w2")
        page = (await http.get(PROJECT + "/alerts?limit=3")).json()
        titles = [each["title"] for each in page["items"]]
        while page["next"]:
            page = (await http.get(f"{PROJECT}/alerts?limit=3&cursor={page['next']}")).json()
            titles += [each["title"] for each in page["items"]]
        assert titles == ["9", "7", "6", "5", "4", "3", "2", "1"]
        assert page["total"] == 8
        graves = (await http.get(PROJECT + "/alerts?level=ERROR")).json()
        assert [each["title"] for each in graves["items"]] == ["9"]


@pytest.mark.parametrize("said", [{"title": "t"}, {"title": 1, "text": "x"}, []])
async def test_an_alert_of_another_shape_is_refused_and_named(house: House, said: Any) -> None:
    async with house.client("member") as http:
        answer = await send(http, 0, [record(1, Kind.ALERT, said)])
        assert [each["code"] for each in answer.json()["rejected"]] == ["malformed-record"]
        assert (await http.get(RUN + "/alerts")).json()["items"] == []


async def test_what_is_too_long_is_cut_and_an_unknown_level_is_info(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [alert(1, "T" * 9000, level="PANIC", time_us=None)])
        [said] = (await http.get(RUN + "/alerts")).json()["items"]
        assert (len(said["title"]), said["level"]) == (256, "INFO")
        assert said["created_at"] == house.clock.now


async def test_a_strangers_alerts_are_not_there(house: House) -> None:
    async with house.client("member") as http:
        await send(http, 0, [alert(1)])
    async with house.client("stranger") as http:
        for url in (RUN + "/alerts", PROJECT + "/alerts"):
            assert (await http.get(url)).status_code == 404
        assert (await http.get("/api/v1/projects/sam/vision/alerts")).json()["items"] == []


async def test_alerts_go_with_their_run(house: House) -> None:
    async with house.client("owner") as http:
        await send(http, 0, [alert(1)])
        assert (await http.delete(RUN)).status_code == 204
        assert (await http.get(PROJECT + "/alerts")).json()["total"] == 0

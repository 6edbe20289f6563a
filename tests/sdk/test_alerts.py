"""Alerts: kept at once, never refused, and not told again and again."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from tests.sdk.journals import kept

import wanllmdb as wandb
from wanllmdb import alerts
from wanllmdb.run import Run
from wanllmdb.wire import Kind


@pytest.fixture
def run(home: Path) -> Run:
    return wandb.init(mode="offline", settings={"monitor_system": False, "console": "off"})


def titles(run: Run) -> list[str]:
    return [each["title"] for each in kept(run, Kind.ALERT)]


def test_an_alert_is_kept_with_its_title_text_level_and_time(run: Run) -> None:
    wandb.alert("loss", "it is NaN", level=wandb.AlertLevel.ERROR)
    [said] = kept(run, Kind.ALERT)
    assert said.pop("time_us") > run.start_time * 1e6
    assert said == {"title": "loss", "text": "it is NaN", "level": "ERROR"}


def test_before_init_an_alert_says_what_is_missing(home: Path) -> None:
    with pytest.raises(wandb.Error, match=r"wandb\.init"):
        wandb.alert("loss", "it is NaN")


@pytest.mark.parametrize("level", ["WARN", "warn", wandb.AlertLevel.WARN])
def test_a_level_may_be_a_word(run: Run, level: str) -> None:
    run.alert("loss", "x", level=level)
    assert kept(run, Kind.ALERT)[0]["level"] == "WARN"


def test_a_level_that_is_none_is_said_and_the_alert_is_kept(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.alert("loss", "x", level="panic")
    assert kept(run, Kind.ALERT)[0]["level"] == "INFO"
    assert "'panic'" in capsys.readouterr().err


def test_alerts_of_one_title_are_told_once_a_minute(run: Run) -> None:
    seconds = [0.0]
    run._clock = lambda: int(seconds[0] * 1e9)
    for now in (0, 30, 59, 60, 61, 200):
        seconds[0] = now
        run.alert("loss", str(now))
        run.alert(f"loss {now}", "another title")
    said = [each["text"] for each in kept(run, Kind.ALERT) if each["title"] == "loss"]
    assert said == ["0", "60", "200"]
    assert len(titles(run)) == 3 + 6


@pytest.mark.parametrize("wait", [2, 2.0, datetime.timedelta(seconds=2)])
def test_how_long_a_title_waits_may_be_said(run: Run, wait: object) -> None:
    seconds = [0.0]
    run._clock = lambda: int(seconds[0] * 1e9)
    for now in (0, 1, 3):
        seconds[0] = now
        run.alert("loss", str(now), wait_duration=wait)
    assert [each["text"] for each in kept(run, Kind.ALERT)] == ["0", "3"]


def test_a_wait_of_nothing_tells_each(run: Run) -> None:
    for _ in range(3):
        run.alert("loss", "x", wait_duration=0)
    assert len(titles(run)) == 3


def test_a_duration_that_is_none_is_said_and_a_minute_is_taken(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run.alert("loss", "x")
    run.alert("loss", "x", wait_duration="soon")
    assert len(titles(run)) == 1
    assert "'soon'" in capsys.readouterr().err


def test_long_texts_are_cut_and_odd_ones_written_out(run: Run) -> None:
    run.alert("t" * 1000, "x" * 100_000)
    run.alert(7, "\ud800")  # type: ignore[arg-type]
    long, odd = kept(run, Kind.ALERT)
    assert (len(long["title"]), len(long["text"])) == (alerts.MAX_TITLE, alerts.MAX_TEXT)
    assert (odd["title"], odd["text"]) == ("7", "\\ud800")


def test_a_disabled_run_tells_nobody(home: Path) -> None:
    wandb.init(mode="disabled").alert("loss", "x")


def test_after_the_end_an_alert_is_refused(run: Run) -> None:
    run.finish()
    with pytest.raises(wandb.UsageError, match="finished"):
        run.alert("loss", "x")

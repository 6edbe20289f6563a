"""Checks of what a script does: each with the official client, in a process of its own.

The first line of a check's docstring is its line on the page of conformance.
"""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import wandb
from told import OWNER, PROJECT, expect, path

api = wandb.Api


def start(run: str, **said: Any) -> Any:
    return wandb.init(project=PROJECT, id=run, **said)


def login_and_verify() -> list[Any]:
    """`wandb.login(verify=True)` with our key; a foreign one is refused."""
    assert wandb.login(verify=True)
    key = wandb.api.api_key
    with contextlib.suppress(wandb.errors.AuthenticationError, wandb.errors.CommError):
        assert not wandb.login(key="x" * 40, verify=True, relogin=True)
    assert wandb.login(key=key, verify=True, relogin=True)
    return []


def init_with_every_keyword() -> list[Any]:
    """`wandb.init` with name, tags, notes, group, job type and nested config"""
    run = start(
        "init",
        name="one",
        tags=["a", "b"],
        notes="first\nsecond",
        group="g",
        job_type="train",
        config={"lr": 0.1, "deep": {"a": [1, 2]}, "ü": "é"},
    )
    run.finish()
    found = api().run(path("init"))
    assert (found.name, found.group, found.job_type) == ("one", "g", "train")
    assert found.config == {"lr": 0.1, "deep": {"a": [1, 2]}, "ü": "é"}
    return [expect("init", state="finished", config={"lr": 0.1, "deep": {"a": [1, 2]}, "ü": "é"})]


def scalars() -> list[Any]:
    """`run.log`: scalars of a thousand steps, every one of them read back"""
    run = start("scalars")
    for i in range(1000):
        run.log({"loss": math.exp(-i / 100), "acc": i / 1000})
    run.finish()
    rows = list(api().run(path("scalars")).scan_history())
    assert [row["_step"] for row in rows] == list(range(1000))
    assert all(abs(row["loss"] - math.exp(-row["_step"] / 100)) < 1e-12 for row in rows)
    return [expect("scalars", points={"acc": [[i, i / 1000] for i in range(1000)]})]


def every_kind_of_value() -> list[Any]:
    """NaN, infinities, strings, booleans, nested mappings, None"""
    run = start("values")
    run.log({"nan": math.nan, "inf": math.inf, "low": -math.inf, "text": "t", "flag": True})
    run.log({"deep": {"a": {"b": 2}}, "none": None, "big": 2**53})
    run.finish()
    rows = list(api().run(path("values")).scan_history())
    assert math.isnan(float(rows[0]["nan"])) and float(rows[0]["inf"]) == math.inf
    return [
        expect("values", points={"nan": [[0, "NaN"]], "deep.a.b": [[1, 2]], "text": [[0, "t"]]})
    ]


def media() -> list[Any]:
    """Images with masks, histograms, HTML, audio: rows and files"""
    run = start("media")
    picture = np.zeros((8, 8, 3), np.uint8)
    run.log(
        {
            "image": wandb.Image(picture, caption="c"),
            "images": [wandb.Image(picture), wandb.Image(picture)],
            "histogram": wandb.Histogram(np.arange(100)),
            "html": wandb.Html("<b>x</b>"),
        }
    )
    run.finish()
    names = [each.name for each in api().run(path("media")).files()]
    assert sum(name.startswith("media/images/") for name in names) == 2, names  # one for each key
    return [expect("media", files=[name for name in names if name.startswith("media/")])]


def define_metric() -> list[Any]:
    """`define_metric`: another x, and which summary"""
    run = start("define")
    run.define_metric("epoch")
    run.define_metric("val/*", step_metric="epoch")
    run.define_metric("loss", summary="min")
    for i in range(10):
        run.log({"epoch": i // 2, "val/acc": i / 10, "loss": (i - 5) ** 2})
    run.finish()
    assert api().run(path("define")).summary["loss"]["min"] == 0
    return [expect("define", summary={"loss": {"min": 0}})]


def summary_after_all() -> list[Any]:
    """Summary: set, nested, deleted, and after the end through `Api`"""
    run = start("summary")
    run.log({"loss": 1.0})
    run.summary["best"] = {"acc": 0.9}
    run.summary["gone"] = 1
    del run.summary["gone"]
    run.finish()
    found = api().run(path("summary"))
    found.summary["after"] = 2
    found.summary.update()
    again = api().run(path("summary")).summary
    assert again["best"]["acc"] == 0.9 and again["after"] == 2 and "gone" not in again
    return [expect("summary", summary={"loss": 1.0, "best": {"acc": 0.9}, "after": 2})]


def config_updates() -> list[Any]:
    """`config.update` while the run goes on"""
    run = start("config", config={"a": 1})
    run.config.update({"b": 2})
    run.config["c"] = {"d": 3}
    run.finish()
    return [expect("config", config={"a": 1, "b": 2, "c": {"d": 3}})]


def console() -> list[Any]:
    """What is printed, out and err, is in the logs"""
    run = start("console")
    print("a line")
    print("an error", file=sys.stderr)
    run.log({"a": 1})
    run.finish()
    return [expect("console", lines=["a line", "an error"])]


def save_and_files() -> list[Any]:
    """`run.save`, `upload_file`, download and delete"""
    Path("kept.txt").write_text("kept")
    run = start("files")
    run.save("kept.txt")
    run.finish()
    found = api().run(path("files"))
    assert found.file("kept.txt").download(root="down", replace=True).read() == "kept"
    Path("up.txt").write_text("up")
    found.upload_file("up.txt")
    assert "up.txt" in [each.name for each in api().run(path("files")).files()]
    api().run(path("files")).file("up.txt").delete()
    return [expect("files", files=["kept.txt"], no_files=["up.txt"])]


def log_code() -> list[Any]:
    """The script and what is not committed go along with the run"""
    run = start("code", settings=wandb.Settings(save_code=True))
    run.log({"a": 1})
    run.finish()
    return [expect("code", files=["requirements.txt", "wandb-metadata.json"])]


def alert() -> list[Any]:
    """`run.alert` is where our alerts are"""
    run = start("alert")
    run.alert("Title", "text", level="WARN")
    run.finish()
    return [expect("alert", alerts=[["Title", "WARN"]])]


def exit_codes() -> list[Any]:
    """`finish(exit_code)`: 0 is finished, another is failed"""
    run = start("exit3")
    run.log({"a": 1})
    run.finish(exit_code=3)
    assert api().run(path("exit3")).state == "failed"
    return [expect("exit3", state="failed", exit_code=3)]


def resume_allow() -> list[Any]:
    """`resume="allow"` begins, and goes on behind the last step"""
    for first in (0, 5):
        run = start("allow", resume="allow")
        assert run.resumed == (first > 0)
        for i in range(first, first + 5):
            run.log({"x": i})
        run.finish()
    assert [row["_step"] for row in api().run(path("allow")).scan_history()] == list(range(10))
    return [expect("allow", state="finished", points={"x": [[i, i] for i in range(10)]})]


def resume_must_and_never() -> list[Any]:
    """`resume="must"` without a run, and `"never"` with one, are refused"""
    start("there").finish()
    for run, how in (("missing", "must"), ("there", "never")):
        try:
            start(run, resume=how)
        except wandb.errors.UsageError:
            continue
        raise AssertionError(f"{how} was taken")
    return [expect("there", state="finished")]


def resume_auto() -> list[Any]:
    """`resume="auto"` after a crash goes on with the same run"""
    script = (
        "import os, wandb\n"
        f"run = wandb.init(project={PROJECT!r}, resume='auto')\n"
        "run.log({'x': 1})\n"
        "print('RUN', run.id, run.resumed, flush=True)\n"
        "import time; time.sleep(float(os.environ.get('WAIT', '0')))\n"
        "os._exit(1) if os.environ.get('CRASH') else run.finish()\n"
    )
    Path("auto.py").write_text(script)
    import os

    told = []
    for more in ({"CRASH": "1", "WAIT": "3"}, {}):
        said = subprocess.run(
            [sys.executable, "auto.py"], env={**os.environ, **more}, capture_output=True, text=True
        ).stdout
        told.append(said.split("RUN ")[1].split()[:2])
    assert told[0][0] == told[1][0], told
    assert told[1][1] == "True", told
    return [expect(told[0][0], state="finished")]


def rewind() -> list[Any]:
    """`resume_from` goes back to a step, and what was behind it is not shown"""
    run = start("rewind")
    for i in range(10):
        run.log({"x": i})
    run.finish()
    run = wandb.init(project=PROJECT, resume_from="rewind?_step=4")
    for _ in range(3):
        run.log({"x": -1})
    run.finish()
    wanted = [0, 1, 2, 3, 4, -1, -1, -1]
    assert [row["x"] for row in api().run(path("rewind")).scan_history()] == wanted
    return [expect("rewind", points={"x": [[i, x] for i, x in enumerate(wanted)]})]


def shared_mode() -> list[Any]:
    """`mode="shared"`: several processes write into one run, and no row is lost"""
    script = (
        "import sys, wandb\n"
        "first = sys.argv[1] == '0'\n"
        "told = wandb.Settings(mode='shared', x_label=sys.argv[1], x_primary=first,\n"
        "                      x_update_finish_state=first)\n"
        f"run = wandb.init(project={PROJECT!r}, id='shared', settings=told)\n"
        "for i in range(20): run.log({'of_' + sys.argv[1]: i})\n"
        "run.finish()\n"
    )
    Path("one.py").write_text(script)
    processes = [subprocess.Popen([sys.executable, "one.py", str(n)]) for n in range(2)]
    assert [each.wait() for each in processes] == [0, 0]
    rows = list(api().run(path("shared")).scan_history())
    for n in range(2):
        assert sorted(row[f"of_{n}"] for row in rows if row.get(f"of_{n}") is not None) == list(
            range(20)
        )
    return [expect("shared", counts={"of_0": 20, "of_1": 20})]


def offline_and_sync() -> list[Any]:
    """Offline, `wandb sync`, and once more: nothing doubles"""
    run = start("offline", mode="offline", config={"lr": 1})
    for i in range(50):
        run.log({"x": i})
    folder = Path(run.dir).parent
    run.finish()
    wandb_command = Path(sys.executable).parent / "wandb"
    for _ in range(2):
        subprocess.run([wandb_command, "sync", folder], check=True, capture_output=True)
        for mark in folder.glob("*.synced"):
            mark.unlink()
    assert len(list(api().run(path("offline")).scan_history())) == 50
    return [expect("offline", state="finished", points={"x": [[i, i] for i in range(50)]})]


def stop_from_our_page() -> list[Any]:
    """A run that is stopped on our page hears it, and ends"""
    script = (
        "import time, wandb\n"
        f"run = wandb.init(project={PROJECT!r}, id='stopped')\n"
        "for i in range(600): run.log({'x': i}); time.sleep(0.2)\n"
    )
    Path("long.py").write_text(script)
    process = subprocess.Popen([sys.executable, "long.py"])
    import json
    import os
    import time
    import urllib.request

    url = f"{os.environ['WANDB_BASE_URL']}/api/v1/projects/{OWNER}/{PROJECT}/runs/stopped"
    head = {
        "Authorization": f"Bearer {os.environ['WANDB_API_KEY']}",
        "Content-Type": "application/json",
    }
    body = json.dumps({"stop_requested": True}).encode()
    end = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(url, body, head, method="PATCH"))
            break
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.5)
    assert process.wait(90) != 0
    return [expect("stopped", state="killed")]


CHECKS = {
    each.__name__: each
    for each in (
        login_and_verify,
        init_with_every_keyword,
        scalars,
        every_kind_of_value,
        media,
        define_metric,
        summary_after_all,
        config_updates,
        console,
        save_and_files,
        log_code,
        alert,
        exit_codes,
        resume_allow,
        resume_must_and_never,
        resume_auto,
        rewind,
        shared_mode,
        offline_and_sync,
        stop_from_our_page,
    )
}

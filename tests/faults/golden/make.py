"""Write the golden spool of the present version: `python -m tests.faults.golden.make`.

Done once for each version of the format, and never again: what it wrote is committed, and every
later version must be able to send it. All is logged through the public surface, offline. It
holds rows with keys and rows by forms, nested rows, text, media, a table, configuration, summary,
a metric's definition, printed lines, a fork child, several segments, a journal that ended and one
that a SIGKILL cut off in the middle of a row.

Beside it stands what was logged (`expected.json`).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = "golden"
ROWS = 2000
CHILD_ROWS = 50
TORN = 7  # bytes of the last row of the killed run that are not on the disk


def row(number: int) -> dict[str, Any]:
    """What row `number` says: any version must make the same of it."""
    said: dict[str, Any] = {"loss": 1.0 / (1 + number), "number": number, "a long key " * 3: -0.5}
    if number % 100 == 0:
        said |= {"nested": {"deep": {"x": number}}, "text": f"row {number}", "flag": True}
    return said


def main() -> None:
    """Write both runs below `v<version>`."""
    os.environ |= {
        "WANLLMDB_MODE": "offline",
        "WANLLMDB_SAVE_FACTS": "false",
        "WANLLMDB_GIT_TRACKING": "false",
        "WANLLMDB_MONITOR_SYSTEM": "false",
        "WANLLMDB_CONSOLE": "wrap",
        "WANLLMDB_SPOOL_LIMIT": "1MiB",  # segments of 64 KiB
        "HOME": tempfile.mkdtemp(),
    }
    socket.gethostname = lambda: "golden"

    from wanllmdb import segment

    target = HERE / f"v{segment.VERSION}"
    if target.exists():
        sys.exit(f"{target} is there already, and is not to be changed")
    os.environ["WANLLMDB_SPOOL_DIR"] = str(target)
    expected = {"whole": whole(), "killed": killed(target)}
    for path in target.rglob("*"):
        if path.suffix in {".lock", ".reserve", ".ack"}:
            path.unlink()
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def whole() -> dict[str, Any]:
    """A run that ends by itself."""
    import wanllmdb as wandb

    run = wandb.init(
        project=PROJECT, id="whole", name="golden", tags=["a", "b"], notes="as it was logged",
        group="spools", job_type="test", config={"lr": 0.001, "layers": [1, 2], "sub": {"a": None}},
    )  # fmt: skip
    run.define_metric("loss", summary="min", goal="minimize")
    sys.stdout.write("printed: ä ∑\n")
    for number in range(ROWS):
        run.log(row(number))
    child = os.fork()
    if not child:
        for number in range(CHILD_ROWS):
            run.log({"child": number}, step=number)
        os._exit(0)
    os.waitpid(child, 0)
    run.log({"table": wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])})
    run.config.update({"late": "value"})
    run.summary["best"] = 0.5
    run.finish(exit_code=3)
    return {
        "rows": ROWS + 1,
        "child": CHILD_ROWS,
        "config": {"lr": 0.001, "layers": [1, 2], "sub": {"a": None}, "late": "value"},
        "summary": {"best": 0.5, "number": ROWS - 1},
        "exit_code": 3,
        "lines": ["printed: ä ∑"],
    }


def killed(target: Path) -> dict[str, Any]:
    """A run whose process was killed; of its last row the end never reached the disk."""
    child = os.fork()
    if not child:
        import wanllmdb as wandb

        run = wandb.init(project=PROJECT, id="killed", reinit="create_new")
        for number in range(100):
            run.log({"number": number})
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    [path] = target.glob("*-killed/*.seg")
    os.truncate(path, path.stat().st_size - TORN)
    return {"rows": 99}


if __name__ == "__main__":
    main()

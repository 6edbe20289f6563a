"""TensorBoard: clients write event files, the server loads them and is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from bench.rows import Row
from bench.services.service import Service, Site, script
from bench.services.web import Request, Web


class TensorBoard(Service):
    """The page's server with its data server, told to keep every point."""

    name = "tensorboard"
    package = "tensorboard"
    ready = "/data/environment"
    steps = 150_000
    note = "EventFileWriter into a folder that it watches (float32); reads: scalars_multirun"

    def command(self, site: Site) -> list[str]:
        """See `Service`."""
        return [str(site.program / "tensorboard"), "--logdir", str(site.data), "--host",
                "127.0.0.1", "--port", str(site.port), "--load_fast", "true",
                "--reload_interval", "1", "--samples_per_plugin", "scalars=1000000"]  # fmt: skip

    def client(
        self, site: Site, web: Web, folder: Path, runs: Sequence[str], rows: Sequence[Row]
    ) -> list[str]:
        """See `Service`."""
        del web
        return script(site, folder, "tensorboard_client", str(site.data), runs, rows)

    def read(self, web: Web, runs: Sequence[str], key: str, steps: int) -> list[bytes]:
        """See `Service`."""
        del steps
        asked = urlencode([("tag", key), *(("runs", run) for run in runs)]).encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return [web.send(Request("/data/plugin/scalars/scalars_multirun", asked, form))]

    def points(self, answers: Sequence[bytes]) -> int:
        """See `Service`."""
        return sum(len(run) for answer in answers for run in json.loads(answer).values())

"""Aim: its SDK against `aim server`, then `aim up` over the same repository for the reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from bench.rows import Row
from bench.services.service import Service, Site, script
from bench.services.web import Web


class Aim(Service):
    """Two servers: what takes points in, and the page."""

    name = "aim"
    package = "aim"
    ready = "/status/"
    steps = 4000
    note = "Run.track over aim server; reads: runs/search/metric of aim up, after a reindex"

    def command(self, site: Site) -> list[str]:
        """See `Service`."""
        return [str(site.program / "aim"), "server", "--repo", str(site.data), "--host",
                "127.0.0.1", "--port", str(site.port), "-y"]  # fmt: skip

    def environment(self, site: Site) -> Mapping[str, str]:
        """See `Service`."""
        return {"AIM_UI_TELEMETRY_ENABLED": "0", "PATH": f"{site.program}:/usr/bin:/bin"}

    def client(
        self, site: Site, web: Web, folder: Path, runs: Sequence[str], rows: Sequence[Row]
    ) -> list[str]:
        """See `Service`."""
        return script(site, folder, "aim_client", f"aim://127.0.0.1:{web.port}", runs, rows)

    def before_reads(self, site: Site) -> Sequence[Sequence[str]]:
        """See `Service`."""
        return [[str(site.program / "aim"), "storage", "--repo", str(site.data), "reindex", "-y"]]

    def reader(self, site: Site) -> Sequence[str]:
        """See `Service`."""
        return [str(site.program / "aim"), "up", "--repo", str(site.data), "--host",
                "127.0.0.1", "--port", str(site.port), "-y"]  # fmt: skip

    def read(self, web: Web, runs: Sequence[str], key: str, steps: int) -> list[bytes]:
        """See `Service`."""
        return self.draw(web, runs, key, steps)

    def draw(self, web: Web, runs: Sequence[str], key: str, width: int) -> list[bytes]:
        """See `Service`: it leaves points out beyond the width."""
        group = runs[0].partition("-")[0]
        query = f'metric.name == "{key}" and run.experiment == "{group}"'
        asked = {"q": query, "p": width, "report_progress": "false"}
        return [web.get("/api/runs/search/metric/?" + urlencode(asked))]

    def points(self, answers: Sequence[bytes]) -> int:
        """See `Service`: of each series 24 bytes a point are told, and little else."""
        return sum(map(len, answers)) // 24

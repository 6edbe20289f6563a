"""Buckets: a service that speaks S3, moto's, as a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field

from obstore.store import S3Store


@dataclass
class BucketService:
    """What it holds lives in its memory."""

    port: int = field(default_factory=lambda: _free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """How a program finds it, and who it is there."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "something",
            "AWS_REGION": "us-east-1",
        }

    def start(self) -> BucketService:
        program = (sys.executable, "-W", "ignore", "-m", "moto.server")
        self.process = subprocess.Popen(
            [*program, "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, "moto's server ended at once"
            assert time.monotonic() < end, "moto's server does not answer"
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)
            self.process = None

    def make(self, bucket: str) -> None:
        request = urllib.request.Request(f"{self.url}/{bucket}", method="PUT")
        urllib.request.urlopen(request, timeout=10).close()

    def sizes(self, bucket: str) -> dict[str, int]:
        """The objects of a bucket, and their bytes."""
        return {each["path"]: each["size"] for some in self._open(bucket).list() for each in some}

    def replace(self, bucket: str, name: str, content: bytes) -> None:
        """What damage does: other bytes under the same name."""
        self._open(bucket).put(name, content)

    def _open(self, bucket: str) -> S3Store:
        return S3Store(
            bucket,
            endpoint=self.url,
            access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
            secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
            region=self.variables["AWS_REGION"],
            client_options={"allow_http": True},
        )

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/moto-api/", timeout=2).close()
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

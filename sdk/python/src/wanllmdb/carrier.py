"""Carrier: brings a run's orders to a server: bytes first, then their list, then the version.

The server is asked which bytes it lacks, so a second version with one changed file of ten
thousand brings one. Small ones go many in one request, large ones as they are read from the
disk, a few at a time. Whatever was interrupted begins again with what is still missing.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from wanllmdb import crew
from wanllmdb.answer import Answer, NoAnswerError
from wanllmdb.artifact_content import hashed
from wanllmdb.consignment import MANIFEST, Consignment, settled_facts
from wanllmdb.depot import artifact_path, project_path
from wanllmdb.http import Http
from wanllmdb.sink import OpenedRun, RefusedError, UnreachableError

HANDS: Final = 4
ASKED: Final = 5000  # digests in one question
SMALL_BYTES: Final = 256 * 1024
TOGETHER_BYTES: Final = 4 * 1024 * 1024
TOGETHER: Final = 250
ATTEMPTS: Final = 3  # bytes that were there may go before they are named
_BYTES: Final = "application/octet-stream"

Progress = Callable[[int], None]


class Carrier:
    """Carries orders to one server. One thread uses it; its crew has connections of its own."""

    def __init__(self, make: Callable[[], Http], *, moved: Progress | None = None) -> None:
        """Prepare.

        Args:
            make: a connection to the server; each thread has one.
            moved: told of every stretch of bytes that was taken.
        """
        self._make = make
        self._tell = moved
        self._free: list[Http] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self.answers = 0

    def carry(self, consignment: Consignment, run: OpenedRun) -> dict[str, Any]:
        """Do what the order says; what the server answers.

        Raises:
            UnreachableError: try again later.
            RefusedError: the server says no.
        """
        try:
            order = consignment.order()
        except FileNotFoundError:
            return consignment.outcome()[0] or {}
        match order.get("kind"):
            case "version":
                return self._version(consignment, order, run)
            case "use":
                return self._use(consignment, order, run)
            case "link":
                return self._link(consignment, order)
            case kind:
                raise RefusedError(400, "unknown-order", f"{kind!r} is no order.")

    # What the orders say.

    def _version(
        self, consignment: Consignment, order: Mapping[str, Any], run: OpenedRun
    ) -> dict[str, Any]:
        listed = consignment.folder / MANIFEST
        digest, size = hashed(listed)
        where = project_path(run.owner, run.project)
        route = f"{artifact_path(run.owner, run.project, str(order['name']))}/versions"
        body = {**order["version"], "manifest": f"sha256:{digest}", "run": run.id}
        for attempt in range(ATTEMPTS):
            self._bring(consignment, where)
            self._put(where, digest, listed, size)
            consignment.beat()
            try:
                return self._asked("POST", route, body)
            except RefusedError as error:
                if error.code != "blobs-missing" or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError  # the loop returns or raises

    def _use(
        self, consignment: Consignment, order: Mapping[str, Any], run: OpenedRun
    ) -> dict[str, Any]:
        body: dict[str, Any] = {"id": order.get("version_id"), "use_as": order.get("use_as")}
        if "after" in order:
            body["id"] = self._facts(consignment, order)["id"]
        route = f"{project_path(run.owner, run.project)}/runs/{_quoted(run.id)}/artifacts"
        return self._asked("POST", route, {key: value for key, value in body.items() if value})

    def _link(self, consignment: Consignment, order: Mapping[str, Any]) -> dict[str, Any]:
        facts = self._facts(consignment, order)
        source = {key: facts[key] for key in ("owner", "project", "artifact", "version")}
        owner, project, artifact = order["target"]
        target = artifact_path(owner or source["owner"], project or source["project"], artifact)
        said = {"source": source, "aliases": order.get("aliases") or []}
        return self._asked("POST", f"{target}/links", said)

    def _facts(self, consignment: Consignment, order: Mapping[str, Any]) -> dict[str, Any]:
        """What became of the order that this one follows."""
        facts, refusal = settled_facts(consignment.run, str(order["after"]))
        if facts is None:
            raise RefusedError(409, "not-logged", refusal or "its artifact was not logged")
        return facts

    # Bytes.

    def _bring(self, consignment: Consignment, where: str) -> None:
        """Put what the server lacks of the bytes that the version names."""
        sizes = dict(_named(consignment.folder / MANIFEST))
        missing = self._missing(where, list(sizes))
        small = [each for each in missing if sizes[each] <= SMALL_BYTES]
        large = [each for each in missing if sizes[each] > SMALL_BYTES]
        loads: list[list[str]] = [*_loads(small, sizes), *([each] for each in large)]

        def bring(load: list[str]) -> None:
            for digest in load:
                if not consignment.blob(digest).is_file():
                    raise RefusedError(410, "bytes-gone", f"sha256:{digest} is not here any more")
            if len(load) == 1:
                self._put(where, load[0], consignment.blob(load[0]), sizes[load[0]])
            else:
                self._put_together(where, [(each, consignment.blob(each)) for each in load])
            consignment.beat()

        crew.each(loads, bring, hands=HANDS)

    def _missing(self, where: str, digests: Sequence[str]) -> list[str]:
        found: list[str] = []
        for place in range(0, len(digests), ASKED):
            some = [f"sha256:{digest}" for digest in digests[place : place + ASKED]]
            answer = self._asked("POST", f"{where}/blobs/missing", {"digests": some})
            found += [str(each).removeprefix("sha256:") for each in answer.get("missing", ())]
        return found

    def _put(self, where: str, digest: str, path: Path, size: int) -> None:
        content = path if size > SMALL_BYTES else path.read_bytes()
        self._asked("PUT", f"{where}/blobs/sha256:{digest}", content)
        self._moved(size)

    def _put_together(self, where: str, blobs: Sequence[tuple[str, Path]]) -> None:
        parts: list[bytes] = []
        for digest, path in blobs:
            content = path.read_bytes()
            parts += [f"sha256:{digest} {len(content)}\n".encode(), content]
        content = b"".join(parts)
        self._asked("POST", f"{where}/blobs", content)
        self._moved(len(content))

    def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | bytes | Path
    ) -> dict[str, Any]:
        http = self._taken()
        try:
            answer: Answer = http.request(
                method, f"/api/v1{path}", body, content_type=_BYTES, meanwhile=self._answered
            )
        except NoAnswerError as error:
            raise UnreachableError(
                str(error),
                retry_after=error.retry_after,
                permanent=error.permanent,
                timed_out=error.timed_out,
            ) from error
        finally:
            with self._lock:
                self._free.append(http)
        self._answered()
        if not answer.ok:
            raise RefusedError(answer.status, answer.code, answer.detail)
        return dict(answer.body)

    def _moved(self, size: int) -> None:
        if self._tell is not None:
            self._tell(size)

    def _answered(self) -> None:
        self.answers += 1

    def _taken(self) -> Http:
        if self._pid != os.getpid():  # in the child of a fork: a lock that was held is held no more
            self._pid, self._lock, self._free = os.getpid(), threading.Lock(), []
        with self._lock:
            return self._free.pop() if self._free else self._make()

    def close(self) -> None:
        """Give connections back."""
        with self._lock:
            for each in self._free:
                each.close()
            self._free.clear()


def _named(manifest: Path) -> Iterator[tuple[str, int]]:
    """The bytes that a manifest names: their digests, and how many they are."""
    with manifest.open("rb") as file:
        for line in file:
            said = json.loads(line)
            if said.get("digest"):
                yield str(said["digest"]).removeprefix("sha256:"), int(said.get("size") or 0)


def _loads(digests: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Small bytes by as many as go in one request."""
    load: list[str] = []
    size = 0
    for digest in digests:
        if load and (len(load) == TOGETHER or size + sizes[digest] > TOGETHER_BYTES):
            yield load
            load, size = [], 0
        load.append(digest)
        size += sizes[digest]
    if load:
        yield load


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")

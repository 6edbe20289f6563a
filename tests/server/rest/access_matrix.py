"""Who may what: one row for each route, one column for each person, walked over a live app.

`walk(app, …)` asks every route as everybody and compares the statuses; a route of the app
without a row here is a failure, and so is a row without a route.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from tests.server.world import PEOPLE

# What each person hears, in the order of PEOPLE: anonymous, stranger, viewer, member, owner,
# admin. A stranger hears of a foreign project exactly what they hear of one that is not there.
OPEN = (200, 200, 200, 200, 200, 200)
KNOWN = (401, 200, 200, 200, 200, 200)
VIEWERS = (401, 404, 200, 200, 200, 200)
MEMBERS = (401, 404, 403, 200, 200, 200)
OWNERS = (401, 404, 403, 403, 200, 200)
ADMINS = (401, 403, 403, 403, 403, 200)

HELLO = b"hello"
DIGEST = "sha256:" + hashlib.sha256(HELLO).hexdigest()
ABSENT = "sha256:" + hashlib.sha256(b"nobody put this").hexdigest()


@dataclass(frozen=True)
class Row:
    """A route: how it is asked, and who may. `status` is what those hear who may."""

    access: tuple[int, ...]
    json: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    query: str = ""

    def expected(self, person: str) -> int:
        status = self.access[PEOPLE.index(person)]
        return self.status if status == 200 else status


PROJECT = "/api/v1/projects/{owner}/{project}"
RUN = PROJECT + "/runs/{run}"
ARTIFACT = PROJECT + "/artifacts/{artifact}"
VERSION = ARTIFACT + "/versions/{version}"

MATRIX: dict[tuple[str, str], Row] = {
    ("GET", "/healthz"): Row(OPEN),
    ("GET", "/readyz"): Row(OPEN),
    ("GET", "/api/v1/server"): Row(OPEN),
    ("GET", "/api/v1/openapi.json"): Row(OPEN),
    # Signing in is open to all; that these are wrong is what everybody hears.
    ("POST", "/api/v1/auth/login"): Row(
        OPEN, json={"username": "nobody", "password": "nothing"}, status=401
    ),
    ("POST", "/api/v1/auth/one-time"): Row(OPEN, json={"token": "none"}, status=410),
    ("POST", "/api/v1/auth/logout"): Row(KNOWN, status=204),
    ("GET", "/api/v1/me"): Row(KNOWN),
    ("POST", "/api/v1/me/password"): Row(
        KNOWN,
        json={"current": "correct horse battery", "password": "another horse battery"},
        status=204,
    ),
    ("GET", "/api/v1/keys"): Row(KNOWN),
    ("POST", "/api/v1/keys"): Row(KNOWN, json={"name": "new"}, status=201),
    ("DELETE", "/api/v1/keys/{id}"): Row(KNOWN, status=404),  # nobody has key 999
    ("GET", "/api/v1/users"): Row(ADMINS),
    ("POST", "/api/v1/users"): Row(ADMINS, json={"name": "newcomer"}, status=201),
    ("GET", "/api/v1/projects"): Row(KNOWN),
    ("POST", "/api/v1/projects"): Row(KNOWN, json={"name": "mine"}, status=201),
    ("GET", PROJECT): Row(VIEWERS),
    ("PATCH", PROJECT): Row(OWNERS, json={"description": "new"}),
    ("DELETE", PROJECT): Row(OWNERS, status=204),
    ("GET", PROJECT + "/members"): Row(VIEWERS),
    ("GET", PROJECT + "/retention"): Row(VIEWERS),
    ("PUT", PROJECT + "/members/{user}"): Row(OWNERS, json={"role": "viewer"}),
    ("DELETE", PROJECT + "/members/{user}"): Row(OWNERS, status=204),
    ("POST", "/api/v1/runs"): Row(
        MEMBERS, json={"id": "second", "owner": "ann", "project": "vision"}, status=201
    ),
    ("GET", PROJECT + "/runs"): Row(VIEWERS),
    ("POST", PROJECT + "/runs/columns"): Row(VIEWERS, json={"columns": ["config.lr"]}),
    ("POST", PROJECT + "/runs/histograms"): Row(VIEWERS, json={"columns": ["config.lr"]}),
    ("POST", PROJECT + "/runs/fields"): Row(VIEWERS, json={}),
    ("POST", PROJECT + "/runs/groups"): Row(VIEWERS, json={"by": ["group"]}),
    ("POST", PROJECT + "/runs/bulk"): Row(MEMBERS, json={"runs": [], "add_tags": ["new"]}),
    ("POST", PROJECT + "/runs/move"): Row(MEMBERS, json={"runs": [], "to": "ann/vision"}),
    ("POST", PROJECT + "/runs/trash"): Row(MEMBERS, json={"runs": []}),
    ("GET", PROJECT + "/runs/trash"): Row(VIEWERS),
    ("POST", PROJECT + "/runs/restore"): Row(MEMBERS, json={"runs": []}),
    ("POST", PROJECT + "/runs/export"): Row(VIEWERS, json={"format": "jsonl"}),
    ("POST", PROJECT + "/runs/search"): Row(VIEWERS, json={"filters": {"state": "running"}}),
    ("GET", RUN): Row(VIEWERS),
    ("PATCH", RUN): Row(MEMBERS, json={"notes": "new"}),
    ("DELETE", RUN): Row(MEMBERS, status=204),
    ("POST", RUN + "/finish"): Row(MEMBERS, json={}),
    ("POST", RUN + "/heartbeat"): Row(MEMBERS, json={}),
    ("GET", RUN + "/receipt"): Row(VIEWERS, query="?recount=true"),
    ("GET", PROJECT + "/alerts"): Row(VIEWERS),
    ("GET", RUN + "/alerts"): Row(VIEWERS),
    ("GET", RUN + "/files"): Row(VIEWERS),
    ("PUT", RUN + "/files/{path:path}"): Row(
        MEMBERS, content=HELLO, headers={"X-Wanllmdb-Digest": DIGEST}
    ),
    ("GET", RUN + "/files/{path:path}"): Row(VIEWERS),
    ("DELETE", RUN + "/files/{path:path}"): Row(MEMBERS, status=204),
    ("POST", PROJECT + "/blobs/missing"): Row(MEMBERS, json={"digests": []}),
    ("POST", PROJECT + "/blobs"): Row(MEMBERS, content=f"{DIGEST} 5\nhello".encode()),
    ("PUT", PROJECT + "/blobs/{digest}"): Row(MEMBERS, content=HELLO),
    ("GET", PROJECT + "/artifact-types"): Row(VIEWERS),
    ("GET", PROJECT + "/artifacts"): Row(VIEWERS),
    ("GET", ARTIFACT): Row(VIEWERS),
    ("PATCH", ARTIFACT): Row(MEMBERS, json={"description": "new"}),
    ("DELETE", ARTIFACT): Row(MEMBERS, status=204),
    ("GET", ARTIFACT + "/versions"): Row(VIEWERS),
    # Bytes that were not put cannot be named: 409 is what those hear who may create one.
    ("POST", ARTIFACT + "/versions"): Row(
        MEMBERS, json={"type": "dataset", "manifest": ABSENT, "client_id": "c2"}, status=409
    ),
    ("POST", ARTIFACT + "/links"): Row(
        MEMBERS,
        json={
            "source": {
                "owner": "ann",
                "project": "vision",
                "artifact": "digits",
                "version": "v0",
            }
        },
        status=409,
    ),  # it stands there already
    ("GET", VERSION): Row(VIEWERS),
    ("PATCH", VERSION): Row(MEMBERS, json={"description": "new"}),
    ("DELETE", VERSION): Row(MEMBERS, status=204),
    ("GET", VERSION + "/manifest"): Row(VIEWERS),
    ("GET", VERSION + "/files/{path:path}"): Row(VIEWERS),
    ("POST", VERSION + "/files"): Row(VIEWERS, json={"paths": ["notes.txt"]}),
    ("GET", VERSION + "/lineage"): Row(VIEWERS),
    ("GET", "/api/v1/artifact-versions/{id}"): Row(KNOWN, status=404),
    ("GET", RUN + "/artifacts"): Row(VIEWERS),
    ("POST", RUN + "/artifacts"): Row(
        MEMBERS,
        json={
            "version": {
                "owner": "ann",
                "project": "vision",
                "artifact": "digits",
                "version": "latest",
            }
        },
    ),
    ("POST", PROJECT + "/importance"): Row(VIEWERS, json={"target": "summary.loss"}),
    ("POST", PROJECT + "/correlations"): Row(VIEWERS, json={"columns": ["config.lr"]}),
    # What is not theirs to see is missing to them (test_comparison).
    ("POST", "/api/v1/runs/lookup"): Row(KNOWN, json={"runs": ["ann/vision/first"]}),
    ("POST", "/api/v1/compare"): Row(KNOWN, json={"runs": ["ann/vision/first"]}),
    ("POST", "/api/v1/compare/groups"): Row(
        KNOWN,
        json={
            "groups": [{"name": "a", "runs": ["ann/vision/first"]}, {"name": "b", "runs": []}],
            "keys": ["loss"],
        },
    ),
    ("GET", PROJECT + "/views"): Row(VIEWERS),
    ("POST", PROJECT + "/views"): Row(
        VIEWERS, json={"name": "mine", "kind": "table", "content": {}}, status=201
    ),
    ("GET", PROJECT + "/views/{view}"): Row(VIEWERS, status=404),  # nobody kept one yet
    ("PUT", PROJECT + "/views/{view}"): Row(VIEWERS, json={"revision": 1}, status=404),
    ("DELETE", PROJECT + "/views/{view}"): Row(VIEWERS, status=404),
    ("POST", PROJECT + "/links"): Row(
        VIEWERS, json={"path": "/ann/vision/table", "state": "q=x"}, status=201
    ),
    ("GET", "/api/v1/links/{link}"): Row(KNOWN, status=404),
}

PLACES = {
    "owner": "ann",
    "project": "vision",
    "run": "first",
    "run_id:path": "ann%2Fvision%2Ffirst",
    "user": "vic",
    "id": "999",
    "path:path": "notes.txt",
    "artifact": "digits",
    "version": "v0",
    "digest": DIGEST,
    "view": "none",
    "link": "none",
    "ticket": "none",
    "entity": "ann",
    "rest:path": "metrics",
}


def address(path: str, places: Mapping[str, str] = PLACES) -> str:
    """The URL of a route's path, with names in the places."""
    for name, value in places.items():
        path = path.replace("{" + name + "}", value)
    return path


async def ask(
    client: httpx.AsyncClient, route: tuple[str, str], row: Row, places: Mapping[str, str] = PLACES
) -> httpx.Response:
    """Ask a route as its row says."""
    method, path = route
    return await client.request(
        method,
        address(path, places) + row.query,
        json=row.json,
        content=row.content,
        headers=dict(row.headers),
    )


async def walk(
    rows: Mapping[tuple[str, str], Row],
    person: str,
    fresh: Callable[[str], Awaitable[httpx.AsyncClient]],
) -> list[str]:
    """Ask every route as this person, in a fresh world after each change; what was wrong."""
    wrong: list[str] = []
    client = await fresh(person)
    for route, row in rows.items():
        answer = await ask(client, route, row)
        if answer.status_code != row.expected(person):
            wrong.append(
                f"{person}: {route[0]} {route[1]} answered {answer.status_code}, "
                f"expected {row.expected(person)}: {answer.text[:200]}"
            )
        if route[0] != "GET" and answer.is_success:
            await client.aclose()
            client = await fresh(person)
    await client.aclose()
    return wrong

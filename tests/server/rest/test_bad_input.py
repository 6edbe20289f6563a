"""Whatever a client sends, it hears what was wrong with it, and the server goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.server.rest.access_matrix import MATRIX, address
from tests.server.rest.problems import assert_problem
from tests.server.world import World

JSON = {"Content-Type": "application/json"}
BODIES = [route for route, row in MATRIX.items() if row.json is not None]
RUNS = "/api/v1/projects/ann/vision/runs"
RUN = RUNS + "/first"

# Rows B16-B18 of the bad-input matrix: (body, status, code, pointer).
UNREADABLE: dict[str, tuple[bytes, int, str, str | None]] = {
    "not json": (b"name=x", 400, "malformed-json", ""),
    "empty": (b"", 400, "malformed-json", None),
    "white space": (b"  \n", 400, "malformed-json", ""),
    "utf-16": ('{"name": "x"}'.encode("utf-16"), 400, "malformed-json", ""),
    "byte order mark": (b'\xef\xbb\xbf{"name": "x"}', 400, "malformed-json", ""),
    "trailing garbage": (b'{"name": "x"} x', 400, "malformed-json", ""),
    "duplicate key": (b'{"a": {"b": 1, "b": 2}}', 400, "malformed-json", "/a/b"),
    "duplicate key thrice": (b'{"a": 1, "a": 2, "a": 3}', 400, "malformed-json", "/a"),
    "NaN": (b'{"config": {"lr": NaN}}', 400, "malformed-json", "/config/lr"),
    "Infinity": (b'{"config": [1, -Infinity]}', 400, "malformed-json", "/config/1"),
    "1e999": (b'{"config": {"a~b/c": 1e999}}', 400, "malformed-json", "/config/a~0b~1c"),
    "5000 digits": (b'{"config": ' + b"9" * 5000 + b"}", 400, "malformed-json", "/config"),
    "lone surrogate": (b'{"name": "\\ud800"}', 400, "malformed-json", "/name"),
    "lone surrogate in a name": (b'{"\\udfff": 1}', 400, "malformed-json", None),
    "65 levels": (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", 400, "too-deep", None),
    "100000 levels": (b"[" * 100_000 + b"]" * 100_000, 400, "too-deep", None),
    "100001 items": (b'{"config": [' + b"1," * 100_000 + b"1]}", 413, "too-many-items", None),
}


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_an_unreadable_body_is_refused_on_every_route(world: World, kind: str) -> None:
    content, status, code, pointer = UNREADABLE[kind]
    async with world.client("admin") as client:
        for method, path in BODIES:
            if not content and path.endswith("/heartbeat"):
                continue  # the one route whose body may be left out
            answer = await client.request(method, address(path), content=content, headers=JSON)
            assert_problem(answer, status, code, pointer)


@pytest.mark.parametrize("body", [[], "text", 1, True])
async def test_a_body_that_is_no_object_is_refused_on_every_route(world: World, body: Any) -> None:
    async with world.client("admin") as client:
        for method, path in BODIES:
            assert_problem(await client.request(method, address(path), json=body), 422, "invalid")


async def test_unknown_fields_are_refused_on_every_route(world: World) -> None:
    async with world.client("admin") as client:
        for method, path in BODIES:
            body = MATRIX[method, path].json | {"is_admin": True}
            answer = await client.request(method, address(path), json=body)
            problem = assert_problem(answer, 422, "invalid", "/is_admin")
            assert problem["errors"][0]["code"] == "unknown-field"


@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}, [None], "\x00", "x" * 100_000])
async def test_a_wrong_value_in_any_field_of_any_route_is_never_a_failure(
    world: World, value: Any
) -> None:
    async with world.client("admin") as client:
        for method, path in BODIES:
            schema = _fields(world, method, path)
            for name in schema:
                answer = await client.request(
                    method, address(path), json=MATRIX[method, path].json | {name: value}
                )
                assert answer.status_code < 500, (method, path, name, answer.text)
                if answer.status_code >= 400:
                    assert_problem(answer, answer.status_code)


def _fields(world: World, method: str, path: str) -> list[str]:
    """The fields of a route's body, as its description has them."""
    described = world.app.openapi()
    operation = described["paths"][path][method.lower()]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    reference = schema.get("$ref") or schema["anyOf"][0]["$ref"]
    return list(described["components"]["schemas"][reference.split("/")[-1]].get("properties", {}))


# Row B35 and others: (method, path, body, status, code, pointer, code of the fault).
REFUSED: dict[str, tuple[str, str, Any, int, str, str, str | None]] = {
    "null for required": (
        "POST", "/runs", {"id": None, "project": "p"}, 422, "invalid", "/id", "string-type"),
    "missing": ("POST", "/runs", {"project": "p"}, 422, "invalid", "/id", "missing-field"),
    "id with a slash": (
        "POST", "/runs", {"id": "a/b", "project": "p"}, 422, "invalid", "/id", "unfit-id"),
    "id of dots": ("POST", "/runs", {"id": "..", "project": "p"}, 422, "invalid", "/id", None),
    "id too long": (
        "POST", "/runs", {"id": "a" * 257, "project": "p"}, 422, "invalid", "/id", None),
    "project with a slash": (
        "POST", "/runs", {"id": "a", "project": "p/q"}, 422, "invalid", "/project", None),
    "project of white space": (
        "POST", "/projects", {"name": " x"}, 422, "invalid", "/name", "unfit-name"),
    "enum in the wrong case": (
        "POST", "/runs", {"id": "a", "project": "p", "resume": "ALLOW"},
        422, "invalid", "/resume", "unknown-value"),
    "time before the epoch": (
        "POST", "/runs", {"id": "a", "project": "p", "started_at": -1},
        422, "invalid", "/started_at", None),
    "time beyond 64 bits": (
        "POST", "/runs", {"id": "a", "project": "p", "started_at": 1 << 63},
        422, "invalid", "/started_at", None),
    "time as text": (
        "POST", "/runs", {"id": "a", "project": "p", "started_at": "2026-01-01"},
        422, "invalid", "/started_at", "int-type"),
    "control character in a tag": (
        "POST", "/runs", {"id": "a", "project": "p", "tags": ["ok", "a\nb"]},
        422, "invalid", "/tags/1", "unfit-name"),
    "too many tags": (
        "POST", "/runs", {"id": "a", "project": "p", "tags": ["t"] * 257},
        422, "invalid", "/tags", "too-many-items"),
    "config that is a list": (
        "POST", "/runs", {"id": "a", "project": "p", "config": []},
        422, "invalid", "/config", "dict-type"),
    "exit code as text": (
        "POST", "/projects/ann/vision/runs/first/finish", {"exit_code": "1"},
        422, "invalid", "/exit_code", "int-type"),
    "exit code beyond 64 bits": (
        "POST", "/projects/ann/vision/runs/first/finish", {"exit_code": 1 << 70},
        422, "invalid", "/exit_code", None),
    "stop that is taken back": (
        "PATCH", "/projects/ann/vision/runs/first", {"stop_requested": False},
        422, "invalid", "/stop_requested", "unknown-value"),
    "a run without a name": (
        "PATCH", "/projects/ann/vision/runs/first", {"name": " "},
        422, "invalid", "/name", "unfit-name"),
    "an unknown role": (
        "PUT", "/projects/ann/vision/members/vic", {"role": "god"},
        422, "invalid", "/role", "unknown-value"),
    "a member that is nobody": (
        "PUT", "/projects/ann/vision/members/nobody", {"role": "viewer"},
        404, "user-not-found", "", None),
    "the owner as a member": (
        "PUT", "/projects/ann/vision/members/ann", {"role": "viewer"},
        409, "is-owner", "", None),
    "an unknown scope": (
        "POST", "/keys", {"name": "k", "scope": "all"}, 422, "invalid", "/scope", None),
    "a reserved user name": (
        "POST", "/users", {"name": "settings"}, 422, "invalid", "/name", "unfit-name"),
    "a user name in capitals": (
        "POST", "/users", {"name": "Ann"}, 422, "invalid", "/name", "unfit-name"),
    "a short password": (
        "POST", "/users", {"name": "x", "password": "short"},
        422, "invalid", "/password", "too-short"),
    "a password of one character": (
        "POST", "/users", {"name": "x", "password": "a" * 20},
        422, "invalid", "/password", "unfit-password"),
    "a user that is there": ("POST", "/users", {"name": "ann"}, 409, "user-exists", "", None),
    "a project that is there": (
        "POST", "/projects", {"name": "vision", "owner": "ann"},
        409, "project-exists", "", None),
    "an owner that is nobody": (
        "POST", "/projects", {"name": "x", "owner": "nobody"}, 404, "owner-not-found", "", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
async def test_wrong_input_is_refused_with_its_place(world: World, kind: str) -> None:
    method, path, body, status, code, pointer, fault = REFUSED[kind]
    async with world.client("admin") as client:
        answer = await client.request(method, "/api/v1" + path, json=body)
    problem = assert_problem(answer, status, code, pointer or None)
    if fault is not None:
        assert fault in [each["code"] for each in problem["errors"]]


# Rows B25-B28: what stands in the query.
QUERIES: dict[str, tuple[str, int, str, str]] = {
    "limit below": ("limit=-1", 422, "invalid", "/limit"),
    "limit zero": ("limit=0", 422, "invalid", "/limit"),
    "limit NaN": ("limit=NaN", 422, "invalid", "/limit"),
    "limit of 5000 digits": ("limit=" + "9" * 5000, 422, "invalid", "/limit"),
    "limit list": ("limit[]=5&limit=a", 422, "invalid", "/limit"),
    "sort by a secret": ("sort=password", 422, "invalid", "/sort"),
    "sort by nothing": ("sort=config.", 422, "invalid", "/sort"),
    "sort by sql": ("sort=name;drop%20table%20runs", 422, "invalid", "/sort"),
    "unknown state": ("state=RUNNING", 422, "invalid", "/state"),
    "unknown fields": ("fields=everything", 422, "invalid", "/fields"),
    "1000 words": ("q=" + "%20".join(f"w{n}" for n in range(1000)), 422, "invalid", "/q"),
    "60 kB of q": ("q=" + "x" * 60_000, 422, "invalid", "/q"),
    "cursor of nothing": ("cursor=!!!", 400, "bad-cursor", "/cursor"),
    "cursor of zeros": ("cursor=AAAAAAAAAAAAAAAA", 400, "bad-cursor", "/cursor"),
    "cursor in emoji": ("cursor=%F0%9F%98%80", 400, "bad-cursor", "/cursor"),
    "a key": ("q=wl-" + "a" * 43, 400, "key-in-url", ""),
}


@pytest.mark.parametrize("kind", QUERIES)
async def test_a_wrong_query_is_refused_with_its_place(world: World, kind: str) -> None:
    query, status, code, pointer = QUERIES[kind]
    async with world.client("owner") as client:
        assert_problem(await client.get(f"{RUNS}?{query}"), status, code, pointer or None)


async def test_a_huge_limit_is_a_full_page(world: World) -> None:
    async with world.client("owner") as client:
        answer = await client.get(RUNS + "?limit=1000000000")
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 1


PATHS = {
    "doubled slash": "/api/v1//projects",
    "nul": "/api/v1/projects/ann/vi%00sion",
    "dots and semicolon": "/api/v1/projects/..;/vision",
    "doubly encoded dots": "/api/v1/projects/%252e%252e/vision",
    "long": "/api/v1/projects/ann/" + "x" * 8192,
    "capitals": "/API/V1/projects",
    "invalid utf-8": "/api/v1/projects/ann/%ff%fe",
    "trailing slash": "/api/v1/projects/",
    "no such route": "/api/v1/nothing",
}


@pytest.mark.parametrize("kind", PATHS)
async def test_an_odd_path_is_not_found_and_never_redirects(world: World, kind: str) -> None:
    async with world.client("owner") as client:
        answer = await client.get(PATHS[kind], follow_redirects=False)
        assert_problem(answer, 404)


async def test_a_wrong_method_hears_which_are_right(world: World) -> None:
    async with world.client("owner") as client:
        answer = await client.put(RUN, json={})
    assert_problem(answer, 405, "method-not-allowed")
    assert "Allow" in answer.headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_of_another_type_is_refused_on_every_route(world: World, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    async with world.client("admin") as client:
        for method, path in BODIES:
            answer = await client.request(method, address(path), content=b"{}", headers=headers)
            assert_problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/xml, text/plain"])
async def test_who_takes_no_json_is_told_that_there_is_nothing_else(
    world: World, accept: str
) -> None:
    async with world.client("owner", headers={"Accept": accept}) as client:
        assert_problem(await client.get(RUN), 406, "not-acceptable")


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/html, application/*;q=0.5", "APPLICATION/JSON"]
)
async def test_who_takes_json_among_others_gets_it(world: World, accept: str) -> None:
    async with world.client("owner", headers={"Accept": accept}) as client:
        answer = await client.get(RUN)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("key_id", ["abc", "-1", "1.5", "9" * 40])
async def test_a_key_id_that_is_none_is_refused(world: World, key_id: str) -> None:
    async with world.client("owner") as client:
        assert_problem(await client.delete(f"/api/v1/keys/{key_id}"), 422, "invalid", "/id")


async def test_anonymous_hears_401_before_a_body_is_looked_at(world: World) -> None:
    async with world.client("anonymous") as client:
        answer = await client.post("/api/v1/runs", content=b"not json", headers=JSON)
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_what_is_echoed_is_cut_short(world: World) -> None:
    async with world.client("owner") as client:
        answer = await client.get("/api/v1/projects/ann/" + "<b>" * 2000)
    assert len(assert_problem(answer, 404)["detail"]) <= 400


async def test_a_failure_of_ours_says_nothing_of_our_insides(world: World) -> None:
    world.catalog.close()
    with world.catalog.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE runs RENAME TO gone")
    transport_options: dict[str, Any] = {}
    async with world.client("owner", **transport_options) as client:
        client._transport.raise_app_exceptions = False
        assert_problem(await client.get(RUN), 500, "internal")


async def test_config_comes_back_as_it_was_sent(world: World) -> None:
    config = {
        "lr": 0.1,
        "deep": {"a.b": [1, {"c": None}], "": True},
        "big": (1 << 63) - 1,
        "text": "é\u202e\U0001f600'\";--%_\\",
        "__proto__": {"constructor": 1},
    }
    async with world.client("owner") as client:
        body = {"id": "c", "project": "vision", "config": config}
        assert (await client.post("/api/v1/runs", json=body)).status_code == 201
        answer = await client.get(RUNS + "/c")
    assert json.loads(answer.text)["config"] == config

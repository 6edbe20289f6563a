"""Who is let in: with a key, a token or a cookie, and never by another site's doing."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import httpx
import pytest
from tests.server.rest.problems import assert_problem
from tests.server.world import PASSWORD, World

from wanllmdb_server.fronts.rest.auth import COOKIE, SECURE_COOKIE

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/me"
CSRF = {"X-Wanllmdb-Csrf": "1"}


async def sign_in(client: httpx.AsyncClient, name: str = "ann") -> httpx.Response:
    return await client.post(LOGIN, json={"username": name, "password": PASSWORD})


async def test_a_key_lets_in_as_bearer_and_as_basic_password(world: World) -> None:
    key = world.keys["owner"]
    async with world.client() as client:
        for said in (f"Bearer {key}", f"bearer  {key} "):
            assert (await client.get(ME, headers={"Authorization": said})).status_code == 200
        for user in ("api", "anything", ""):
            assert (await client.get(ME, auth=(user, key))).json()["user"]["name"] == "ann"


@pytest.mark.parametrize(
    "said",
    [
        "Bearer wl-" + "a" * 43,
        "Bearer wl-short",
        "Bearer",
        "Bearer " + "x" * 50_000,
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Digest abc",
        "wl-" + "a" * 43,
    ],
)
async def test_a_wrong_key_is_refused_even_where_none_is_needed(world: World, said: str) -> None:
    async with world.client(headers={"Authorization": said}) as client:
        assert_problem(await client.get(ME), 401, "unauthenticated")
        assert_problem(await client.get("/api/v1/server"), 401, "unauthenticated")


async def test_two_keys_at_once_are_refused(world: World) -> None:
    said = [("Authorization", f"Bearer {world.keys[person]}") for person in ("owner", "viewer")]
    async with world.client() as client:
        assert_problem(await client.get(ME, headers=said), 401)


async def test_a_deleted_key_is_dead_at_once(world: World) -> None:
    async with world.client("owner") as client:
        made = (await client.post("/api/v1/keys", json={"name": "laptop"})).json()
        headers = {"Authorization": f"Bearer {made['key']}"}
        assert (await client.get(ME, headers=headers)).json()["scope"] == "write"
        assert (await client.delete(f"/api/v1/keys/{made['id']}")).status_code == 204
        assert_problem(await client.get(ME, headers=headers), 401)


async def test_nobody_deletes_the_key_of_somebody_else(world: World) -> None:
    async with world.client("owner") as owner, world.client("admin") as admin:
        key_id = (await owner.get("/api/v1/keys")).json()["items"][0]["id"]
        assert_problem(await admin.delete(f"/api/v1/keys/{key_id}"), 404, "key-not-found")
        assert (await owner.get(ME)).status_code == 200


async def test_a_key_makes_no_key_that_can_do_more(world: World) -> None:
    async with world.client("owner") as client:
        made = (await client.post("/api/v1/keys", json={"name": "w", "scope": "write"})).json()
        headers = {"Authorization": f"Bearer {made['key']}"}
        body = {"name": "a", "scope": "admin"}
        assert_problem(await client.post("/api/v1/keys", json=body, headers=headers), 403)


async def test_a_key_is_shown_once_and_has_the_published_form(world: World) -> None:
    async with world.client("owner") as client:
        made = (await client.post("/api/v1/keys", json={"name": "k"})).json()
        listed = (await client.get("/api/v1/keys")).json()
    assert re.fullmatch(r"wl-[A-Za-z0-9_-]{43}", made["key"])
    assert made["hint"] == made["key"][:8]
    assert made["key"] not in str(listed)
    assert listed["items"][0] == {k: v for k, v in made.items() if k != "key"}


async def test_a_dump_of_the_catalog_holds_nothing_that_lets_anybody_in(
    world: World, tmp_path: Path
) -> None:
    async with world.client("owner") as client:
        token = (await sign_in(client)).json()["token"]
        cookie = client.cookies[COOKIE]
    user = world.services.accounts.ensure_local_user()
    once = world.services.accounts.create_one_time_token(user)
    world.catalog.close()
    dump = b"".join(path.read_bytes() for path in (tmp_path / "world").glob("catalog.db*"))
    for secret in [*world.keys.values(), token, cookie, once, PASSWORD]:
        assert secret.encode() not in dump
    assert world.keys["owner"][:8].encode() in dump  # the hint: what was looked for can be found


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read(world: World) -> None:
    async with world.client() as client:
        answer = await sign_in(client)
        assert answer.status_code == 200
        assert answer.json()["user"]["name"] == "ann"
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(COOKIE + "=")
        for attribute in ("HttpOnly", "Path=/", "SameSite=lax"):
            assert attribute in cookie
        assert "Domain" not in cookie
        assert (await client.get(ME)).json()["user"]["name"] == "ann"


async def test_over_https_the_cookie_is_bound_to_the_host(world: World) -> None:
    async with world.client() as client:
        client.base_url = httpx.URL("https://localhost")
        cookie = (await sign_in(client)).headers["set-cookie"]
        assert cookie.startswith(SECURE_COOKIE + "=")
        assert "Secure" in cookie
        assert (await client.get(ME)).status_code == 200


async def test_the_token_of_a_login_works_as_bearer(world: World) -> None:
    async with world.client() as client:
        token = (await sign_in(client)).json()["token"]
        client.cookies.clear()
        headers = {"Authorization": f"Bearer {token}"}
        assert (await client.get(ME, headers=headers)).status_code == 200
        project = {"name": "no-csrf-needed"}
        answer = await client.post("/api/v1/projects", json=project, headers=headers)
        assert answer.status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (CSRF, 201),
        (CSRF | {"Origin": "http://localhost"}, 201),
        (CSRF | {"Origin": "http://LOCALHOST"}, 201),
        ({}, 403),
        ({"X-Wanllmdb-Csrf": "0"}, 403),
        ({"Origin": "http://localhost"}, 403),
        (CSRF | {"Origin": "http://evil.example"}, 403),
        (CSRF | {"Origin": "http://localhost:1"}, 403),
        (CSRF | {"Origin": "null"}, 403),
        (CSRF | {"Origin": ""}, 403),
    ],
)
async def test_an_unsafe_request_with_a_cookie_must_come_from_our_page(
    world: World, headers: dict[str, str], status: int
) -> None:
    async with world.client() as client:
        await sign_in(client)
        answer = await client.post("/api/v1/projects", json={"name": "p"}, headers=headers)
        assert answer.status_code == status
        if status == 403:
            assert_problem(answer, 403, "csrf")
            assert (await client.get(ME)).status_code == 200  # reading is no danger


async def test_a_cookie_of_an_ended_session_does_not_stand_in_the_way(world: World) -> None:
    async with world.client() as client:
        await sign_in(client)
        world.clock.tick(31 * 24 * 3600)
        assert_problem(await client.get(ME), 401)
        assert (await sign_in(client)).status_code == 200
        assert (await client.get(ME)).status_code == 200


async def test_signing_out_ends_the_session_everywhere(world: World) -> None:
    async with world.client() as client:
        token = (await sign_in(client)).json()["token"]
        answer = await client.post("/api/v1/auth/logout", headers=CSRF)
        assert answer.status_code == 204
        assert COOKIE not in client.cookies
        assert_problem(await client.get(ME, headers={"Authorization": f"Bearer {token}"}), 401)


async def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    body = {"current": PASSWORD, "password": "quite another secret"}
    async with world.client() as here, world.client() as there:
        await sign_in(here)
        await sign_in(there)
        answer = await here.post("/api/v1/me/password", json=body, headers=CSRF)
        assert answer.status_code == 204
        assert (await here.get(ME)).status_code == 200
        assert_problem(await there.get(ME), 401)
        assert_problem(await sign_in(there), 401, "wrong-password")
        old = {"current": PASSWORD, "password": "a third long secret"}
        refused = await here.post("/api/v1/me/password", json=old, headers=CSRF)
        assert_problem(refused, 403, "wrong-password")


WRONG = [
    {"username": "ann", "password": "wrong"},
    {"username": "nobody", "password": PASSWORD},
    {"username": "", "password": ""},
    {"username": "ann", "password": PASSWORD + "\x00"},
    {"username": "ann", "password": "x" * 1_000_000},
    {"username": "ann\n", "password": "wrong"},
    {"username": "x" * 100_000, "password": "wrong"},
]


async def test_every_failed_login_looks_the_same(world: World) -> None:
    told = set()
    async with world.client() as client:
        for body in WRONG:
            world.clock.tick(61)
            problem = assert_problem(await client.post(LOGIN, json=body), 401, "wrong-password")
            problem.pop("instance")
            told.add(str(problem))
    assert len(told) == 1


async def test_the_sixth_wrong_password_within_a_minute_has_to_wait(world: World) -> None:
    wrong = {"username": "ann", "password": "wrong"}
    async with world.client() as client:
        for _ in range(5):
            assert_problem(await client.post(LOGIN, json=wrong), 401)
        answer = await client.post(LOGIN, json=wrong)
        assert_problem(answer, 429, "too-many-attempts")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert_problem(await sign_in(client), 429)  # the right one has to wait as well
        world.clock.tick(int(answer.headers["retry-after"]))
        assert (await sign_in(client)).status_code == 200


async def test_an_address_cannot_go_from_name_to_name(world: World) -> None:
    async with world.client() as client:
        for n in range(20):
            body = {"username": f"user{n}", "password": "wrong"}
            assert_problem(await client.post(LOGIN, json=body), 401)
        assert_problem(await sign_in(client), 429)


async def test_signing_in_often_is_no_offence(world: World) -> None:
    async with world.client() as client:
        for _ in range(30):
            assert (await sign_in(client)).status_code == 200
            client.cookies.clear()


async def test_a_sign_in_link_works_once_and_for_a_quarter_of_an_hour(world: World) -> None:
    accounts = world.services.accounts
    user = accounts.ensure_local_user()
    first, second = accounts.create_one_time_token(user), accounts.create_one_time_token(user)
    path = "/api/v1/auth/one-time"
    async with world.client() as client:
        assert (await client.post(path, json={"token": first})).json()["user"]["name"] == "root"
        client.cookies.clear()
        assert_problem(await client.post(path, json={"token": first}), 410, "token-gone")
        world.clock.tick(15 * 60 + 1)
        assert_problem(await client.post(path, json={"token": second}), 410, "token-gone")
        assert_problem(await client.post(path, json={"token": "x" * 9999}), 410, "token-gone")


async def test_forwarded_headers_of_anybody_are_not_believed(world: World) -> None:
    async with world.client() as client:
        for n in range(20):
            headers = {"X-Forwarded-For": f"10.0.0.{n}", "X-Real-IP": f"10.0.0.{n}"}
            body = {"username": f"user{n}", "password": "wrong"}
            assert_problem(await client.post(LOGIN, json=body, headers=headers), 401)
        assert_problem(await sign_in(client), 429)

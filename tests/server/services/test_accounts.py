"""Accounts for who holds the data directory, and what a password becomes."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from tests.server.world import PASSWORD, World, open_world

from wanllmdb_server.catalog import accounts as rows
from wanllmdb_server.catalog.credentials import Passwords
from wanllmdb_server.domain.access import ANONYMOUS, Actor, Scope
from wanllmdb_server.domain.errors import ConflictError, InvalidError, UnauthenticatedError
from wanllmdb_server.services.accounts import Accounts, actor_for


@pytest.fixture
def empty(tmp_path: Path) -> World:
    """A world in which nobody is yet."""
    (tmp_path / "empty").mkdir()
    return open_world(tmp_path / "empty")


def test_the_first_start_makes_one_local_administrator(empty: World) -> None:
    accounts = empty.services.accounts
    first = accounts.ensure_local_user("linus")
    assert (first.name, first.admin) == ("linus", True)
    assert accounts.ensure_local_user("other") == first
    assert not accounts.has_people()


@pytest.mark.parametrize("name", ["Upper", "settings", "", "a b", "-x", "é"])
def test_an_os_user_whose_name_cannot_be_one_is_called_local(empty: World, name: str) -> None:
    assert empty.services.accounts.ensure_local_user(name).name == "local"


def test_who_was_created_is_a_person_and_the_local_administrator(empty: World) -> None:
    accounts = empty.services.accounts
    accounts.create_user("reader")
    admin = accounts.create_user("boss", admin=True)
    assert accounts.has_people()
    assert accounts.ensure_local_user("linus") == admin


def test_a_local_user_with_a_password_is_a_person(empty: World) -> None:
    accounts = empty.services.accounts
    user = accounts.ensure_local_user("linus")
    _, key = accounts.create_key(user, "local", Scope.ADMIN)
    actor = accounts.actor_of(key)
    assert actor is not None
    accounts.change_password(actor, PASSWORD, current=None, token=None)
    assert accounts.has_people()
    assert accounts.login("linus", PASSWORD, address="here").user.name == "linus"


def test_nobody_signs_in_without_a_password(empty: World) -> None:
    accounts = empty.services.accounts
    accounts.create_user("nopass")
    for guess in ("", "None", "nopass"):
        with pytest.raises(UnauthenticatedError):
            accounts.login("nopass", guess, address="here")


def test_a_name_is_taken_once(empty: World) -> None:
    empty.services.accounts.create_user("twin")
    with pytest.raises(ConflictError):
        empty.services.accounts.create_user("twin")


@pytest.mark.parametrize(
    "password", ["short", "x" * 11, "a" * 12, "ab" * 10, "x" * 1025, "new-person-1"]
)
def test_a_password_that_would_be_guessed_is_refused(empty: World, password: str) -> None:
    with pytest.raises(InvalidError):
        empty.services.accounts.create_user("new-person-1", password=password)


def test_one_password_in_two_spellings_is_one_password(empty: World) -> None:
    accounts = empty.services.accounts
    password = "grün wie die Bäume"  # noqa: S105
    accounts.create_user("uni", password=unicodedata.normalize("NFD", password))
    composed = unicodedata.normalize("NFC", password)
    assert accounts.login(" UNI ", composed, address="here").user.name == "uni"


def test_a_password_is_hashed_anew_when_the_parameters_have_grown(empty: World) -> None:
    empty.services.accounts.create_user("old", password=PASSWORD)
    stronger = Accounts(empty.catalog, passwords=Passwords(memory_kib=16, passes=2))
    stronger.login("old", PASSWORD, address="here")
    with empty.catalog.reading() as connection:
        user = rows.find_user(connection, "old")
        assert user is not None
        kept = rows.read_password(connection, user.id)
    assert kept is not None
    assert "m=16,t=2,p=1" in kept
    stronger.login("old", PASSWORD, address="here")


def test_the_parameters_are_those_of_the_security_page() -> None:
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in Passwords().hash("any password")


def test_a_session_ends_after_a_week_of_rest_or_a_month(world: World) -> None:
    accounts, day = world.services.accounts, 24 * 3600
    rested = accounts.login("ann", PASSWORD, address="a").token
    used = accounts.login("ann", PASSWORD, address="a").token
    for _ in range(5):
        world.clock.tick(6 * day)
        assert (accounts.actor_of(used) is None) is (world.clock.now > 30 * day * 10**6 + START)
    assert accounts.actor_of(rested) is None
    world.clock.tick(day / 2)
    assert accounts.actor_of(used) is None


START = 1_700_000_000_000_000


def test_a_credential_is_believed_for_five_seconds_without_a_question(world: World) -> None:
    accounts, key = world.services.accounts, world.keys["owner"]
    assert accounts.recent_actor(key) is None
    actor = accounts.actor_of(key)
    assert accounts.recent_actor(key) == actor
    world.clock.tick(5)
    assert accounts.recent_actor(key) is None


def test_the_last_use_of_a_key_is_known_to_the_minute(world: World) -> None:
    accounts, key = world.services.accounts, world.keys["owner"]
    actor = accounts.actor_of(key)
    assert actor is not None
    first = world.clock.now
    world.clock.tick(30)
    accounts.actor_of(key)
    assert accounts.keys(actor)[0].last_used_at == first
    world.clock.tick(31)
    accounts.actor_of(key)
    assert accounts.keys(actor)[0].last_used_at == world.clock.now


def test_nonsense_is_nobody(world: World) -> None:
    accounts = world.services.accounts
    for secret in ("", "wl-", "x" * 10_000, "\ud800", "wl-" + "A" * 43, "a" * 43):
        assert accounts.actor_of(secret) is None


def test_anonymous_has_no_account(world: World) -> None:
    for ask in (world.services.accounts.me, world.services.accounts.keys):
        with pytest.raises(UnauthenticatedError):
            ask(ANONYMOUS)


def test_who_has_no_password_signs_in_with_a_key_that_may_everything(empty: World) -> None:
    accounts = empty.services.accounts
    ada = accounts.create_user("ada")
    eve = accounts.create_user("eve")
    _, whole = accounts.create_key(ada, "printed", Scope.ADMIN)
    _, part = accounts.create_key(ada, "training", Scope.WRITE)
    _, foreign = accounts.create_key(eve, "printed", Scope.ADMIN)

    assert accounts.login("ada", whole, address="here").user.name == "ada"
    for refused in (part, foreign, f"wl-{'x' * 43}"):
        with pytest.raises(UnauthenticatedError):
            accounts.login("ada", refused, address="there")


@pytest.mark.parametrize(
    "key",
    [
        "0123456789abcdef0123456789abcdef01234567",
        "local-0123456789abcdef0123456789abcdef01234567",
        "eyJhbGciOiJI.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4",
    ],
)
def test_a_key_that_its_user_had_before_is_a_key_here_too(empty: World, key: str) -> None:
    accounts = empty.services.accounts
    user = accounts.create_user("ada")
    assert accounts.actor_of(key) is None
    kept = accounts.register_key(user, key, "from before", Scope.WRITE)
    assert kept.hint == key[:8]
    actor = accounts.actor_of(key)
    assert actor is not None
    assert (actor.name, actor.scope) == ("ada", Scope.WRITE)
    other = accounts.create_user("bob")
    with pytest.raises(ConflictError) as caught:
        accounts.register_key(other, key, "mine", Scope.ADMIN)
    assert caught.value.code == "key-exists"
    accounts.drop_key(accounts_actor(empty, "ada"), kept.id)
    assert accounts.actor_of(key) is None


@pytest.mark.parametrize(
    "key", ["", "short", "a" * 40, "local-" + "ab" * 30, "é" * 40, "0123456789 " * 5, "x" * 5000]
)
def test_what_no_client_would_send_or_all_would_guess_is_no_key(empty: World, key: str) -> None:
    accounts = empty.services.accounts
    user = accounts.create_user("ada")
    with pytest.raises(InvalidError) as caught:
        accounts.register_key(user, key, "from before", Scope.WRITE)
    assert [fault.code for fault in caught.value.faults] == ["unfit-key"]
    assert not key or key not in str(caught.value)


def accounts_actor(world: World, name: str) -> Actor:
    """Somebody who may do everything with their own account."""
    return actor_for(world.services.accounts.user_named(name))

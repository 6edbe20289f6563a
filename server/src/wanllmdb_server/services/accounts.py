"""Accounts: who is who, and with what they show it.

Users, their passwords, API keys, sessions and one-time tokens. A secret is shown once, when it
is made; afterwards only its digest exists. Methods block: on an event loop, call them in a
thread. A key or session that has ended is dead within `holders.RECENT_US`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wanllmdb_server.catalog import accounts as rows
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.credentials import (
    HINT_CHARS,
    Passwords,
    RandomBytes,
    digest_of,
    new_key,
    new_one_time_token,
    new_session_token,
)
from wanllmdb_server.catalog.holders import SESSION_IDLE_US, SESSION_US, Holders, actor_of_user
from wanllmdb_server.domain.access import (
    Actor,
    Resource,
    Scope,
    Verb,
    must_be_allowed,
    must_be_known,
    within,
)
from wanllmdb_server.domain.account import (
    ApiKey,
    User,
    known_key_fault,
    may_be_key,
    name_fault,
    password_fault,
)
from wanllmdb_server.domain.attempts import Attempts
from wanllmdb_server.domain.errors import (
    ConflictError,
    Fault,
    GoneError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
    TooOftenError,
    UnauthenticatedError,
)
from wanllmdb_server.domain.run import text_fault

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 24 * 60 * MINUTE

ONE_TIME_US: Final = 15 * MINUTE
TRIES_BY_NAME: Final = 5  # wrong passwords a minute for one account
TRIES_BY_ADDRESS: Final = 20  # and from one address
MAX_KEYS: Final = 1000


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody has signed in; the token is shown this once."""

    user: User
    token: str


class Accounts:
    """Creates users and their credentials, and says whose a credential is."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        passwords: Passwords,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> None:
        self._catalog = catalog
        self._passwords = passwords
        self._random_bytes = random_bytes
        self._holders = Holders(catalog)
        self._by_name = Attempts(TRIES_BY_NAME, window_us=MINUTE)
        self._by_address = Attempts(TRIES_BY_ADDRESS, window_us=MINUTE)

    # -- who is this? -----------------------------------------------------------------------

    def recent_actor(self, secret: str) -> Actor | None:
        """Whose key or session token this is, if it was looked up a moment ago; never blocks."""
        return self._holders.recent(secret)

    def recall(self, secret: str) -> Callable[[], Actor | None]:
        """As `recent_actor`, to be asked often."""
        return self._holders.recall(secret)

    def actor_of(self, secret: str) -> Actor | None:
        """Whose key or session token this is; None if it is nobody's, or no longer."""
        return self._holders.find(secret)

    # -- signing in and out -----------------------------------------------------------------

    def login(self, username: str, password: str, *, address: str) -> SignIn:
        """A session for who knows the password, or holds a key of the user with all rights.

        A user who was created without a password signs in with the key that was printed.

        Raises:
            UnauthenticatedError: wrong name, password or key; nobody learns which.
            TooOftenError: too many wrong ones within a minute.
        """
        name, now = username.strip().lower()[:256], self._catalog.clock()
        self._count_try(name, address, now)
        with self._catalog.reading() as connection:
            user = rows.find_user(connection, name)
            kept = rows.read_password(connection, user.id) if user else None
        by_password = self._passwords.fits(kept, password) and kept is not None
        if user is None or not (by_password or self._is_own_key(user, password)):
            raise UnauthenticatedError("Wrong user name or password.", code="wrong-password")
        self._by_name.take_back(name)
        self._by_address.take_back(address)
        if by_password and kept is not None and self._passwords.outdated(kept):
            self._keep_password(user.id, password)
        return self._signed_in(user)

    def _is_own_key(self, user: User, text: str) -> bool:
        """Whether the text is a key of this user, and one that may do all that the user may."""
        actor = self.actor_of(text) if may_be_key(text) else None
        return actor is not None and actor.user_id == user.id and actor.scope is Scope.ADMIN

    def redeem(self, token: str) -> SignIn:
        """A session for who holds a one-time token; it is used up with this.

        Raises:
            GoneError: the token is used, too old, or never was.
        """
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            digest = digest_of(token[:256])
            user = rows.use_token(connection, digest, not_before=now - ONE_TIME_US, now=now)
        if user is None:
            raise GoneError(
                "This sign-in link was used already or has run out. "
                "The server prints a new one when it starts.",
                code="token-gone",
            )
        return self._signed_in(user)

    def logout(self, token: str) -> None:
        """End the session of this token; to end it twice is no error."""
        digest = digest_of(token)
        with self._catalog.writing() as connection:
            rows.delete_session(connection, digest)
        self._holders.drop(digest)

    def _count_try(self, name: str, address: str, now: int) -> None:
        for attempts, key in ((self._by_address, address), (self._by_name, name)):
            wait = attempts.begin(key, now=now)
            if wait is not None:
                raise TooOftenError(
                    "Too many wrong passwords; wait a little.",
                    code="too-many-attempts",
                    retry_after=wait,
                )

    def _signed_in(self, user: User) -> SignIn:
        token = new_session_token(self._random_bytes)
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            rows.add_session(connection, user.id, digest_of(token), now=now)
            rows.delete_old_sessions(
                connection, created=now - SESSION_US, used=now - SESSION_IDLE_US
            )
            rows.delete_old_tokens(connection, created=now - DAY)
        return SignIn(user, token)

    # -- the actor's own account ------------------------------------------------------------

    def me(self, actor: Actor) -> User:
        """The actor as a user."""
        must_be_allowed(actor, Resource.ACCOUNT, Verb.READ)
        with self._catalog.reading() as connection:
            user = rows.find_user(connection, actor.name)
        if user is None:
            raise UnauthenticatedError("This account is gone.")
        return user

    def change_password(
        self, actor: Actor, password: str, *, current: str | None, token: str | None
    ) -> None:
        """Give the actor a new password; ends their sessions other than that of `token`.

        Raises:
            NotAllowedError: `current` is not the password that there is.
            InvalidError: the new one cannot be a password.
        """
        user_id = _account(actor, Verb.UPDATE)
        _refuse("/password", password_fault(password, actor.name), "unfit-password")
        with self._catalog.reading() as connection:
            kept = rows.read_password(connection, user_id)
        if kept is not None:
            self._check_current(actor, kept, current or "")
        self._keep_password(user_id, password)
        with self._catalog.writing() as connection:
            keep = digest_of(token) if token else None
            rows.delete_sessions(connection, user_id, besides=keep)
        self._holders.clear()

    def _check_current(self, actor: Actor, kept: str, current: str) -> None:
        wait = self._by_name.begin(actor.name, now=self._catalog.clock())
        if wait is not None:
            raise TooOftenError(
                "Too many wrong passwords; wait a little.",
                code="too-many-attempts",
                retry_after=wait,
            )
        if not self._passwords.fits(kept, current):
            raise NotAllowedError("This is not your current password.", code="wrong-password")
        self._by_name.take_back(actor.name)

    def _keep_password(self, user_id: int, password: str) -> None:
        hashed = self._passwords.hash(password)
        with self._catalog.writing() as connection:
            rows.set_password(connection, user_id, hashed)

    def keys(self, actor: Actor) -> list[ApiKey]:
        """The actor's keys, the newest first."""
        user_id = _account(actor, Verb.READ)
        with self._catalog.reading() as connection:
            return rows.list_keys(connection, user_id)

    def add_key(self, actor: Actor, name: str, scope: Scope) -> tuple[ApiKey, str]:
        """A new key of the actor, which can do no more than what they came with.

        Raises:
            NotAllowedError: the scope is wider than the actor's own.
        """
        user_id = _account(actor, Verb.CREATE)
        if not within(scope, actor.scope):
            raise NotAllowedError(f"Your own key's scope is '{actor.scope}', not more.")
        _refuse("/name", text_fault(name), "unfit-name")
        if len(self.keys(actor)) >= MAX_KEYS:
            raise ConflictError(f"You have {MAX_KEYS} keys; delete some.", code="too-many-keys")
        return self._new_key(user_id, name, scope)

    def drop_key(self, actor: Actor, key_id: int) -> None:
        """End one of the actor's keys; it is dead at once."""
        user_id = _account(actor, Verb.DELETE)
        with self._catalog.writing() as connection:
            digest = rows.delete_key(connection, user_id, key_id)
        if digest is None:
            raise NotFoundError("You have no such key.", code="key-not-found")
        self._holders.drop(digest)

    def _new_key(self, user_id: int, name: str, scope: Scope) -> tuple[ApiKey, str]:
        secret = new_key(self._random_bytes)
        return self._keep_key(user_id, secret, name, scope), secret

    def _keep_key(self, user_id: int, secret: str, name: str, scope: Scope) -> ApiKey:
        digest = digest_of(secret)
        with self._catalog.writing() as connection:
            if rows.find_key(connection, digest) is not None:
                raise ConflictError("This key is known here already.", code="key-exists")
            return rows.add_key(
                connection,
                user_id,
                digest=digest,
                hint=secret[:HINT_CHARS],
                name=name,
                scope=scope,
                now=self._catalog.clock(),
            )

    # -- other people -----------------------------------------------------------------------

    def users(self, actor: Actor) -> list[User]:
        """Everybody, by name; for administrators."""
        must_be_allowed(actor, Resource.USER, Verb.READ)
        with self._catalog.reading() as connection:
            return rows.list_users(connection)

    def add_user(
        self, actor: Actor, name: str, *, admin: bool = False, password: str | None = None
    ) -> User:
        """A new user; for administrators."""
        must_be_allowed(actor, Resource.USER, Verb.CREATE)
        return self.create_user(name, admin=admin, password=password)

    # -- for who holds the data directory: the command line and the first start ------------

    def create_user(self, name: str, admin: bool = False, password: str | None = None) -> User:
        """A new user.

        Raises:
            InvalidError: the name or password cannot be one.
            ConflictError: the name is taken; code `user-exists`.
        """
        _refuse("/name", name_fault(name), "unfit-name")
        hashed = None
        if password is not None:
            _refuse("/password", password_fault(password, name), "unfit-password")
            hashed = self._passwords.hash(password)
        return self._add_user(name, admin=admin, local=False, hashed=hashed)

    def user_named(self, name: str) -> User:
        """The user of this name; NotFoundError if there is none."""
        with self._catalog.reading() as connection:
            user = rows.find_user(connection, name)
        if user is None:
            raise NotFoundError(f"There is no user '{name[:64]}'.", code="user-not-found")
        return user

    def create_key(self, user: User, name: str, scope: Scope) -> tuple[ApiKey, str]:
        """A new key of the user, and its secret."""
        return self._new_key(user.id, name, scope)

    def register_key(self, user: User, secret: str, name: str, scope: Scope) -> ApiKey:
        """Make a key that the user has already, from another server, one of this server.

        Raises:
            InvalidError: no client would send it, or it would be guessed; code `unfit-key`.
            ConflictError: it is a key here already; code `key-exists`.
        """
        _refuse("/key", known_key_fault(secret), "unfit-key")
        key = self._keep_key(user.id, secret, name, scope)
        self._holders.drop(digest_of(secret))
        return key

    def create_one_time_token(self, user: User) -> str:
        """A token with which the user signs in once, within `ONE_TIME_US`."""
        token = new_one_time_token(self._random_bytes)
        with self._catalog.writing() as connection:
            rows.add_token(connection, user.id, digest_of(token), now=self._catalog.clock())
        return token

    def ensure_local_user(self, name: str = "local") -> User:
        """The administrator of a server that only this machine can reach.

        Who was there first; on the first start a new one of this name, without a password,
        or `local` if it cannot be a name.
        """
        with self._catalog.reading() as connection:
            found = rows.oldest_admin(connection)
        if found is not None:
            return found
        return self._add_user(
            "local" if name_fault(name) else name, admin=True, local=True, hashed=None
        )

    def has_people(self) -> bool:
        """Whether anybody was created besides the user that the server made itself."""
        with self._catalog.reading() as connection:
            return rows.count_users(connection, local=False) > 0

    def _add_user(self, name: str, *, admin: bool, local: bool, hashed: str | None) -> User:
        now = self._catalog.clock()
        with self._catalog.writing() as connection:
            if rows.name_is_taken(connection, name):
                raise ConflictError(f"There is a user '{name}' already.", code="user-exists")
            return rows.add_user(
                connection, name, admin=admin, local=local, password=hashed, now=now
            )


def actor_for(user: User, scope: Scope = Scope.ADMIN) -> Actor:
    """The user as one who asks, for the command line and for tests."""
    return actor_of_user(user, scope)


def _account(actor: Actor, verb: Verb) -> int:
    """The number of the actor's own account, if they may do this to it."""
    must_be_allowed(actor, Resource.ACCOUNT, verb)
    return must_be_known(actor)


def _refuse(pointer: str, fault: str | None, code: str) -> None:
    if fault is not None:
        raise InvalidError(fault, faults=[Fault(pointer, code, fault)])

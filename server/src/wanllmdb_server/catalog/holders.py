"""Holders: whose a key or a session token is. Asked with every request, so it remembers.

What was found is believed for `RECENT_US`. What is dropped here is dead at once, but for a
request that had been looking it up at that very moment, which may keep it alive for so long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wanllmdb_server.catalog import accounts as rows
from wanllmdb_server.catalog.catalog import Catalog
from wanllmdb_server.catalog.credentials import digest_of
from wanllmdb_server.domain.access import Actor, Scope
from wanllmdb_server.domain.account import MAX_KEY_CHARS, User, is_key, may_be_key
from wanllmdb_server.domain.recent import Recent

SECOND: Final = 1_000_000
DAY: Final = 24 * 3600 * SECOND

RECENT_US: Final = 5 * SECOND  # how long a look-up is believed: ingest asks for every batch
USED_US: Final = 60 * SECOND  # how exactly the last use of a key or session is known
SESSION_IDLE_US: Final = 7 * DAY
SESSION_US: Final = 30 * DAY
REMEMBERED: Final = 10_000
MAX_SECRET: Final = MAX_KEY_CHARS


class Holders:
    """Finds who holds a secret. Usable from any thread."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._recent = Recent[Actor](lifetime=RECENT_US, size=REMEMBERED)

    def recent(self, secret: str) -> Actor | None:
        """Who holds it, if that was looked up a moment ago; never blocks."""
        return self._recent.get(digest_of(secret[:MAX_SECRET]), now=self._catalog.clock())

    def recall(self, secret: str) -> Callable[[], Actor | None]:
        """As `recent`, to be asked often."""
        digest = digest_of(secret[:MAX_SECRET])
        return lambda: self._recent.get(digest, now=self._catalog.clock())

    def find(self, secret: str) -> Actor | None:
        """Who holds it; None if nobody does, or no longer."""
        if len(secret) > MAX_SECRET:
            return None
        digest, now = digest_of(secret), self._catalog.clock()
        actor = self._recent.get(digest, now=now) or self._look_up(secret, digest, now)
        if actor is not None:
            self._recent.put(digest, actor, now=now)
        return actor

    def _look_up(self, secret: str, digest: str, now: int) -> Actor | None:
        if is_key(secret):
            return self._of_key(digest, now)
        # A key that its user had before they came here may look like a session's token.
        found = self._of_session(digest, now)
        return found or (self._of_key(digest, now) if may_be_key(secret) else None)

    def drop(self, digest: str) -> None:
        """Forget a key or session that has ended."""
        self._recent.drop(digest)

    def clear(self) -> None:
        """Forget all, for several have ended."""
        self._recent.clear()

    def _of_key(self, digest: str, now: int) -> Actor | None:
        with self._catalog.reading() as connection:
            found = rows.find_key(connection, digest)
        if found is None:
            return None
        if found.used_at is None or now - found.used_at > USED_US:
            with self._catalog.writing() as connection:
                rows.touch_key(connection, digest, now=now)
        return actor_of_user(found.user, Scope(found.scope))

    def _of_session(self, digest: str, now: int) -> Actor | None:
        with self._catalog.reading() as connection:
            found = rows.find_session(connection, digest)
        if found is None or found.used_at is None:
            return None
        if now - found.used_at > SESSION_IDLE_US or now - found.created_at > SESSION_US:
            return None
        if now - found.used_at > USED_US:
            with self._catalog.writing() as connection:
                rows.touch_session(connection, digest, now=now)
        return actor_of_user(found.user, Scope.ADMIN)


def actor_of_user(user: User, scope: Scope) -> Actor:
    """The user as one who asks."""
    return Actor(user_id=user.id, name=user.name, admin=user.admin, scope=scope)

"""People, their credentials and their sessions."""

from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from edge.queries.pages import Page, Place, listed, plain
from edge.queries.reading import row, rows

Json = dict[str, Any]
PERSON: Final = """
select user_id::text, email, name, color, locale, false as guest, avatar, time_zone, nullif(admin, false) as admin,
       (select array_agg(c.purpose order by c.purpose)
          from identity_decider.consents_v1 c where c.user_id = u.user_id) as consents
  from identity_decider.users_v1 u where user_id = $1::uuid and not erased
"""
BY_EMAIL: Final = """
select user_id::text, password_hash, password_version
  from identity_decider.credentials_v1 where email_lower = lower($1)
"""
BY_ID: Final = """
select user_id::text, password_hash, password_version
  from identity_decider.credentials_v1 where user_id = $1::uuid
"""
SESSIONS: Final = """
select session_id::text, client, address, created_at, seen_at, session_id = $2::uuid as current
  from identity_decider.sessions_v1
 where user_id = $1::uuid and closed_at is null and (created_at, session_id) < ($3, $4::uuid)
 order by created_at desc, session_id desc limit $5
"""
SESSION: Final = """
select session_id::text from identity_decider.sessions_v1
 where user_id = $1::uuid and session_id = $2::uuid and closed_at is null
"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is checked against; there is none where a person comes from a provider."""

    user_id: str
    password_hash: str | None
    password_version: int


async def person(pool: asyncpg.Pool, user_id: str) -> Json | None:
    """A person as the contract's `user`; what he has not said, and what he is not, is absent."""
    found = await row(pool, PERSON, user_id)
    return found and {name: value for name, value in found.items() if value is not None}


async def credentials_of_email(pool: asyncpg.Pool, email: str) -> Credentials | None:
    """The credentials of the account with this address, whatever its case."""
    found = await row(pool, BY_EMAIL, email)
    return None if found is None else Credentials(**found)


async def credentials_of(pool: asyncpg.Pool, user_id: str) -> Credentials | None:
    """The credentials of an account."""
    found = await row(pool, BY_ID, user_id)
    return None if found is None else Credentials(**found)


async def sessions(pool: asyncpg.Pool, user_id: str, current: str | None, page: Page) -> Json:
    """A person's open sessions, newest first."""
    found = await rows(pool, SESSIONS, user_id, current, page.place.time, page.place.identifier, page.limit + 1)
    return listed(
        "sessions",
        page,
        found,
        lambda item: Place(item["created_at"], item["session_id"]),
        plain("created_at", "seen_at"),
    )


async def has_session(pool: asyncpg.Pool, user_id: str, session_id: str) -> bool:
    """Whether this is an open session of this person."""
    return await row(pool, SESSION, user_id, session_id) is not None

"""Who is known by an identity provider's name, and which sessions a provider's session opened."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from edge.queries.reading import row, rows

LINKED: Final = """
select user_id::text from identity_decider.provider_identities_v1 where issuer = $1 and subject = $2
"""
OF_SESSION: Final = """
select user_id::text, session_id::text from identity_decider.sessions_v1
 where provider_issuer = $1 and provider_session = $2 and closed_at is null
"""
OF_SUBJECT: Final = """
select s.user_id::text, s.session_id::text
  from identity_decider.provider_identities_v1 i join identity_decider.sessions_v1 s using (user_id)
 where i.issuer = $1 and i.subject = $2 and s.provider_issuer = $1 and s.closed_at is null
"""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that a provider opened."""

    user_id: str
    session_id: str


async def linked(pool: asyncpg.Pool, issuer: str, subject: str) -> str | None:
    """The account that an identity is linked to."""
    found = await row(pool, LINKED, issuer, subject)
    return None if found is None else found["user_id"]


async def sessions(pool: asyncpg.Pool, issuer: str, subject: str | None, session: str | None) -> list[OpenSession]:
    """The open sessions that a logout at the provider ends: those of its session, or else all of the person's."""
    if session is not None:
        found = await rows(pool, OF_SESSION, issuer, session)
    else:
        found = await rows(pool, OF_SUBJECT, issuer, subject)
    return [OpenSession(**each) for each in found]

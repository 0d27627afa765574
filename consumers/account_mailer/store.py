"""What was mailed already, and to whom a link goes."""

from collections.abc import Mapping
from typing import Final

import asyncpg

from consumers.account_mailer.handler import Addressee, Wanted
from schemas.mail_tokens import Kind

ADDRESSEES: Final[Mapping[Kind, str]] = {
    "reset": """
select email, locale, expires_at, used_at is not null as used
  from identity_decider.resets_v1 where reset_id = $1 and user_id = $2
""",
    "confirm": """
select email, locale, expires_at, used_at is not null as used
  from identity_decider.confirmations_v1 where confirmation_id = $1 and user_id = $2
""",
}


class MailStore:
    """The mailer's own table, and the views of who decides about people."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def is_mailed(self, fact_id: str) -> bool:
        """Whether the letter of a fact went out."""
        return bool(
            await self._pool.fetchval("select exists(select from account_mailer.mailed where fact_id = $1)", fact_id)
        )

    async def note(self, fact_id: str) -> None:
        """The letter of a fact went out."""
        await self._pool.execute(
            "insert into account_mailer.mailed (fact_id) values ($1) on conflict do nothing", fact_id
        )

    async def addressee(self, link: Wanted) -> Addressee | None:
        """To whom a link goes; None when the account or the link is gone."""
        row = await self._pool.fetchrow(ADDRESSEES[link.kind], link.link_id, link.user_id)
        return None if row is None else Addressee(**row)

"""Looks people up when a fact is sent: what is shown of them now, and what they consented to."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import asyncpg

from topics.bus.message import Message
from topics.exports.mapped import Mapped, Person, concerned, leaves, mapped
from topics.exports.mapping import Mapping as Rules

SHOWN: Final = ("email", "name", "color", "locale", "avatar", "time_zone")
FIND: Final = """
select u.user_id::text, u.email, u.name, u.color, u.locale, u.avatar, u.time_zone,
       array(select c.purpose from identity_decider.consents_v1 c where c.user_id = u.user_id) as consents
  from identity_decider.users_v1 u
 where u.user_id = any($1::uuid[]) and not u.erased
"""


class People:
    """The views of who decides about people; somebody erased is nobody."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, user_ids: Collection[str]) -> Mapping[str, Person]:
        """Those of them who are there. Raises what asyncpg raises."""
        if not user_ids:
            return {}
        rows = await self._pool.fetch(FIND, list(user_ids))
        return {row["user_id"]: _person(row) for row in rows}


async def mapped_now(rules: Rules, people: People, messages: Sequence[Message]) -> dict[int, Mapped]:
    """What leaves of these facts, by their indexes, with people as they are now. Raises what asyncpg raises."""
    leaving = {number: each for number, each in enumerate(messages) if leaves(rules, each)}
    found = await people.find(concerned(rules, leaving.values()))
    return {number: mapped(rules, each, found) for number, each in leaving.items()}


def _person(row: asyncpg.Record) -> Person:
    shown = {"user_id": row["user_id"], **{name: row[name] for name in SHOWN if row[name] is not None}}
    return Person(shown, frozenset(row["consents"]))

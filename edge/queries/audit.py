"""The audit of a workspace: what the chain holds, with what is still known of people and sessions."""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson

from edge.queries.pages import Page, Place, listed
from edge.queries.reading import Row, row, rows, told
from schemas.ids import is_id

Json = dict[str, Any]
# A page of the export in memory; a chain may have any length.
EXPORT_ROWS: Final = 500
COLUMNS: Final = """e.fact_id::text as audit_id, e.time, e.actor, e.type, e.subject, e.data, e.session_id, e.link_id,
       e.correlation_id, e.traceparent, e.chain, e.seq, e.schema, e.hash"""
ASKED: Final = """e.chain = $1 and ($2::text is null or e.actor = $2) and ($3::text is null or e.type = $3)
   and ($4::timestamptz is null or e.time >= $4) and ($5::timestamptz is null or e.time < $5)"""
NEWEST: Final = f"""
select {COLUMNS} from audit_log.entries_v1 e
 where {ASKED} and (e.time, e.fact_id) < ($6, $7::uuid)
 order by e.time desc, e.fact_id desc limit $8
"""  # noqa: S608 - constants
IN_ORDER: Final = f"""
select {COLUMNS} from audit_log.entries_v1 e
 where {ASKED} and e.seq > $6 and e.seq <= $7
 order by e.seq limit $8
"""  # noqa: S608 - constants
LAST: Final = "select coalesce(max(seq), 0) as seq from audit_log.entries_v1 where chain = $1"
NAMES: Final = "select user_id::text, name from identity_decider.users_v1 where user_id = any($1::uuid[])"
SESSIONS: Final = """
select session_id::text, client, address from identity_decider.sessions_v1 where session_id = any($1::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of a workspace's chain; what is None does not matter. `since` is inclusive, `until` is not."""

    workspace_id: str
    actor: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def values(self) -> tuple[Any, ...]:
        """The parameters of `ASKED`."""
        return self.workspace_id, self.actor, self.type, self.since, self.until


async def entries(pool: asyncpg.Pool, wanted: Wanted, page: Page) -> Json:
    """A page of entries, newest first."""
    found = await rows(pool, NEWEST, *wanted.values, page.place.time, page.place.identifier, page.limit + 1)
    show = await _shown(pool, found)
    return listed("audit", page, found, lambda item: Place(item["time"], item["audit_id"]), show)


async def exported(pool: asyncpg.Pool, wanted: Wanted) -> AsyncGenerator[Sequence[Json], None]:
    """All entries there are now, in the order of the chain, some at a time; each with what its hash is made of."""
    found = await row(pool, LAST, wanted.workspace_id)
    last, seen = found["seq"] if found else 0, 0
    while part := await rows(pool, IN_ORDER, *wanted.values, seen, last, EXPORT_ROWS):
        show = await _shown(pool, part)
        yield [show(item) | _proof(item) for item in part]
        seen = part[-1]["seq"]


class _Shown:
    """Shows a row with the names and addresses that there still are: they go with the account, the entry stays."""

    def __init__(self, names: dict[str, str | None], sessions: dict[str, Row]) -> None:
        self._names = names
        self._sessions = sessions

    def __call__(self, item: Row) -> Row:
        session = self._sessions.get(item["session_id"], {})
        return {
            "audit_id": item["audit_id"],
            "time": told(item["time"]),
            "actor": item["actor"],
            "actor_name": self._names.get(item["actor"]),
            "type": item["type"],
            "subject": item["subject"],
            "data": orjson.loads(item["data"]),
            "session_id": item["session_id"],
            "link_id": item["link_id"],
            "client": session.get("client"),
            "address": session.get("address"),
            "correlation_id": item["correlation_id"],
            "traceparent": item["traceparent"],
        }


async def _shown(pool: asyncpg.Pool, found: Sequence[Row]) -> _Shown:
    people = await rows(pool, NAMES, _ids(found, "actor"))
    sessions = await rows(pool, SESSIONS, _ids(found, "session_id"))
    return _Shown({each["user_id"]: each["name"] for each in people}, {each["session_id"]: each for each in sessions})


def _ids(found: Collection[Row], column: str) -> list[str]:
    """The ids in a column, each once; a record made past the edge may name anything as its actor."""
    return sorted({item[column] for item in found if item[column] is not None and is_id(item[column])})


def _proof(item: Row) -> Json:
    return {"chain": item["chain"], "seq": item["seq"], "schema": item["schema"], "hash": item["hash"].hex()}

"""What the deciders remember of a person's Idempotency-Keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson
import structlog

from edge.errors import ApiError
from edge.queries.reading import row

STATEMENT: Final = """
select fingerprint, answer::text as answer from board_decider.idempotency_v1
 where user_id = $1::uuid and key = $2 and at > now() - interval '24 hours'
union all
select fingerprint, answer::text as answer from identity_decider.idempotency_v1
 where user_id = $1::uuid and key = $2 and at > now() - interval '24 hours'
union all
select fingerprint, answer::text as answer from workspace_decider.idempotency_v1
 where user_id = $1::uuid and key = $2 and at > now() - interval '24 hours'
union all
select fingerprint, answer::text as answer from comment_decider.idempotency_v1
 where user_id = $1::uuid and key = $2 and at > now() - interval '24 hours'
limit 1
"""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Decided:
    """A request that was decided before: its fingerprint, and the decider's answer."""

    fingerprint: str
    answer: Mapping[str, Any]


class Decisions:
    """Asks every decider that keeps keys."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, user_id: str, key: str) -> Decided | None:
        """The decision under this key within the last day, None when there is none or nobody can be asked."""
        try:
            found = await row(self._pool, STATEMENT, user_id, key)
        except ApiError:
            # The decider itself will notice a repeat: this question only spares it the work.
            log.warning("idempotency keys cannot be looked up: no PostgreSQL")
            return None
        return None if found is None else Decided(found["fingerprint"], orjson.loads(found["answer"]))

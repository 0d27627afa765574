"""The deliveries that wait: who takes them, what came of them, and which endpoints are given up.

Why a table and not a retry topic: a delivery is tried for days at times of its own, and an endpoint that does not answer
must delay no other one. A topic is read in its order, so one that is not due would hold back all behind it, or be written
to again and again; and what an admin looks at and sends again would need the table all the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from consumers.webhook_export.verdicts import Attempt, Endpoint, Reason, Verdict

Judge = Callable[[Endpoint], Verdict]

PURGED_AT_ONCE: Final = 1000

# A webhook that was resumed begins anew, with all that waited.
RENEW: Final = """
update webhook_export.endpoints e
   set stint = s.stint, failures = 0, failing_since = null, rests_until = null, giving_up = null
  from webhook_decider.subscriptions_v1 s
 where s.subscription_id = e.subscription_id and s.stint <> e.stint
returning e.subscription_id
"""
RENEW_DELIVERIES: Final = """
update webhook_export.deliveries set next_at = $2, attempts = 0
 where subscription_id = any($1::uuid[]) and state = 'pending'
"""
# Whoever takes deliveries of a webhook holds its endpoint, so the bound per webhook is exact, also among processes.
# Least recently served first.
ENDPOINTS: Final = """
select e.subscription_id
  from webhook_export.endpoints e join webhook_decider.subscriptions_v1 s using (subscription_id)
 where s.paused is null and e.giving_up is null and (e.rests_until is null or e.rests_until <= $1)
   and (e.failures > 0) = $2
   and exists(select from webhook_export.deliveries d
               where d.subscription_id = e.subscription_id and d.state = 'pending' and d.next_at <= $1
                 and (d.claimed_until is null or d.claimed_until <= $1))
   and (select count(*) from webhook_export.deliveries b
         where b.subscription_id = e.subscription_id and b.state = 'pending' and b.claimed_until > $1) < $4
 order by e.claimed_at nulls first
 limit $3
   for update of e skip locked
"""
CLAIM: Final = """
with served as (
    update webhook_export.endpoints e set claimed_at = $2
      from webhook_decider.subscriptions_v1 s
     where e.subscription_id = any($1::uuid[]) and s.subscription_id = e.subscription_id and s.paused is null
    returning e.subscription_id
), taken as (
    select d.delivery_id
      from served e cross join lateral (
           select delivery_id from webhook_export.deliveries
            where subscription_id = e.subscription_id and state = 'pending' and next_at <= $2
              and (claimed_until is null or claimed_until <= $2)
            order by next_at, seq
            limit greatest(0, $3 - (select count(*) from webhook_export.deliveries b
                                     where b.subscription_id = e.subscription_id and b.state = 'pending'
                                       and b.claimed_until > $2))
              for update skip locked) d
     limit $4
), claimed as (
    update webhook_export.deliveries d set claim = $5, claimed_until = $6
      from taken where d.delivery_id = taken.delivery_id
    returning d.delivery_id, d.seq, d.subscription_id, d.body, d.attempts, d.once, d.next_at
)
select c.delivery_id::text, c.subscription_id::text, c.body, c.attempts, c.once,
       s.url, s.secret_versions, s.secret_keys, s.secret_ends
  from claimed c join webhook_decider.subscriptions_v1 s using (subscription_id)
 order by c.next_at, c.seq
"""
ENDPOINT: Final = """
select failures, failing_since, rests_until, giving_up from webhook_export.endpoints
 where subscription_id = $1 for update
"""
# A success counts whoever has the claim by now; a failure only while it is ours.
SETTLE: Final = """
update webhook_export.deliveries
   set state = $3, next_at = $4, attempts = attempts + 1, status = $5, latency_ms = $6, error = $7, tried_at = $8,
       claim = null, claimed_until = null
 where delivery_id = $1 and (claim = $2 or $3 = 'delivered')
"""
FARES: Final = """
update webhook_export.endpoints set failures = $2, failing_since = $3, rests_until = $4, giving_up = $5
 where subscription_id = $1
"""
GIVEN_UP: Final = """
select e.subscription_id::text, s.workspace_id::text, e.giving_up as reason, e.stint
  from webhook_export.endpoints e join webhook_decider.subscriptions_v1 s using (subscription_id, stint)
 where e.giving_up is not null and s.paused is null
"""
PURGE: Final = """
delete from webhook_export.deliveries where delivery_id in (
    select delivery_id from webhook_export.deliveries where created_at < $1 order by created_at limit $2)
"""
# By their endpoints, which are few: deliveries are millions, and this is asked every minute.
ORPHANS: Final = """
delete from webhook_export.deliveries where delivery_id in (
    select d.delivery_id from webhook_export.endpoints e join webhook_export.deliveries d using (subscription_id)
     where not exists(select from webhook_decider.subscriptions_v1 s where s.subscription_id = e.subscription_id)
     limit $1)
"""
ORPHANED: Final = """
delete from webhook_export.endpoints e
 where not exists(select from webhook_decider.subscriptions_v1 s where s.subscription_id = e.subscription_id)
   and not exists(select from webhook_export.deliveries d where d.subscription_id = e.subscription_id)
"""


@dataclass(frozen=True, slots=True)
class Secret:
    """A version that a delivery is signed with."""

    version: int
    key_id: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours to try."""

    delivery_id: str
    claim: str
    subscription_id: str
    url: str
    secrets: tuple[Secret, ...]
    body: bytes
    number: int
    once: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """For whoever may go on with the next delivery of the same webhook: under which claim, and as in `Queue.claim`."""

    claim: str
    until: datetime
    per_subscription: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a delivery, and the one that was taken after it."""

    verdict: Verdict
    following: Claim | None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A webhook that is to be paused."""

    subscription_id: str
    workspace_id: str
    reason: Reason
    stint: int


class Queue:
    """The table of deliveries, as those see it who send them. Raises what asyncpg raises when PostgreSQL is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def renew(self, now: datetime) -> None:
        """Let webhooks that were resumed begin anew."""
        async with self._pool.acquire() as connection, connection.transaction():
            renewed = await connection.fetch(RENEW)
            if renewed:
                await connection.execute(RENEW_DELIVERIES, [row["subscription_id"] for row in renewed], now)

    async def claim(
        self, claim: str, now: datetime, until: datetime, *, failing: bool, per_subscription: int, most: int
    ) -> Sequence[Claim]:
        """Take deliveries that are due, oldest first.

        Args:
            claim: a fresh id: whose they are.
            now: the time.
            until: when the claim ends by itself, should nothing be heard of who has it.
            failing: whether of endpoints that failed last time, or of those that work.
            per_subscription: most attempts at one webhook at the same time; one while it fails.
            most: how many are taken.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            each = 1 if failing else per_subscription
            endpoints = [row["subscription_id"] for row in await connection.fetch(ENDPOINTS, now, failing, most, each)]
            if not endpoints:
                return []
            rows = await connection.fetch(CLAIM, endpoints, now, each, most, claim, until)
        return [_claim(row, claim, now) for row in rows]

    async def settle(
        self, claim: Claim, attempt: Attempt, now: datetime, judge: Judge, turn: Turn | None = None
    ) -> Settled:
        """Write what came of an attempt; `judge` says what it means for the endpoint as it fares now.

        After a success, with a `turn`, the next delivery of the webhook is taken in the same transaction.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            # Held until the end of the transaction.
            row = await connection.fetchrow(ENDPOINT, claim.subscription_id)
            held = Endpoint() if row is None else Endpoint(**row)
            verdict = judge(held)
            written = await connection.execute(
                SETTLE,
                claim.delivery_id,
                claim.claim,
                verdict.state,
                verdict.next_at,
                attempt.status,
                attempt.latency_ms,
                attempt.error,
                now,
            )
            fares = verdict.endpoint
            if written != "UPDATE 0" and fares != held:
                await connection.execute(
                    FARES,
                    claim.subscription_id,
                    fares.failures,
                    fares.failing_since,
                    fares.rests_until,
                    fares.giving_up,
                )
            following = None
            if turn is not None and attempt.good:
                which, most = [claim.subscription_id], 1
                rows = await connection.fetch(CLAIM, which, now, turn.per_subscription, most, turn.claim, turn.until)
                following = _claim(rows[0], turn.claim, now) if rows else None
        return Settled(verdict, following)

    async def given_up(self) -> Sequence[GivenUp]:
        """The webhooks that are given up and not paused yet."""
        return [GivenUp(**row) for row in await self._pool.fetch(GIVEN_UP)]

    async def purge(self, before: datetime) -> int:
        """Remove what is older, and what belongs to webhooks that are gone; some at a time. Returns how many."""
        old = int((await self._pool.execute(PURGE, before, PURGED_AT_ONCE)).split()[-1])
        orphans = int((await self._pool.execute(ORPHANS, PURGED_AT_ONCE)).split()[-1])
        await self._pool.execute(ORPHANED)
        return old + orphans


def _claim(row: asyncpg.Record, claim: str, now: datetime) -> Claim:
    secrets = zip(row["secret_versions"], row["secret_keys"], row["secret_ends"], strict=True)
    return Claim(
        row["delivery_id"],
        claim,
        row["subscription_id"],
        row["url"],
        tuple(Secret(version, key_id) for version, key_id, until in secrets if until is None or until > now),
        row["body"].encode(),
        row["attempts"] + 1,
        row["once"],
    )

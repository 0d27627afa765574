"""Brings the past to a destination: partition by partition, at most so fast, and from where it stopped when it is run again."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from topics.bus.failure import backoff_seconds
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.bus.ranges import Log, Range
from topics.errors import Halt, PartlyFailed, Reject, Retry
from topics.exports.exporter import Exporter
from topics.exports.rate import Rate
from topics.runtime.away import POSTGRES_AWAY

# Of one call of the exporter: what is done again when this dies in the middle of it.
AT_ONCE: Final = 500
BEGIN: Final = """
insert into backfills (from_time, topic, partition, generation, next, stop) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
"""
STANDING: Final = """
select topic, partition, generation, next, stop, sent, refused from backfills where from_time = $1 order by 1, 2
"""
ADVANCE: Final = """
update backfills set next = $4, sent = sent + $5, refused = refused + $6, updated_at = now()
 where from_time = $1 and topic = $2 and partition = $3
"""
REFUSE: Final = "insert into refused (fact_id, reason) values ($1, $2) on conflict do nothing"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a backfill has come: facts read and to read, and what became of those that leave."""

    done: int
    total: int
    sent: int
    refused: int


class Backfill:
    """One backfill of one exporter; its state is in the consumer's own tables, by the time that it starts from.

    Args:
        exporter: where the facts go.
        manifest: of the consumer.
        log: what is read.
        pool: acts as the consumer's role, in its schema.
        since: facts written from then on.
        per_second: most facts a second, those that the mapping drops too.
    """

    def __init__(
        self,
        exporter: Exporter,
        manifest: Manifest,
        *,
        log: Log,
        pool: asyncpg.Pool,
        since: datetime,
        per_second: float,
    ) -> None:
        self._exporter = exporter
        self._manifest = manifest
        self._log = log
        self._pool = pool
        self._since = since
        self._rate = Rate(per_second)

    async def run(self, tell: Callable[[Standing], None]) -> Standing:
        """Go on from where it stopped, up to where the log ended when it was first begun. Raises Halt, Unavailable."""
        pieces = await self._pieces()
        tell(await self.standing())
        for piece in pieces:
            async for messages, after in self._log.read(piece, AT_ONCE):
                await self._rate.take(len(messages))
                refused = await self._send(messages)
                await self._advance(piece, after, len(messages) - len(refused), refused)
                tell(await self.standing())
        return await self.standing()

    async def standing(self) -> Standing:
        """How far it has come."""
        rows = await self._pool.fetch(
            "select coalesce(sum(stop - next), 0)::bigint as left, coalesce(sum(sent), 0)::bigint as sent,"
            " coalesce(sum(refused), 0)::bigint as refused from backfills where from_time = $1",
            self._since,
        )
        row = rows[0]
        done = row["sent"] + row["refused"]
        return Standing(done, done + row["left"], row["sent"], row["refused"])

    async def _pieces(self) -> Sequence[Range]:
        known = await self._pool.fetch(STANDING, self._since)
        if not known:
            new = await self._log.since(self._manifest.reads, int(self._since.timestamp() * 1000))
            rows = [(self._since, each.topic, each.partition, each.generation, each.first, each.stop) for each in new]
            await self._pool.executemany(BEGIN, rows)
            known = await self._pool.fetch(STANDING, self._since)
        pieces = [Range(row["topic"], row["partition"], row["generation"], row["next"], row["stop"]) for row in known]
        for each in pieces:
            if each.generation != self._log.generation(each.topic):
                raise Halt(f"{each.topic} was made anew since this backfill began: begin another with a later --from")
        return pieces

    async def _send(self, messages: Sequence[Message]) -> dict[str, str]:
        """Bring them there, however long it takes; gives those that the destination will never take, with its words."""
        waiting, tries = list(messages), 0
        refused: dict[str, str] = {}
        while waiting:
            tries += 1
            try:
                await self._exporter.send(waiting, history=True)
            except PartlyFailed as failed:
                late = [number for number, each in failed.failures.items() if not isinstance(each, Reject)]
                refused |= {
                    waiting[number].envelope.id: each.detail
                    for number, each in failed.failures.items()
                    if isinstance(each, Reject)
                }
                waits = [getattr(failed.failures[number], "after", None) for number in late]
                waiting = [waiting[number] for number in sorted(late)]
                if waiting:
                    await self._wait(max((each for each in waits if each is not None), default=None), tries)
            except Retry as error:
                await self._wait(error.after, tries)
            else:
                break
        return refused

    async def _wait(self, seconds: float | None, tries: int) -> None:
        policy = self._manifest.on_failure
        if seconds is None:
            seconds = backoff_seconds(tries, policy)
        await asyncio.sleep(min(seconds, policy.backoff_max))

    async def _advance(self, piece: Range, after: int, sent: int, refused: dict[str, str]) -> None:
        """Note how far it is; junk counts as sent nowhere, so the numbers are those of facts."""
        tries = 0
        while True:
            tries += 1
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    await connection.executemany(REFUSE, list(refused.items()))
                    await connection.execute(
                        ADVANCE, self._since, piece.topic, piece.partition, after, sent, len(refused)
                    )
            except POSTGRES_AWAY:
                await self._wait(None, tries)
            else:
                return

"""Publishes what was decided, in order, and marks it: after a commit, and after a death between the two."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from topics.bus.decide_records import Outgoing
from topics.bus.publish import Placed, Publisher
from topics.errors import Halt, Reject, Retry, Unavailable, Unconfirmed

PAGE: Final = 500

# Told the name of the step that was reached: where a test kills the process.
Reached = Callable[[str], Awaitable[None]]

ADD: Final = """
insert into outbox (source_topic, source_partition, topic, target_partition, key, headers, value)
values ($1, $2, $3, $4, $5, $6, $7)
"""
UNPUBLISHED: Final = """
select id, topic, target_partition, key, headers, value
  from outbox
 where source_topic = $1 and source_partition = $2 and published_at is null
 order by id limit $3
"""
MARK: Final = "update outbox set published_at = now() where id = any($1::bigint[])"


@dataclass(frozen=True, slots=True)
class Row:
    """A record in the outbox."""

    id: int
    record: Outgoing


async def add(connection: asyncpg.Connection, topic: str, partition: int, records: Iterable[Outgoing]) -> None:
    """Write records that follow from the decisions on one partition, in the transaction of these decisions."""
    rows = [
        (
            topic,
            partition,
            record.topic,
            record.target_partition,
            record.key,
            [part for name, content in record.headers for part in (name.encode(), content)],
            record.value,
        )
        for record in records
    ]
    if rows:
        await connection.executemany(ADD, rows)


async def publish(
    connection: asyncpg.Connection,
    publisher: Publisher,
    topic: str,
    partition: int,
    *,
    answers: str,
    reached: Reached,
) -> int:
    """Publish everything that follows from one partition and is not marked yet; returns how many records that were.

    Read from the table and not from memory: so what an earlier owner left behind goes first, in its place.

    Args:
        connection: not in a transaction.
        publisher: acks=all.
        topic: the partition's topic.
        partition: the partition.
        answers: the topic of answers: they go after all facts, so that who has the answer has the facts.
        reached: told that everything is acknowledged and nothing is marked.

    Raises:
        Retry: Kafka did not take everything. What it acknowledged is marked.
        Halt: Kafka will never take a record.
    """
    published = 0
    while True:
        rows = [Row(row["id"], _record(row)) for row in await connection.fetch(UNPUBLISHED, topic, partition, PAGE)]
        done: list[int] = []
        try:
            for wave in waves(rows, answers):
                await _send(publisher, wave, done)
            if done:
                await reached("published")
        finally:
            if done:
                await connection.execute(MARK, done)
        published += len(rows)
        if len(rows) < PAGE:
            return published


def waves(rows: Sequence[Row], answers: str) -> list[list[Row]]:
    """The rows in groups that may be under way together: never two of one key, and the answers last."""
    groups: defaultdict[int, list[Row]] = defaultdict(list)
    before: defaultdict[tuple[str, bytes], int] = defaultdict(int)
    last: list[Row] = []
    for row in rows:
        if row.record.topic == answers:
            last.append(row)
            continue
        key = (row.record.topic, row.record.key)
        groups[before[key]].append(row)
        before[key] += 1
    return [*(groups[number] for number in sorted(groups)), *([last] if last else [])]


async def _send(publisher: Publisher, wave: Sequence[Row], done: list[int]) -> None:
    """Publish one wave and wait for it; what was acknowledged is added to `done`, whatever becomes of the rest."""
    sent: list[tuple[int, asyncio.Future[Placed]]] = []
    failures: list[BaseException] = []
    for row in wave:
        record = row.record
        try:
            placed = await publisher.send(
                record.topic, record.key, record.value, record.headers, partition=record.target_partition
            )
        except (Unavailable, Reject) as error:
            failures.append(error)
            break
        sent.append((row.id, placed))
    for (id_, _), outcome in zip(
        sent, await asyncio.gather(*(placed for _, placed in sent), return_exceptions=True), strict=True
    ):
        if isinstance(outcome, BaseException):
            failures.append(outcome)
        else:
            done.append(id_)
    for failure in failures:
        if not isinstance(failure, (Unavailable, Unconfirmed)):
            raise Halt(f"a decided record cannot be published: {failure}") from failure
    if failures:
        raise Retry(f"Kafka does not take what was decided: {failures[0]}") from failures[0]


def _record(row: asyncpg.Record) -> Outgoing:
    parts = row["headers"]
    headers = [(name.decode(), content) for name, content in zip(parts[::2], parts[1::2], strict=True)]
    return Outgoing(row["topic"], row["key"], headers, row["value"], row["target_partition"])

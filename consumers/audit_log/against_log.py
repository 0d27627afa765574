"""Compares the chains with the facts in the log: what nobody noted elsewhere can still be known from there."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg

from consumers.audit_log import reading
from consumers.audit_log.handler import Entry, Head, Row, boards_of, chain_of, entry_of
from topics.bus.message import Message
from topics.bus.tail import Tail
from topics.runtime.settings import Settings

PAGE: Final = 500
# However long the log is: what is waited for is its end.
READ_SECONDS: Final = 24 * 3600.0
TOLD: Final = 20


class Comparison:
    """What is found wrong while the log is read; a bit for each entry that a fact was found for.

    Args:
        connection: in a transaction, so that everything is of one moment.
        heads: where the chains end that are asked about.
        places: up to where the consumer has read each partition.
    """

    def __init__(
        self, connection: asyncpg.Connection, heads: Mapping[str, Head], places: Mapping[tuple[str, int], int]
    ) -> None:
        self._connection = connection
        self._heads = heads
        self._places = places
        self._seen = {chain: bytearray(head.length // 8 + 1) for chain, head in heads.items()}
        self._page: list[Message] = []
        self.wrong: list[str] = []

    async def read(self, message: Message) -> None:
        """Take a record of the log; what the consumer has not read yet is none of its business."""
        if message.offset < self._places.get((message.topic, message.partition), 0):
            self._page.append(message)
        if len(self._page) >= PAGE:
            await self.settle()

    async def settle(self) -> None:
        """Compare what was taken."""
        page, self._page = self._page, []
        told = [entry_of(each.envelope, each.data) for each in page]
        homes = await reading.homes(self._connection, boards_of(told))
        rows = await reading.of_facts(self._connection, [entry.fact_id for entry in told])
        for each, entry in zip(page, told, strict=True):
            chain, row = chain_of(entry, homes), rows.get(entry.fact_id)
            if chain in self._heads:
                self._compare(chain, entry, row, f"{each.topic}/{each.partition} at offset {each.offset}")

    def end(self) -> None:
        """Everything was read: name the entries that no fact was found for."""
        for chain, head in self._heads.items():
            for seq in range(1, head.length + 1):
                if not self._seen[chain][seq // 8] >> seq % 8 & 1:
                    self._say(f"{chain}: entry {seq}: foreign: the log has no such fact")

    def _compare(self, chain: str, entry: Entry, row: Row | None, where: str) -> None:
        if row is None:
            self._say(f"{chain}: removed: {entry.type} {entry.fact_id} of {where} has no entry")
            return
        if row.chain == chain and row.seq <= self._heads[chain].length:
            self._seen[chain][row.seq // 8] |= 1 << row.seq % 8
        different = [name for name in Entry.__slots__ if getattr(entry, name) != getattr(row.entry, name)]
        if row.chain != chain:
            different.append("chain")
        if different:
            self._say(f"{row.chain}: entry {row.seq}: changed: {', '.join(different)} is not as in the log ({where})")

    def _say(self, line: str) -> None:
        if len(self.wrong) < TOLD:
            self.wrong.append(line)


async def compare(
    settings: Settings, topics: Sequence[str], connection: asyncpg.Connection, heads: Mapping[str, Head]
) -> Sequence[str]:
    """Read all facts on `topics` up to where the consumer stands; returns what is wrong in the chains of `heads`.

    Raises Unavailable when Kafka is not there.
    """
    comparison = Comparison(connection, heads, await reading.checkpoints(connection))
    tail = Tail(settings, topics, comparison.read, since_ms=0, name="audit")
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(tail.run(stopping))
        try:
            await tail.wait_fresh(READ_SECONDS)
        finally:
            stopping.set()
    await comparison.settle()
    comparison.end()
    return comparison.wrong

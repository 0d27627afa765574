"""One transaction of a decider: some records of one partition, in order."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from schemas.envelope import Envelope
from topics.bus.catalog import DEAD_LETTER_BYTES
from topics.bus.context import ConsumerContext
from topics.bus.dead_letters import dead_letter
from topics.bus.decide_checkpoints import move
from topics.bus.decide_entries import Entry
from topics.bus.decide_faults import passes
from topics.bus.decide_ledger import Ledger, request_of
from topics.bus.decide_locks import Lock, lock
from topics.bus.decide_outbox import Reached, add
from topics.bus.decide_records import Answer, Outgoing, answer_of, outgoing, refusal, reply
from topics.bus.decider import Decider
from topics.bus.failure import Death, Deaths
from topics.bus.message import Message
from topics.decisions import refuse
from topics.errors import Halt, Reject, Retry
from topics.runtime import tracing

# What a client learns of a bug: the rest is in the log and in the dead letter.
OUR_FAULT = "The server failed on this; it has been noted. Nothing happened."


class _HalfDone(Exception):
    """An entry failed when it may have written something, and there is no savepoint to go back to."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the partition stands before the transaction, and who says so."""

    topic: str
    partition: int
    generation: str
    next: int
    owner: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a transaction came: `done` entries are committed, `failure` is why the next one is not."""

    done: int
    next: int
    failure: Exception | None
    deaths: Deaths


@dataclass(slots=True)
class Batch:
    """Decides entries in one transaction."""

    context: ConsumerContext
    decider: Decider[Any]
    replies: int
    reached: Reached
    deaths: Deaths
    ledger: Ledger = field(default_factory=Ledger)

    async def run(self, connection: asyncpg.Connection, place: Place, entries: Sequence[Entry]) -> Outcome:
        """Decide entries up to the first that fails, and commit. Raises Fenced, and what passes (PASSING): nothing is done.

        A savepoint for each entry costs two round trips, and few entries need one: a refusal comes before the first
        write. So it is done without, and all of it again with savepoints when an entry fails later than that.
        """
        deaths = self.deaths
        try:
            return await self._run(connection, place, entries, deaths, savepoints=False)
        except _HalfDone:
            return await self._run(connection, place, entries, deaths, savepoints=True)

    async def _run(
        self,
        connection: asyncpg.Connection,
        place: Place,
        entries: Sequence[Entry],
        deaths: Deaths,
        *,
        savepoints: bool,
    ) -> Outcome:
        self.deaths, self.ledger = deaths.copy(), Ledger()
        failure: Exception | None = None
        done, end = 0, place.next
        records: list[Outgoing] = []
        async with connection.transaction():
            await self._move(connection, place, place.next, entries[-1].record.offset + 1)
            await self.reached("begun")
            await lock(connection, self._locks(entries))
            await self.ledger.read(connection, [each.message.envelope for each in entries if each.message is not None])
            for entry in entries:
                try:
                    records += await self._one(connection, entry, savepoints=savepoints)
                except _HalfDone:
                    raise
                except Exception as error:
                    if passes(error, connection):
                        raise
                    failure = error  # Retry, Halt or a bug: what is before it stays done
                    break
                done, end = done + 1, entry.record.offset + 1
            if failure is not None:
                await self._move(connection, place, entries[-1].record.offset + 1, end)
            await add(connection, place.topic, place.partition, records)
            await self.ledger.write(connection)
            await self.reached("decided")
        await self.reached("committed")
        return Outcome(done, end, failure, self.deaths)

    async def _move(self, connection: asyncpg.Connection, place: Place, old: int, new: int) -> None:
        await move(connection, place.topic, place.partition, place.generation, old=old, new=new, owner=place.owner)

    def _locks(self, entries: Sequence[Entry]) -> list[Lock]:
        """Those of all entries at once, so that transactions take theirs in one order."""
        names: list[Lock] = [name for each in entries for name in each.locks]
        for each in entries:
            request = request_of(each.message.envelope) if each.message is not None else None
            if request is not None:
                names.append(":".join(("request", self.context.manifest.name, *request)))
        return names

    async def _one(self, connection: asyncpg.Connection, entry: Entry, *, savepoints: bool) -> list[Outgoing]:
        if entry.death is not None:
            return self._bury(entry, entry.death)
        message = entry.message
        if message is None or message.data is None or message.type.name not in self.decider.handles:
            # It was read, and there is nothing to decide: what died before and after it did not die in a row.
            self.deaths.handled()
            return []
        tracing.bind(message.envelope.traceparent, message.envelope.id)
        answer = self.ledger.answer(message.envelope)
        if answer is not None:
            records = self._reply(message.envelope, answer)
        else:
            decide = self._decide if savepoints else self._decide_lightly
            records, answer = await decide(connection, message)
            self.ledger.remember(message.envelope, answer)
        self.deaths.handled()
        return records

    async def _decide_lightly(self, connection: asyncpg.Connection, action: Message) -> tuple[list[Outgoing], Answer]:
        """Without a savepoint. Raises _HalfDone where one is needed; Retry and Halt where nothing is written yet."""
        applying = False
        try:
            state = await self.decider.load(connection, action)
            decision = self.decider.decide(action, state)
            answer = answer_of(decision)
            records = outgoing(action.envelope, decision, self.context.manifest.name)
            records += self._reply(action.envelope, answer)
            if decision.facts or decision.refusal is None:
                applying = True
                await self.decider.apply(connection, action, state, decision)
        except Exception as error:
            if passes(error, connection):
                raise
            if applying or not isinstance(error, (Reject, Retry, Halt)):
                raise _HalfDone from error
            if not isinstance(error, Reject):
                raise
            answer = answer_of(refuse(error))
            return self._reply(action.envelope, answer), answer
        return records, answer

    async def _decide(self, connection: asyncpg.Connection, action: Message) -> tuple[list[Outgoing], Answer]:
        """In a savepoint: what fails is undone, and what came before it stays."""
        try:
            async with connection.transaction():
                state = await self.decider.load(connection, action)
                decision = self.decider.decide(action, state)
                answer = answer_of(decision)
                records = outgoing(action.envelope, decision, self.context.manifest.name)
                records += self._reply(action.envelope, answer)
                if decision.facts or decision.refusal is None:
                    await self.decider.apply(connection, action, state, decision)
                return records, answer
        except Reject as reason:
            answer = answer_of(refuse(reason))
        except asyncpg.UniqueViolationError:
            answer = answer_of(refuse(Reject("conflict", "This exists already.")))
        return self._reply(action.envelope, answer), answer

    def _reply(self, envelope: Envelope, answer: Answer) -> list[Outgoing]:
        record = reply(envelope, answer, self.context.manifest.name, self.replies)
        return [] if record is None else [record]

    def _bury(self, entry: Entry, death: Death) -> list[Outgoing]:
        self.deaths.died(death)
        record = entry.record
        generation = self.context.generations[record.topic].generation
        letter = dead_letter(self.context.manifest, record, death, generation=generation, at_ms=int(time.time() * 1000))
        self.context.log.error(
            "dead letter",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            code=death.code,
            reason=death.detail,
        )
        buried = [Outgoing.of(letter, DEAD_LETTER_BYTES)]
        if entry.envelope is None:
            return buried
        reason = Reject(death.code, death.detail, death.errors) if death.rejected else Reject("internal", OUR_FAULT)
        return [*buried, *self._reply(entry.envelope, refusal(reason))]

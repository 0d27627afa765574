"""A small decider on the real parts, for the suite of the `decide` engine; run as a program it dies where it is told.

It renames boards in a table of its own. The title says how it behaves: `bug …` fails, `no …` refuses, `only …` must be
unique, `later …` asks for another try until its board is in the table `ready`, `ask …` asks another board, `halt …` stops,
`prepared …` is at the step `prepared` while PostgreSQL has half a statement and waits for the rest.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog.testing
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord, TopicPartition

from schemas.codec import decode
from schemas.envelope import Envelope, from_headers, to_headers
from schemas.ids import new_id
from schemas.registry import registry
from tests.kernel.harness import patient
from tests.kernel.places import stand_decider_at_end
from topics.bus.admin import apply_topics
from topics.bus.clients import kafka_options
from topics.bus.context import open_context
from topics.bus.decide import decide, nowhere
from topics.bus.decide_outbox import Reached
from topics.bus.generations import read_generations
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.bus.publish import Placed, Publisher
from topics.decisions import Ask, Decision, Fact, numbered, refuse
from topics.errors import Halt, Reject, Retry
from topics.migrations import migrate
from topics.runtime.health import Health
from topics.runtime.service import Service
from topics.runtime.settings import Settings

TABLES = """
create table boards (board_id uuid primary key, title text not null, revision bigint not null, runs bigint not null);
create unique index boards_only on boards (title) where title like 'only%';
create table ready (board_id uuid primary key);
"""
REPLIES = 3
ABANDONED = {"idle_in_transaction_session_timeout": "1s", "transaction_timeout": "3s"}
LIMIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Renamer:
    """The rules of the small decider."""

    reached: Reached = nowhere
    handles: frozenset[str] = frozenset({"boards.rename_board", "identity.user_erased"})

    def locks(self, action: Message) -> list[str]:
        # Half a character is no name that can be locked, and the locks of a transaction are taken in one step.
        return ["\ud800"] if action.data.get("title") == "poison" else []

    async def load(self, connection: asyncpg.Connection, action: Message) -> Any:
        if action.type.name == "identity.user_erased":
            return 0
        board_id = action.data["board_id"]
        if action.data["title"].startswith("later") and not await connection.fetchval(
            "select exists(select from ready where board_id = $1)", board_id
        ):
            raise Retry("not ready", after=0.1)
        if action.data["title"].startswith("prepared"):
            # asyncpg ends this with a flush and no sync: for PostgreSQL the session is at work, not idle.
            await connection.prepare("select title from boards where board_id = $1")
            await self.reached("prepared")
        return await connection.fetchval("select revision from boards where board_id = $1", board_id) or 0

    def decide(self, action: Message, state: int) -> Decision:
        if action.type.name == "identity.user_erased":
            return Decision(asks=(Ask("boards.trash_board", {"board_id": action.data["user_id"]}),))
        title = action.data["title"]
        match title.split()[0]:
            case "bug":
                raise RuntimeError("a bug of this decider")
            case "no":
                return refuse(Reject("forbidden", "No."))
            case "never":
                return refuse(Reject("gone", "Never."))
            case "halt":
                raise Halt("a person has to look")
        return Decision(facts=numbered(state, [Fact("boards.board_renamed", dict(action.data))]))

    async def apply(self, connection: asyncpg.Connection, action: Message, state: int, decision: Decision) -> None:
        for fact in decision.facts:
            await connection.execute(
                "insert into boards values ($1, $2, $3, 1) on conflict (board_id)"
                " do update set title = excluded.title, revision = excluded.revision, runs = boards.runs + 1",
                fact.data["board_id"],
                fact.data["title"],
                fact.data["revision"],
            )


def manifest_of(name: str) -> Manifest:
    return Manifest(
        name=name,
        about="a decider of tests",
        engine="decide",
        reads=("boards.actions", "identity.facts"),
        writes=("boards.facts",),
        stores=("postgres",),
        on_failure={"attempts": 2, "backoff": "50ms", "backoff_max": "200ms", "dead_letter_limit": {"consecutive": 5}},
    )


@dataclass
class Desk:
    """A small decider with tables of its own, the log since it was made, and a hand that sends actions."""

    settings: Settings
    name: str
    connection: asyncpg.Connection
    publisher: Publisher
    log: "Log"

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Settings, folder: Path) -> AsyncIterator["Desk"]:
        name = f"renamer_{secrets.token_hex(4)}"
        manifest = manifest_of(name)
        (folder / name / "migrations").mkdir(parents=True)
        (folder / name / "migrations" / "001_boards.sql").write_text(TABLES)
        await apply_topics(settings, [manifest])
        await migrate(settings, {name: manifest}, folder)
        connection = await asyncpg.connect(settings.postgres_dsn, server_settings={"search_path": name})
        topics = ["boards.facts", "boards.actions", "platform.replies", f"{name}.dlq"]
        async with patient(settings) as publisher, Log.open(settings, topics) as log:
            desk = cls(settings, name, connection, publisher, log)
            await desk._begin_at_the_end(manifest)
            try:
                yield desk
            finally:
                await connection.close()

    async def _begin_at_the_end(self, manifest: Manifest) -> None:
        """Other tests' records are none of its business."""
        await stand_decider_at_end(self.settings, manifest)

    @contextlib.asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator["Running"]:
        async with contextlib.AsyncExitStack() as stack:
            chosen = self.settings.model_copy(update=settings)
            health = Health()
            health.starting(self.name)
            context = await open_context(manifest_of(self.name), chosen, health, stack)
            stopping = asyncio.Event()
            task = asyncio.create_task(decide(context, Renamer(), abandoned_after=ABANDONED).run(stopping))
            self.log.watched.add(task)
            try:
                yield Running(task, context.health, stopping)
            finally:
                stopping.set()
                await asyncio.wait({task}, timeout=LIMIT_SECONDS)
                self.log.watched.discard(task)
                if not task.done() or not task.exception():
                    await task

    @contextlib.asynccontextmanager
    async def process(
        self, environment: dict[str, str], step: str, number: int, **variables: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """The decider as a process of its own, which sends itself a signal when it reaches `step` first."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.kernel.deciding",
            self.name,
            step,
            str(number),
            env={**os.environ, **environment, **variables},
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                await process.wait()

    async def rename(self, title: str, board_id: str | None = None, **envelope: Any) -> Envelope:
        """Ask for a title; the board is the action's own id where none is given."""
        sent = rename(title, board_id, **envelope)
        await self.send(sent, {"board_id": sent.subject, "title": title})
        return sent

    async def send(self, envelope: Envelope, data: Any) -> Placed:
        return await self.publisher.publish(envelope, data)

    async def answer(self, envelope: Envelope) -> dict[str, Any]:
        """The answer to an action, with everything that stood in the log before it read as well."""
        found = await self.log.until(lambda log: log.answers(envelope.id))
        return found[0]


@pytest.fixture
async def desk(own_settings: Settings, tmp_path: Path) -> AsyncIterator[Desk]:
    """A small decider of the test's own."""
    # Tracebacks of bugs on purpose, drawn for people, would take longer than the tests.
    with structlog.testing.capture_logs():
        async with Desk.open(own_settings, tmp_path) as desk:
            yield desk


@dataclass
class Running:
    """A decider at work in this process."""

    task: "asyncio.Task[None]"
    health: Health
    stopping: asyncio.Event


def rename(title: str, board_id: str | None = None, **envelope: Any) -> Envelope:
    board_id = board_id or new_id()
    return envelope_of("boards.rename_board", board_id, **envelope)


def envelope_of(name: str, key: str, **more: Any) -> Envelope:
    """An envelope of now, waiting for an answer."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
    id_ = more.pop("id", None) or new_id()
    settings = {"time": stamp, "correlationid": id_, "replyto": f"platform.replies/{REPLIES}", "source": "test"}
    mt = registry().get(name)
    return Envelope(**{**settings, "id": id_, "type": name, "subject": key, "dataschema": mt.dataschema, **more})


@dataclass
class Log:
    """What came to stand on some topics since it was opened."""

    reader: AIOKafkaConsumer
    records: list[ConsumerRecord] = field(default_factory=list)
    watched: "set[asyncio.Task[None]]" = field(default_factory=set)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Settings, topics: Sequence[str]) -> AsyncIterator["Log"]:
        reader = AIOKafkaConsumer(**kafka_options(settings), auto_offset_reset="latest")
        await reader.start()
        generations = await read_generations(settings)
        places = [TopicPartition(topic, number) for topic in topics for number in range(generations[topic].partitions)]
        reader.assign(places)
        for place, end in (await reader.end_offsets(places)).items():
            reader.seek(place, end)
        try:
            yield cls(reader)
        finally:
            await reader.stop()

    async def poll(self) -> None:
        for new in (await self.reader.getmany(timeout_ms=50)).values():
            self.records += new

    async def until(self, found: Callable[["Log"], Any]) -> Any:
        """Read on until `found` gives something, and then all that stands before it: partitions come in any order.

        Raises what ended a decider that is watched, when it told nothing of the kind before it ended.
        """
        async with asyncio.timeout(LIMIT_SECONDS):
            while not found(self):
                ended = [task for task in self.watched if task.done()]
                await self.poll()
                if ended:
                    await self.settled()
                    if not found(self):
                        for task in ended:
                            task.result()
            await self.settled()
            return found(self)

    async def settled(self, sent: Placed | None = None) -> None:
        """Read everything that is there now."""
        ends = await self.reader.end_offsets(self.reader.assignment())
        async with asyncio.timeout(LIMIT_SECONDS):
            while any([await self.reader.position(place) < end for place, end in ends.items()]):
                await self.poll()

    def of(self, topic: str) -> list[tuple[Envelope, Any]]:
        """Envelopes and data on a topic, as they came."""
        return [
            (from_headers(record.headers), None if record.value is None else decode(record.value))
            for record in self.records
            if record.topic == topic
        ]

    def answers(self, action_id: str) -> list[dict[str, Any]]:
        return [data for _, data in self.of("platform.replies") if data["action_id"] == action_id]

    def facts(self, board_id: str) -> list[tuple[Envelope, Any]]:
        return [(envelope, data) for envelope, data in self.of("boards.facts") if envelope.subject == board_id]

    def dead(self, name: str) -> list[ConsumerRecord]:
        return [record for record in self.records if record.topic == f"{name}.dlq"]


async def raw(publisher: Publisher, topic: str, key: bytes, value: bytes | None, envelope: Envelope | None) -> Placed:
    """A record that nobody checks."""
    headers = [] if envelope is None else to_headers(envelope)
    return await (await publisher.send(topic, key, value, headers))


async def main(name: str, step: str, number: str) -> None:
    """Run the decider until it reaches `step`, then send this process signal `number`."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)

    async def reached(at: str) -> None:
        nonlocal step
        if at == step:
            step = ""
            sys.stdout.write("reached\n")
            sys.stdout.flush()
            os.kill(os.getpid(), int(number))

    async with contextlib.AsyncExitStack() as stack:
        context = await open_context(manifest_of(name), Settings(), Health(), stack)
        service: Service = decide(context, Renamer(reached), reached=reached, abandoned_after=ABANDONED)
        await service.run(stopping)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

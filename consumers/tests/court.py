"""The deciders on a PostgreSQL of their own without a bus: actions in, facts and answers out, follow-ups delivered.

The engine's own transaction runs them; that it runs once per record, on Kafka, is proven beside the engine.
"""

import asyncio
import contextlib
import secrets
import time as clock
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import asyncpg
import structlog

from consumers import discovery
from consumers.board_decider.decider import BoardDecider
from consumers.comment_decider.decider import CommentDecider
from consumers.file_decider.decider import FileDecider
from consumers.file_decider.settings import QuotaSettings
from consumers.identity_decider.decider import IdentityDecider
from consumers.webhook_decider.decider import WebhookDecider
from consumers.workspace_decider.decider import WorkspaceDecider
from schemas import codec
from schemas.envelope import Envelope, from_headers, to_headers
from schemas.ids import new_id, personal_workspace_id
from schemas.keyring import Keyring
from schemas.problems import pointed
from schemas.registry import registry
from schemas.sealing import seal
from schemas.webhooks.addresses import Rules
from topics.bus.context import ConsumerContext
from topics.bus.decide import nowhere
from topics.bus.decide_batch import Batch, Place
from topics.bus.decide_checkpoints import claim
from topics.bus.decide_entries import Entry
from topics.bus.decider import Decider
from topics.bus.failure import Deaths
from topics.bus.generations import Generation
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.bus.publish import partition_for
from topics.bus.records import Raw, decode
from topics.migrations import migrate
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

PARTITIONS = 3
GENERATION = "court"
DECIDERS = (
    "identity_decider",
    "board_decider",
    "workspace_decider",
    "comment_decider",
    "file_decider",
    "webhook_decider",
)
READ = ("board_store", "webhook_export")
QUOTA_BYTES = 1000
MILLISECONDS = timedelta(milliseconds=1)
Fact = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of an action: the answer, and everything that was told on the way, follow-ups included."""

    answer: Mapping[str, Any]
    told: Sequence[Fact]
    envelopes: Sequence[Envelope] = ()

    @property
    def code(self) -> str | None:
        """The code of a refusal."""
        return self.answer.get("code")

    @property
    def names(self) -> list[str]:
        """The types that were told, without their domain."""
        return [name.partition(".")[2] for name, _ in self.told]

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        """The data of the one fact of that name."""
        (found,) = [data for each, data in self.told if each.partition(".")[2] == name]
        return found


@dataclass
class Bench:
    """One decider, its tables and where it stands."""

    manifest: Manifest
    decider: Decider[Any]
    pool: asyncpg.Pool
    owner: str = field(default_factory=new_id)
    places: dict[tuple[str, int], int] = field(default_factory=dict)
    read: int = 0


@dataclass
class Court:
    """All deciders."""

    settings: Settings
    keyring: Keyring
    benches: list[Bench]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def later(self, **delta: float) -> None:
        """Let time pass."""
        self.now += timedelta(**delta)

    async def say(self, name: str, data: Mapping[str, Any], *, actor: str | None = None, **envelope: Any) -> Verdict:
        """Have an action decided, and everything that follows from it; secrets that are in clear are sealed first."""
        self.now += MILLISECONDS
        mt = registry().get(name)
        envelope["id"] = envelope.get("id") or new_id()
        clear = {field: data[field] for field in mt.sealed if isinstance(data.get(field), str)}
        data = {**data, **{field: self.sealed(name, envelope["id"], text, field) for field, text in clear.items()}}
        codec.validate(mt, dict(data))
        sent = self.envelope(name, str(pointed(dict(data), mt.key or "")), actor=actor, **envelope)
        return await self.hear(sent, data)

    def envelope(self, name: str, key: str, **more: Any) -> Envelope:
        """An envelope of the court's now."""
        id_ = more.pop("id", None) or new_id()
        stamp = self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        settings = {"time": stamp, "correlationid": id_, "replyto": "platform.replies/0", "source": "test"}
        dataschema = registry().get(name).dataschema
        return Envelope(**{**settings, "id": id_, "type": name, "subject": key, "dataschema": dataschema, **more})

    async def hear(self, sent: Envelope, data: Mapping[str, Any]) -> Verdict:
        """The same for an envelope that may have been heard before."""
        told: list[Fact] = []
        envelopes: list[Envelope] = []
        answer: Mapping[str, Any] = {}
        waiting = [(registry().get(sent.type).topic or "", sent, dict(data))]
        while waiting:
            topic, envelope, content = waiting.pop(0)
            for bench in self.benches:
                if topic not in bench.manifest.reads:
                    continue
                for out_topic, out, out_data in await self.decide(bench, topic, envelope, content):
                    if out_topic == "platform.replies":
                        if out_data["action_id"] == sent.id:
                            answer = out_data
                        continue
                    if not out_topic.endswith(".actions"):
                        told.append((out.type, out_data))
                        envelopes.append(out)
                    waiting.append((out_topic, out, out_data))
        return Verdict(answer, told, envelopes)

    async def decide(
        self, bench: Bench, topic: str, envelope: Envelope, data: Mapping[str, Any] | None
    ) -> list[tuple[str, Envelope, Any]]:
        """One transaction of one decider; what it would publish."""
        partition = partition_for(envelope.subject.encode(), PARTITIONS)
        offset = bench.places.get((topic, partition), 0)
        bench.places[topic, partition] = offset + 1
        record = Raw(
            topic,
            partition,
            offset,
            int(clock.time() * 1000),
            envelope.subject.encode(),
            None if data is None else codec.encode(dict(data)),
            tuple(to_headers(envelope)),
        )
        message = decode(record, GENERATION)
        locks = bench.decider.locks(message) if self._handled(bench, message) else []
        context = cast("ConsumerContext", _Context(bench.manifest, _Everything(), structlog.get_logger()))
        batch = Batch(context, bench.decider, PARTITIONS, nowhere, Deaths(bench.manifest.on_failure.dead_letter_limit))
        async with bench.pool.acquire() as connection:
            # Each record is a partition's whole life here, so that any number may be decided at once.
            owner = new_id()
            place = Place(topic, offset * PARTITIONS + partition, GENERATION, -1, owner)
            await claim(connection, topic, place.partition, GENERATION, owner)
            while True:
                try:
                    outcome = await batch.run(connection, place, [Entry(record, message, envelope, locks=locks)])
                except asyncpg.TransactionRollbackError:
                    continue  # of two that wait for each other PostgreSQL ends one, and the engine does it again
                break
            if outcome.failure is not None:
                raise outcome.failure
            rows = await connection.fetch(
                "update outbox set published_at = now() where source_topic = $1 and source_partition = $2"
                " and published_at is null returning id, topic, headers, value",
                topic,
                place.partition,
            )
        found = []
        for row in sorted(rows, key=lambda row: row["id"]):
            parts = row["headers"]
            headers = [(name.decode(), content) for name, content in zip(parts[::2], parts[1::2], strict=True)]
            content = None if row["value"] is None else codec.decode(row["value"])
            found.append((row["topic"], from_headers(headers), content))
        return found

    def _handled(self, bench: Bench, message: Message) -> bool:
        return message.data is not None and message.type.name in bench.decider.handles

    async def rows(self, query: str, *arguments: object) -> list[dict[str, Any]]:
        """What a reader of views sees."""
        async with self.benches[0].pool.acquire() as connection:
            return [dict(row) for row in await connection.fetch(query, *arguments)]

    async def dump(self) -> dict[str, list[str]]:
        """Everything in the deciders' own tables."""
        found = {}
        for bench in self.benches:
            schema = bench.manifest.name
            async with bench.pool.acquire() as connection:
                tables = await connection.fetch(
                    "select table_name from information_schema.tables where table_schema = $1"
                    " and table_type = 'BASE TABLE' and table_name not in ('checkpoint', 'inbox', 'outbox')",
                    schema,
                )
                for (table,) in tables:
                    content = await connection.fetch(f'select t::text from "{schema}"."{table}" t order by 1')
                    found[f"{schema}.{table}"] = [row[0] for row in content]
        return found

    # What the edge would do.

    def sealed(self, name: str, action_id: str, secret: str, field: str = "password") -> dict[str, Any]:
        """A secret as the edge seals it."""
        return dict(seal(self.keyring, name, field, action_id, secret))

    async def register(self, name: str = "Ada", email: str | None = None) -> "Someone":
        """A new person."""
        person = someone(email)
        verdict = await self.try_to_register(person, name)
        assert verdict.answer["status"] == "accepted", verdict.answer
        return person

    async def try_to_register(self, person: "Someone", name: str = "Ada") -> Verdict:
        """The same, whatever comes of it."""
        data = {
            "user_id": person.user_id,
            "email": person.email,
            "name": name,
            "session_id": person.session_id,
            "password": "hash of " + name,
        }
        return await self.say("identity.register_user", data)

    async def board(self, owner: "Someone", title: str = "Plane", **data: Any) -> str:
        """A new board."""
        board_id = new_id()
        data = {"board_id": board_id, "title": title, **data}
        verdict = await self.say("boards.create_board", data, actor=owner.user_id)
        assert verdict.answer["status"] == "accepted", verdict.answer
        return board_id

    async def grant(self, owner: "Someone", board_id: str, user: "Someone", role: str) -> Verdict:
        """A role for somebody."""
        data = {"board_id": board_id, "user_id": user.user_id, "role": role}
        return await self.say("boards.grant_role", data, actor=owner.user_id)

    async def roles(self, board_id: str) -> set[tuple[str, str, str]]:
        """Who has which role on a board, and why."""
        rows = await self.rows(
            "select user_id::text, role, via from board_decider.roles_v1 where board_id = $1", board_id
        )
        return {(row["user_id"], row["role"], row["via"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Someone:
    """A registered person."""

    user_id: str
    email: str
    session_id: str
    workspace_id: str


def someone(email: str | None = None) -> Someone:
    """Somebody who may register."""
    user_id = new_id()
    return Someone(user_id, email or f"{secrets.token_hex(6)}@example.org", new_id(), personal_workspace_id(user_id))


@dataclass(frozen=True, slots=True)
class _Context:
    manifest: Manifest
    generations: Mapping[str, Generation]
    log: Any


class _Everything(dict[str, Generation]):
    def __missing__(self, topic: str) -> Generation:
        return Generation(GENERATION, PARTITIONS)


@contextlib.asynccontextmanager
async def sitting(dsn: str, folder: Path) -> AsyncIterator[Court]:
    """A court with a database of its own on a server."""
    name = f"court_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(dsn)
    await admin.execute(f'create database "{name}"')
    settings = Settings(postgres_dsn=f"{dsn.rpartition('/')[0]}/{name}", keyring_file=folder / "keyring.json")
    keyring = Keyring.create(settings.keyring_file)
    try:
        async with contextlib.AsyncExitStack() as stack:
            manifests = {each: discovery.manifest(each) for each in DECIDERS}
            # Deciders read the views of others too: what is on a board, which deliveries are kept.
            read = {each: discovery.manifest(each) for each in READ}
            await migrate(settings, {**read, **manifests}, discovery.FOLDER)
            benches = []
            deciders: dict[str, Decider[Any]] = {
                "identity_decider": IdentityDecider(keyring),
                "board_decider": BoardDecider(keyring),
                "workspace_decider": WorkspaceDecider(keyring),
                "comment_decider": CommentDecider(keyring),
                "file_decider": FileDecider(QuotaSettings(quota_bytes=QUOTA_BYTES)),
                "webhook_decider": WebhookDecider(keyring, Rules(ports=frozenset({443, 8443}))),
            }
            for each, decider in deciders.items():
                import_module(f"consumers.{each}.app")  # the wiring at least imports
                pool = await stack.enter_async_context(
                    await postgres_pool(settings, f"doska_{each}", max_size=12, server_settings={"search_path": each})
                )
                benches.append(Bench(manifests[each], decider, pool))
            yield Court(settings, keyring, benches)
    finally:
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()


async def at_once(*sayings: Any) -> list[Verdict]:
    """Have several decided at the same time."""
    return list(await asyncio.gather(*sayings))

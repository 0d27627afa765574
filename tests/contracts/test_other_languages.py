"""The consumer in Node reads the same topics by the same schema files, and keeps what a consumer promises."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from compose import nodejs
from compose.embedded.stack import Stack
from compose.webclient import ensure_packages, with_node_first
from consumers.discovery import names
from schemas.envelope import Envelope
from schemas.ids import new_id
from tests.stack import settings_from
from topics.bus.admin import apply_topics
from topics.bus.catalog import dead_letters_of
from topics.bus.clients import reader
from topics.bus.cluster import cluster
from topics.bus.dead_letters import reason_of
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parents[2] / "consumers" / "examples" / "node"
LIMIT_SECONDS = 60


@pytest.fixture
async def settings(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    """A Kafka of its own: what is poison here would be poison to the product's consumers too."""
    stack = Stack(tmp_path_factory.mktemp("kafka"), ports="free", parts=("kafka",))
    await stack.start()
    try:
        settings = settings_from(stack.environment(), Settings)
        await apply_topics(settings, [])
        yield settings
    finally:
        await stack.stop()


@dataclass
class Node:
    """The example at work, and the lines it has printed."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))

    async def titles(self, board_id: str, *wanted: str) -> None:
        """Wait until it has told exactly these titles of a board, in this order."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while self.of(board_id) != list(wanted):
                assert self.process.returncode is None, self.of(board_id)
                await asyncio.sleep(0.1)

    def of(self, board_id: str) -> list[str]:
        return [line["title"] for line in self.lines if line["board_id"] == board_id]


@asynccontextmanager
async def running(settings: Settings, group: str, log: Path) -> AsyncIterator[Node]:
    node = nodejs.find()
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            str(node.node),
            "board_titles.mjs",
            settings.kafka_bootstrap,
            group,
            cwd=FOLDER,
            env=with_node_first(node),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    at_work = Node(process)
    reading = asyncio.create_task(at_work.read())
    try:
        yield at_work
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


def fact(board_id: str, title: str, revision: int, **changes: Any) -> tuple[Envelope, dict[str, Any]]:
    this = new_id()
    envelope = Envelope(
        id=this,
        type="boards.board_renamed",
        source="tests",
        time="2026-01-02T03:04:05.678Z",
        subject=board_id,
        dataschema="boards.board_renamed/1",
        correlationid=this,
    )
    return envelope, {"board_id": board_id, "title": title, "revision": revision, **changes}


async def dead(settings: Settings, topic: str) -> list[dict[str, str]]:
    async with reader(settings, "dead") as consumer:
        consumer.subscribe([topic])
        found: list[dict[str, str]] = []
        async with asyncio.timeout(LIMIT_SECONDS):
            while not found:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [dict(reason_of(record.headers)) for record in records]
        return found


async def test_history_repeats_poison_and_a_kill_in_another_language(settings: Settings, tmp_path: Path) -> None:
    await ensure_packages(FOLDER, tmp_path / "packages.log")
    group, board_id, log = f"titles_{secrets.token_hex(3)}", new_id(), tmp_path / "log"
    letters = dead_letters_of(group)
    async with cluster(settings) as kafka:
        await kafka.create(letters.name, 1, 1, letters.configs(settings))
    async with Publisher(settings, "tests") as publisher:
        first = fact(board_id, "First", 2)
        await publisher.publish(*first)

        async with running(settings, group, log) as node:
            await node.titles(board_id, "First")
            await publisher.publish(*first)
            headers = [("ce_dataschema", b"boards.board_renamed/1")]
            bad = json.dumps({"board_id": board_id, "title": 7, "revision": 3}).encode()
            poison = await (await publisher.send("boards.facts", board_id.encode(), bad, headers))
            await publisher.publish(*fact(board_id, "Second", 4))
            await node.titles(board_id, "First", "Second")
            [letter] = [each for each in await dead(settings, letters.name) if each["offset"] == str(poison.offset)]
            assert "title" in letter["reason"]
            node.process.kill()

        await publisher.publish(*fact(board_id, "Third", 5))
        async with running(settings, group, log) as node:
            async with asyncio.timeout(LIMIT_SECONDS):
                while "Third" not in node.of(board_id):
                    assert node.process.returncode is None, log.read_text()
                    await asyncio.sleep(0.1)
            assert node.of(board_id)[-1] == "Third"
            assert "First" not in node.of(board_id), "what was committed before the kill came again"
            node.process.terminate()
            async with asyncio.timeout(LIMIT_SECONDS):
                assert await node.process.wait() == 0, log.read_text()


def test_an_example_is_not_found_as_a_consumer_of_the_product() -> None:
    assert "examples" not in names()

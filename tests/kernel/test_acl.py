"""A Kafka that is closed: only an edge writes ops, and everybody else does what his manifest says and nothing more."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from aiokafka.structs import TopicPartition

from compose.embedded.kafka_access import Access
from compose.embedded.stack import Stack
from consumers.discovery import manifests
from schemas.envelope import to_headers
from schemas.ids import new_id
from tests.kernel.engines import ENGINES, Engine
from tests.kernel.harness import Stage, envelope, until
from tests.stack import settings_from
from topics.bus.acl import Rule
from topics.bus.acl_requests import apply_acl, opened, plan_acl
from topics.bus.admin import apply_topics, plan_topics
from topics.bus.clients import kafka_options, reader
from topics.bus.cluster import cluster
from topics.bus.ends import Ends
from topics.bus.generations import read_generations
from topics.bus.manifest import Manifest
from topics.bus.publish import Publisher
from topics.errors import Misconfigured, Unavailable
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

OPS = "boards.ops"
REAL = manifests()
OTHERS = ["jobs", "consumers", *sorted(REAL)]


@dataclass(frozen=True)
class Closed:
    """A closed Kafka, with consumers whose folders nobody told it of."""

    environment: Mapping[str, str]
    access: Access
    manifests: Mapping[str, Manifest]

    def as_user(self, name: str) -> Settings:
        """Settings of a process that is this user."""
        return settings_from({**self.environment, **self.access.environment(name)}, Settings)

    @property
    def admin(self) -> Settings:
        """Settings of the super user."""
        return self.as_user(self.access.superuser)


def newcomer(engine: Engine) -> str:
    return f"newcomer_{engine.name}"


@pytest.fixture(scope="module")
async def closed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Closed]:
    """The topics made by the super user, and the rules."""
    folder: Path = tmp_path_factory.mktemp("consumers")
    for engine in ENGINES.values():
        (folder / newcomer(engine)).mkdir()
        (folder / newcomer(engine) / "consumer.yaml").write_text(
            f"about: A folder that appeared.\nengine: {engine.name}\nreads: [boards.actions]\n"
            "on_failure: {attempts: 2, backoff: 10ms}\n"
        )
    all_of_them = REAL | manifests(folder)
    users = ["admin", *(f"doska-{each}" for each in ("edge", *OTHERS, *manifests(folder)))]
    access = Access("admin", {each: f"{each}-secret" for each in users})
    stack = Stack(tmp_path_factory.mktemp("closed"), ports="free", parts=("kafka", "postgres"), kafka_access=access)
    await stack.start()
    try:
        closed = Closed(stack.environment(), access, all_of_them)
        await apply_topics(closed.admin, list(all_of_them.values()))
        await apply_acl(closed.admin, list(all_of_them.values()))
        await shown(closed, [])
        yield closed
    finally:
        await stack.stop()


async def records(closed: Closed, topic: str) -> int:
    async with cluster(closed.admin) as kafka:
        found = await kafka.topics([topic])
        return (await kafka.records({topic: found[topic].partitions}))[topic][1]


async def shown(closed: Closed, expected: list[tuple[str, Rule]]) -> None:
    """Wait until this is what is to be done; the broker hears of rules after its controller has answered."""

    async def planned() -> bool:
        changes = await plan_acl(closed.admin, list(closed.manifests.values()))
        return [(each.kind, each.rule) for each in changes] == expected

    await until(planned, f"the plan {expected}")


async def write(settings: Settings, topic: str) -> None:
    board = new_id()
    async with Publisher(settings, "tests") as publisher:
        await (await publisher.send(topic, board.encode(), b"{}", to_headers(envelope(board))))


async def test_an_edge_writes_ops(closed: Closed) -> None:
    before = await records(closed, OPS)

    await write(closed.as_user("doska-edge"), OPS)

    assert await records(closed, OPS) == before + 1


@pytest.mark.parametrize("who", OTHERS)
async def test_nobody_else_writes_ops_and_is_told_so(closed: Closed, who: str) -> None:
    before = await records(closed, OPS)

    with pytest.raises(Unavailable, match=rf"Kafka does not let doska-{who} write boards\.ops"):
        await write(closed.as_user(f"doska-{who}"), OPS)

    assert await records(closed, OPS) == before


async def test_a_publisher_that_was_refused_still_publishes_what_it_may(closed: Closed) -> None:
    board, settings = new_id(), closed.as_user("doska-board_store")
    before = await records(closed, "board_store.dlq")
    async with Publisher(settings, "tests") as publisher:
        with pytest.raises(Unavailable, match="does not let"):
            await (await publisher.send(OPS, board.encode(), b"{}", to_headers(envelope(board))))

        await (await publisher.send("board_store.dlq", b"key", b"{}", to_headers(envelope(board))))

    assert await records(closed, "board_store.dlq") == before + 1


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
async def test_a_consumer_works_with_the_rights_that_follow_from_its_folder(closed: Closed, engine: Engine) -> None:
    manifest = closed.manifests[newcomer(engine)]
    own = closed.as_user(f"doska-{manifest.name}")
    await engine.prepare(own, manifest)
    async with Publisher(closed.as_user("doska-edge"), "tests") as publisher:
        told, admin = Stage(own, publisher), Stage(closed.admin, publisher)
        async with told.running(engine, manifest) as consumer:
            await told.say("one")
            await told.send(b"junk")
            (placed,) = await told.say("two")

            await until(lambda: consumer.handled == ["one", "two"])
            await until(lambda: admin.passed(manifest.name, placed), "the group's commit")
            letters = await admin.dead(manifest.name)

    assert [each["value"] for each in letters] == [b"junk"]


async def test_what_a_consumer_does_not_declare_it_cannot_read(closed: Closed) -> None:
    settings = closed.as_user("doska-newcomer_batch")
    await write(closed.as_user("doska-edge"), OPS)
    async with reader(settings, "tests") as consumer:
        assert OPS not in await consumer.topics()
    consumer = AIOKafkaConsumer(OPS, **kafka_options(settings), group_id="newcomer_batch")
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await consumer.start()
    finally:
        await consumer.stop()


async def test_a_consumer_cannot_move_the_place_of_another(closed: Closed) -> None:
    settings = closed.as_user("doska-newcomer_batch")
    consumer = AIOKafkaConsumer(**kafka_options(settings), group_id="board_store")
    consumer.assign([TopicPartition("boards.actions", 0)])
    await consumer.start()
    try:
        with pytest.raises(GroupAuthorizationFailedError):
            await consumer.commit({TopicPartition("boards.actions", 0): 7})
    finally:
        await consumer.stop()


async def test_twice_is_once_and_the_user_of_jobs_may_do_both(closed: Closed) -> None:
    jobs, all_of_them = closed.as_user("doska-jobs"), list(closed.manifests.values())

    assert await apply_acl(closed.admin, all_of_them) == []
    assert await plan_acl(jobs, all_of_them) == []
    assert await plan_topics(jobs, all_of_them) == []


async def test_a_rule_too_many_is_removed_and_one_of_a_stranger_is_told(closed: Closed) -> None:
    all_of_them = list(closed.manifests.values())
    ours = Rule("User:doska-board_store", "topic", OPS, "write")
    theirs = Rule("User:intruder", "topic", "boards.", "write", pattern="prefixed")
    async with opened(closed.admin) as acls:
        await acls.allow(ours)
        await acls.allow(theirs)
        try:
            await shown(closed, [("remove", ours), ("problem", theirs)])
            changes = await apply_acl(closed.as_user("doska-jobs"), all_of_them)

            assert [(each.kind, each.rule) for each in changes] == [("remove", ours), ("problem", theirs)]
        finally:
            await acls.remove(theirs)
    await shown(closed, [])


async def test_only_who_provisions_may_give_rights(closed: Closed) -> None:
    with pytest.raises(Misconfigured, match="by doska-edge: only doska-jobs or a super user"):
        await plan_acl(closed.as_user("doska-edge"), list(closed.manifests.values()))


async def test_a_wrong_password_is_one_sentence(closed: Closed) -> None:
    wrong = settings_from(
        {**closed.environment, **closed.access.environment("doska-edge"), "DOSKA_KAFKA_SASL_PASSWORD": "guess"},
        Settings,
    )
    text = "does not know the user doska-edge with this password: see DOSKA_KAFKA_SASL_USERNAME"

    with pytest.raises(Unavailable, match=text):
        await Publisher(wrong, "tests").start()
    with pytest.raises(Unavailable, match=text):
        await read_generations(wrong)
    with pytest.raises(Unavailable, match=text):
        await Ends(wrong, "tests").of(OPS, 0)
    with pytest.raises(Unavailable, match=text):
        await plan_topics(wrong, [])
    with pytest.raises(Unavailable, match=text):
        await plan_acl(wrong, [])


async def test_a_kafka_without_rules_is_called_open(own_settings: Settings) -> None:
    with pytest.raises(Misconfigured, match=r"checks nobody.*topics/README\.md says how to close it"):
        await plan_acl(own_settings, [])

"""Checks against the real store of objects: killed in between, done twice, the store away."""

import contextlib
import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest

from consumers.file_checker.checking import Checking
from consumers.file_checker.settings import CheckSettings
from consumers.file_checker.store import FileStore
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.registry import registry
from tests.edge.samples import png, svg
from tests.stack import Parts, settings_from
from topics import files
from topics.bus.message import Message
from topics.errors import Retry, Unconfirmed
from topics.runtime.object_store import ObjectMissing, ObjectStore
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration
Json = dict[str, Any]


@dataclass
class Log:
    """Where findings go; it may be gone when they come."""

    dead: bool = False
    told: list[tuple[Envelope, Json]] = field(default_factory=list)

    async def publish(self, envelope: Envelope, data: Json) -> None:
        if self.dead:
            raise Unconfirmed("killed")
        self.told.append((envelope, data))


@pytest.fixture(scope="module")
def s3(stack: Parts, stack_environment: dict[str, str]) -> Settings:
    return settings_from(stack_environment, Settings)


def fact(name: str, **data: Any) -> Message:
    """A fact about a file."""
    mt, id_ = registry().get(f"files.{name}"), new_id()
    envelope = Envelope(
        id=id_,
        type=mt.name,
        source="test",
        time="2026-01-02T03:04:05.678Z",
        subject=data["board_id"],
        dataschema=mt.dataschema,
        correlationid=id_,
        actor=new_id(),
    )
    return Message("files.facts", 0, 0, "g", 0, envelope, mt, data, b"")


def told_of(content: bytes, mime: str = "image/png", **more: Any) -> Message:
    """The fact that a file was uploaded."""
    named = {"board_id": new_id(), "file_id": new_id(), "mime": mime, "revision": 2}
    return fact(
        "file_uploaded", **{**named, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), **more}
    )


def checking(objects: ObjectStore, log: Log) -> Checking:
    """The consumer's work without the bus."""
    return Checking("file_checker", FileStore(objects), log, CheckSettings())


async def keys(objects: ObjectStore, file_id: str) -> list[str]:
    """What lies in the store of a file."""
    found = [each.key async for each in objects.list(files.folder(file_id))]
    with contextlib.suppress(ObjectMissing):
        found.append((await objects.head(files.upload_key(file_id))).key)
    return found


async def test_dying_between_the_look_and_its_word_gives_the_same_word_once(s3: Settings) -> None:
    content, log = png(640, 480), Log(dead=True)
    message = told_of(content)
    file_id = message.data["file_id"]
    async with ObjectStore(s3) as objects:
        await objects.put(files.upload_key(file_id), content)

        with pytest.raises(Retry):
            await checking(objects, log).all_of((message,))
        kept = await keys(objects, file_id)
        log.dead = False
        for _ in range(2):
            await checking(objects, log).all_of((message,))

        assert await keys(objects, file_id) == kept
        assert len(kept) == 3
        assert await objects.get(files.content_key(file_id, message.data["sha256"])) == content
    (first, data), (second, again) = log.told
    assert first.id == second.id
    assert data == again == {**data, "reason": None, "width": 640, "height": 480, "thumbnail": True}
    assert (first.actor, first.causationid) == (message.envelope.actor, message.envelope.id)


@pytest.mark.parametrize(
    ("uploaded", "changes", "path"),
    [
        (None, {}, "/size"),
        (png() + b"!", {}, "/size"),
        (png()[:-1], {}, "/size"),
        (png(color="red"), {"size": len(png(color="red"))}, "/sha256"),
        (svg("<script/>"), {"size": len(svg("<script/>"))}, "/sha256"),
    ],
    ids=["nothing", "more", "less", "another", "another kind"],
)
async def test_other_bytes_than_were_told_are_kept_nowhere(
    s3: Settings, uploaded: bytes | None, changes: Json, path: str
) -> None:
    message, log = told_of(png(), **changes), Log()
    named = {name: message.data[name] for name in ("board_id", "file_id")}
    async with ObjectStore(s3) as objects:
        if uploaded is not None:
            await objects.put(files.upload_key(named["file_id"]), uploaded)

        await checking(objects, log).all_of((message,))
        reason = log.told[0][1]["reason"]
        await checking(objects, log).all_of((fact("file_rejected", **named, revision=3, **reason),))

        assert reason["path"] == path
        assert await keys(objects, named["file_id"]) == []


async def test_a_settled_file_keeps_its_bytes_and_a_deleted_one_nothing(s3: Settings) -> None:
    content, log = png(), Log()
    message = told_of(content)
    named = {name: message.data[name] for name in ("board_id", "file_id")}
    deleted = fact("file_deleted", **named, why="orphan", revision=4)
    async with ObjectStore(s3) as objects:
        await objects.put(files.upload_key(named["file_id"]), content)
        ready = fact("file_ready", **named, **{name: message.data[name] for name in ("mime", "size", "sha256")}, revision=3)  # fmt: skip

        await checking(objects, log).all_of((message, ready))
        kept = await keys(objects, named["file_id"])
        for _ in range(2):
            await checking(objects, log).all_of((deleted,))

        assert len(kept) == 2
        assert files.upload_key(named["file_id"]) not in kept
        assert await keys(objects, named["file_id"]) == []


async def test_a_store_that_is_away_is_waited_for_and_nobody_is_refused(s3: Settings) -> None:
    log = Log()
    async with ObjectStore(s3.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})) as objects:
        with pytest.raises(Retry):
            await checking(objects, log).all_of((told_of(png()),))

    assert log.told == []

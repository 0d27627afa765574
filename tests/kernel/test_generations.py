"""A topic that is made anew while it is read."""

import asyncio
import secrets
from collections.abc import Mapping
from weakref import WeakKeyDictionary

import pytest

from tests.kernel.engines import Engine
from tests.kernel.harness import QUICK, Stage, envelope, until
from tests.kernel.test_provisioning import delete
from tests.stack import settings_from
from topics.bus import generations
from topics.bus.admin import apply_topics
from topics.bus.generations import Generation
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.bus.tail import Tail
from topics.errors import Unavailable
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

TOPIC = "identity.actions"


@pytest.fixture(autouse=True)
def quick_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "WATCH_SECONDS", 0.3)
    monkeypatch.setattr(generations, "SHARED_SECONDS", 0.15)


async def make_anew(stage: Stage) -> None:
    await delete(stage.settings, TOPIC)

    async def made() -> bool:
        try:
            await apply_topics(stage.settings, [])
        except Unavailable:
            return False
        return True

    await until(made)


async def update_profile(stage: Stage, locale: str) -> None:
    user_id = stage.boards[0]
    this = envelope(user_id, type="identity.update_profile", dataschema="identity.update_profile/1", actor=user_id)
    await stage.publisher.publish(this, {"user_id": user_id, "locale": locale})


async def test_a_topic_made_anew_under_a_consumer_halts_it(stage: Stage, engine: Engine) -> None:
    manifest = Manifest(
        name=f"suite_{secrets.token_hex(4)}", about="x", engine=engine.name, reads=(TOPIC,), on_failure=QUICK
    )
    await apply_topics(stage.settings, [manifest])
    await engine.prepare(stage.settings, manifest)
    async with stage.running(engine, manifest) as consumer:
        await make_anew(stage)

        await until(lambda: consumer.halted is not None)

    assert "anew" in str(consumer.halted)


async def test_a_topic_made_anew_under_a_tail_is_read_from_its_beginning(stage: Stage) -> None:
    locales: list[str] = []

    def note(message: Message) -> None:
        locales.append(message.data["locale"])

    tail, stopping = Tail(stage.settings, [TOPIC], note), asyncio.Event()
    task = asyncio.create_task(tail.run(stopping))
    await tail.wait_fresh(30)
    await update_profile(stage, "en-OLD")
    await until(lambda: locales == ["en-OLD"])

    await make_anew(stage)
    await update_profile(stage, "en-NEW")

    await until(lambda: locales == ["en-OLD", "en-NEW"])
    stopping.set()
    await task


async def test_the_watchers_of_a_process_share_a_reading(
    prepared_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, read = settings_from(prepared_environment, Settings), generations.read_generations
    readings = []

    async def counted(settings: Settings) -> Mapping[str, Generation]:
        readings.append(await read(settings))
        return readings[-1]

    monkeypatch.setattr(generations, "_LATELY", WeakKeyDictionary())
    monkeypatch.setattr(generations, "read_generations", counted)
    monkeypatch.setattr(generations, "SHARED_SECONDS", 3600.0)
    found = await asyncio.gather(*(generations.read_lately(settings) for _ in range(5)))
    assert len(readings) == 1
    assert all(TOPIC in each for each in found)

    monkeypatch.setattr(generations, "SHARED_SECONDS", 0.0)
    await generations.read_lately(settings)
    assert len(readings) == 2, "a reading grows old"

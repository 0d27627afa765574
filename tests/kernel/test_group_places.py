"""A stopped consumer is set back and meets again what it met, on a real Kafka."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.kernel.engines import ENGINES, Engine
from tests.kernel.harness import LIMIT_SECONDS, TOPIC, Stage, until
from topics.bus.group_places import Since, stand
from topics.bus.manifest import Manifest
from topics.errors import Misconfigured

pytestmark = pytest.mark.integration


@pytest.fixture(params=["batch", "each"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


async def moved_to(stage: Stage, manifest: Manifest, since: Since) -> Mapping[tuple[str, int], int]:
    """The new places of a consumer that was stopped; the broker misses its static member after the session, or later."""
    return await stand(stage.settings, manifest, since, patience_seconds=LIMIT_SECONDS)


async def test_it_goes_on_from_an_offset_a_time_or_the_beginning(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    before = datetime.now(UTC)  # what other tests said on this topic, poison too, is older
    async with stage.running(engine, manifest):
        one, two, three = await stage.say("one", "two", "three")
        await until(lambda: stage.passed(manifest.name, three))
        with pytest.raises(Misconfigured, match=f"{manifest.name} runs .* stop it first"):
            await stand(stage.settings, manifest, Since(), patience_seconds=0)

    moved = await moved_to(stage, manifest, Since(place=(TOPIC, two.partition, two.offset)))
    assert moved == {(TOPIC, two.partition): two.offset}
    async with stage.running(engine, manifest) as again:
        await until(lambda: again.handled == ["two", "three"])
        await until(lambda: stage.passed(manifest.name, three))

    later = await moved_to(stage, manifest, Since(time=datetime.now(UTC) + timedelta(hours=1)))
    assert later[TOPIC, one.partition] == three.offset + 1
    await moved_to(stage, manifest, Since(time=before))
    async with stage.running(engine, manifest) as again:
        await until(lambda: again.handled[-3:] == ["one", "two", "three"])
        await until(lambda: stage.passed(manifest.name, three))

    first = await moved_to(stage, manifest, Since())
    assert set(first.values()) == {0}


async def test_a_place_that_is_not_there_is_refused_in_words(stage: Stage, engine: Engine) -> None:
    manifest = await stage.manifest(engine)
    [placed] = await stage.say("one")

    with pytest.raises(Misconfigured, match="holds the offsets 0 to "):
        await stand(stage.settings, manifest, Since(place=(TOPIC, placed.partition, placed.offset + 1000)))
    with pytest.raises(Misconfigured, match=r"does not read boards\.facts/0"):
        await stand(stage.settings, manifest, Since(place=("boards.facts", 0, 0)))

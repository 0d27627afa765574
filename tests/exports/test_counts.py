"""What destinations have equals what the topics have, whatever happens on the way."""

from collections.abc import AsyncIterator

import pytest

from tests.destinations import carrot_quest, mixpanel
from tests.exports.conftest import Ground
from tests.kernel.harness import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(420)]
LONG = 120.0


@pytest.fixture
async def panel() -> AsyncIterator[mixpanel.Mixpanel]:
    async with mixpanel.serving(mixpanel.Mixpanel()) as panel:
        yield panel


@pytest.fixture
async def carrot() -> AsyncIterator[carrot_quest.CarrotQuest]:
    async with carrot_quest.serving(carrot_quest.CarrotQuest()) as carrot:
        yield carrot


def settings_of(panel: mixpanel.Mixpanel, carrot: carrot_quest.CarrotQuest) -> dict[str, str]:
    return {
        "DOSKA_MIXPANEL_TOKEN": panel.token,
        "DOSKA_MIXPANEL_URL": panel.url,
        "DOSKA_MIXPANEL_EVENTS": "50",
        "DOSKA_CARROT_QUEST_TOKEN": carrot.token,
        "DOSKA_CARROT_QUEST_URL": carrot.url,
        "DOSKA_CARROT_QUEST_RATE": "500",
        "DOSKA_CARROT_QUEST_PATIENCE_SECONDS": "1",
    }


async def test_counts_are_equal_under_kills_storms_and_refusals_while_the_other_destination_is_dead(
    ground: Ground, panel: mixpanel.Mixpanel, carrot: carrot_quest.CarrotQuest
) -> None:
    settings = settings_of(panel, carrot)
    panel.refuse_event = carrot.refuse_event = "Board archived"
    carrot.faults.lasting = 503
    # The whole wait of what it puts off, however often it did: without it the backoff would grow to an hour.
    carrot.faults.retry_after = "1"
    panel.faults.retry_after = "0"
    panel.faults.next.extend([429, 429, "none", "hang"])
    await ground.tell("boards.board_created", 300)
    await ground.tell("boards.board_archived", 5)

    dead_destination = await ground.run("carrot_quest_export", settings)
    killed = await ground.run("mixpanel_export", settings)
    await until(lambda: "hang" in panel.faults.met, seconds=LONG)
    killed.kill9()
    await killed.process.wait()
    panel.faults.next.extend([500, "lost", 429, 503, "none", "lost"])
    process = await ground.run("mixpanel_export", settings)
    await ground.tell("boards.board_created", 100)
    await until(lambda: sorted(panel.ids) == ground.ids("boards.board_created"), seconds=LONG)
    await until(lambda: _dead(ground, "mixpanel_export", 5), seconds=LONG)
    assert carrot.ids == []

    carrot.faults.next.extend(["none"] * 20 + ["hang"])
    carrot.faults.lasting = None
    await until(lambda: "hang" in carrot.faults.met, seconds=LONG)
    dead_destination.kill9()
    await dead_destination.process.wait()
    carrot.faults.next.extend([500, "none", 429, 503])
    again = await ground.run("carrot_quest_export", settings)
    await until(lambda: len(set(carrot.ids)) == len(ground.ids("boards.board_created")), seconds=LONG)
    await until(lambda: _dead(ground, "carrot_quest_export", 5), seconds=LONG)

    assert sorted(carrot.ids) == ground.ids("boards.board_created"), "each once, though it knows no repeats"
    assert len(panel.ids) == len(set(panel.ids))
    assert await process.stop() == 0
    assert await again.stop() == 0


async def _dead(ground: Ground, name: str, count: int) -> bool:
    return await ground.dead(name) == count


async def test_a_backfill_goes_on_after_a_kill_and_meets_what_is_live_without_doubling(
    ground: Ground, panel: mixpanel.Mixpanel, carrot: carrot_quest.CarrotQuest
) -> None:
    settings = settings_of(panel, carrot)
    await ground.tell("boards.board_created", 200)
    await ground.tell("boards.board_archived", 1)
    carrot.refuse_event = panel.refuse_event = "Board archived"

    for name, service, quiet in (("mixpanel_export", panel, 2), ("carrot_quest_export", carrot, 40)):
        backfill = ("exports", "backfill", name, "--from", "2026-01-01")
        service.faults.next.extend(["none"] * quiet + ["hang"])
        killed = await ground.product.spawn(name, *backfill, **settings)
        await until(lambda faults=service.faults: "hang" in faults.met, seconds=LONG)
        killed.kill9()
        await killed.process.wait()
        service.faults.next.extend([503, "none", "lost"])

        live = await ground.run(name, settings)
        resumed = await ground.product.spawn(name, *backfill, **settings)
        assert await resumed.process.wait() == 0, resumed.tail()
        ids = ground.ids("boards.board_created")
        await until(lambda service=service, ids=ids: sorted(service.ids) == ids, seconds=LONG)

        again = await ground.product.spawn(name, *backfill, **settings)
        assert await again.process.wait() == 0, again.tail()
        assert await live.stop() == 0
        assert sorted(service.ids) == ids
        assert "201 facts: 200 brought or dropped by the mapping, 1 refused" in resumed.log.read_text()


async def test_without_credentials_everything_is_passed_over_and_a_preview_shows_what_would_be_sent(
    ground: Ground, panel: mixpanel.Mixpanel, carrot: carrot_quest.CarrotQuest
) -> None:
    await ground.tell("boards.board_created", 3)

    shown = await ground.product.spawn("preview", "exports", "preview", "mixpanel_export", "--last", "2")
    listed = await ground.product.spawn("list", "exports", "list")
    refused = await ground.product.spawn("backfill", "exports", "backfill", "mixpanel_export", "--from", "2026-01-01")

    assert (await shown.process.wait(), await listed.process.wait()) == (0, 0), shown.tail()
    assert await refused.process.wait() == 1
    lines = [each for each in shown.log.read_text().splitlines() if each.startswith("{")]
    assert len(lines) == 2
    assert all('"event":"Board created"' in each and "/import" in each for each in lines)
    assert "off: DOSKA_MIXPANEL_TOKEN is not set" in listed.log.read_text()
    assert "mixpanel_export is off" in refused.log.read_text()
    assert panel.requests == carrot.requests == 0

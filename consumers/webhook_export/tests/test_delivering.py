"""Deliveries on a real database to a real server that does what strangers' servers do; days pass by a clock of the test."""

from collections import Counter
from datetime import timedelta

import asyncpg
import orjson
import pytest

from consumers.webhook_export.intake import Intake
from consumers.webhook_export.queue import Queue
from consumers.webhook_export.tests.hooks import NOON, Hooks, a_test, again, board_created, joined, renamed
from consumers.webhook_export.tests.office import Office, delivered, nothing_claimed, until
from consumers.webhook_export.tests.receiver import Receiver, for_ever, never, rude, status
from consumers.webhook_export.verdicts import RETRIES
from schemas.ids import new_id
from topics.errors import Halt
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


async def test_facts_arrive_in_their_order_each_once(office: Office, hooks: Hooks, receiver: Receiver) -> None:
    place, board = new_id(), new_id()
    await hooks.add(receiver.url + "/all", place)
    await hooks.add(receiver.url + "/boards", place, "boards.*")
    await hooks.add(receiver.url + "/strange", new_id())
    facts = [board_created(place, board), joined(place), renamed(board), *(joined(place) for _ in range(20))]

    await office.read(*facts)
    await office.read(*facts[:5])  # read again, as after a crash
    async with office.sending():
        await until(lambda: len(receiver.got) == 25)

    assert [orjson.loads(got.body)["id"] for got in receiver.at("/all")] == [fact.fact_id for fact in facts]
    assert [orjson.loads(got.body)["type"] for got in receiver.at("/boards")] == [
        "boards.board_created",
        "boards.board_renamed",
    ]
    assert receiver.at("/strange") == []
    assert receiver.most["/all"] == 1, "one at a time keeps the order"
    assert await office.states() == {"delivered": 25}


async def test_a_fact_that_comes_before_that_of_its_board_finds_its_workspace(
    office: Office, hooks: Hooks, receiver: Receiver, separate_tables: Settings
) -> None:
    place, board = new_id(), new_id()
    await hooks.add(receiver.url + "/hook", place)
    decider = await asyncpg.connect(separate_tables.postgres_dsn)
    await decider.execute(
        "insert into board_decider.boards (board_id, workspace_id, title, created_by, created_at, hidden, revision)"
        " values ($1, $2, 'Plan', $3, $4, false, 1)",
        *(board, place, new_id(), NOON),
    )
    await decider.close()

    assert await office.read(renamed(board)) == 1
    assert await office.read(renamed(new_id())) == 0


async def test_a_storm_of_failures_ends_in_a_delivery_with_the_same_id(
    office: Office, hooks: Hooks, receiver: Receiver
) -> None:
    place = new_id()
    hook = await hooks.add(receiver.url + "/hook", place)
    bad = [status(500), status(429, **{"Retry-After": "90"}), never, status(302, Location="/x"), rude, status(404)]
    receiver.answers["/hook"] = list(bad)
    receiver.always["/hook"] = for_ever

    await office.read(joined(place))
    async with office.sending(seconds=2.0) as courier:
        for number in range(1, len(bad) + 1):
            await until(lambda number=number: was_tried(office, number))
            row = (await office.rows())[0]
            wait = row["next_at"] - office.clock.now
            assert wait == max(RETRIES[number - 1], timedelta(seconds=90 if number == 2 else 0))
            office.clock.now = row["next_at"]
            courier.wake()
        await until(lambda: delivered(office, 1))

    assert len(receiver.got) == len(bad) + 1
    assert len({got.delivery_id for got in receiver.got}) == 1
    assert len({got.body for got in receiver.got}) == 1
    assert (await office.endpoint(hook))["failures"] == 0


async def was_tried(office: Office, attempts: int) -> bool:
    return (await office.rows())[0]["attempts"] == attempts


async def test_dead_endpoints_delay_no_other_one(office: Office, hooks: Hooks, receiver: Receiver) -> None:
    place = new_id()
    for number in range(12):
        await hooks.add(f"{receiver.url}/dead{number}", place)
        receiver.always[f"/dead{number}"] = never
    await hooks.add(receiver.url + "/good", place)
    facts = [joined(place) for _ in range(50)]

    await office.read(*facts)
    # Fewer places than dead endpoints: each of them holds its own until its time is over, and then rests.
    async with office.sending(seconds=2.0, overall=8):
        await until(lambda: len(receiver.at("/good")) == 50)

    assert [orjson.loads(got.body)["id"] for got in receiver.at("/good")] == [fact.fact_id for fact in facts]
    dead = [len(receiver.at(f"/dead{number}")) for number in range(12)]
    assert max(dead) < 10, "a queue for an endpoint that is down is not tried through"


async def test_a_poisonous_delivery_holds_up_none_behind_it(office: Office, hooks: Hooks, receiver: Receiver) -> None:
    place = new_id()
    await hooks.add(receiver.url + "/hook", place)
    receiver.answers["/hook"] = [status(500)]

    await office.read(*(joined(place) for _ in range(5)))
    async with office.sending():
        await until(lambda: delivered(office, 4))

    assert [row["state"] for row in await office.rows()] == ["pending", *["delivered"] * 4]


async def test_what_fails_for_days_is_given_up_asked_to_pause_and_waits(
    office: Office, hooks: Hooks, receiver: Receiver
) -> None:
    place = new_id()
    hook = await hooks.add(receiver.url + "/hook", place)
    receiver.always["/hook"] = status(503)

    facts = 1
    await office.read(joined(place))
    async with office.sending(pause_days=2) as courier:
        await until(lambda: len(receiver.got) == 1)
        await until(lambda: nothing_claimed(office))
        while (await office.endpoint(hook))["giving_up"] is None:
            tries = len(receiver.got)
            office.clock.later(hours=6)
            await office.read(joined(place))
            facts += 1
            courier.wake()
            await until(lambda tries=tries: len(receiver.got) > tries)
            await until(lambda: nothing_claimed(office))
        assert facts == 9, "for two days, not less"
        await until(lambda: office.asked.said)
        tries = len(receiver.got)
        office.clock.later(days=1)
        courier.wake()
        await hooks.pause(hook, "failing")
        receiver.always["/hook"] = status(204)
        await office.read(joined(place))
        assert len(receiver.got) == tries, "nothing is sent to who was given up"

        await hooks.resume(hook)
        courier.wake()
        await until(lambda: delivered(office, facts + 1))

    assert office.asked.said[0] == {
        "workspace_id": place,
        "subscription_id": hook,
        "reason": "failing",
        "stint": 1,
    }
    assert (await office.endpoint(hook))["giving_up"] is None
    assert (await office.endpoint(hook))["stint"] == 2


async def test_410_gives_up_at_once_also_while_the_log_is_away(
    office: Office, hooks: Hooks, receiver: Receiver
) -> None:
    place = new_id()
    hook = await hooks.add(receiver.url + "/hook", place)
    receiver.answers["/hook"] = [status(410)]
    office.asked.down = True

    await office.read(joined(place), joined(place))
    async with office.sending() as courier:
        await until(lambda: len(receiver.got) == 1)
        await until(lambda: nothing_claimed(office))
        office.asked.down = False
        courier.wake()
        await until(lambda: office.asked.said)

    assert office.asked.said[0]["reason"] == "gone"
    assert len(receiver.got) == 1, "the second one is not even tried"
    assert (await office.endpoint(hook))["giving_up"] == "gone"


async def test_a_paused_webhook_gets_nothing_and_afterwards_what_waited(
    office: Office, hooks: Hooks, receiver: Receiver
) -> None:
    place = new_id()
    paused, other = await hooks.add(receiver.url + "/paused", place), await hooks.add(receiver.url + "/other", place)
    assert other
    await hooks.pause(paused)
    facts = [joined(place) for _ in range(5)]

    await office.read(*facts)
    async with office.sending() as courier:
        await until(lambda: len(receiver.at("/other")) == 5)
        assert receiver.at("/paused") == []
        await hooks.resume(paused)
        courier.wake()
        await until(lambda: len(receiver.at("/paused")) == 5)

    assert [orjson.loads(got.body)["id"] for got in receiver.at("/paused")] == [fact.fact_id for fact in facts]


async def test_who_took_a_delivery_and_died_gives_it_back(office: Office, hooks: Hooks, receiver: Receiver) -> None:
    place = new_id()
    await hooks.add(receiver.url + "/hook", place)
    await office.read(joined(place), joined(place))
    queue = Queue(office.pool)

    until_then = NOON + timedelta(seconds=30)
    [dead] = await queue.claim(new_id(), NOON, until_then, failing=False, per_subscription=1, most=10)
    assert await queue.claim(new_id(), NOON, until_then, failing=False, per_subscription=1, most=10) == []
    office.clock.now = until_then
    async with office.sending():
        await until(lambda: len(receiver.got) == 2)

    assert dead.delivery_id in {got.delivery_id for got in receiver.got}


async def test_several_processes_send_each_delivery_once(office: Office, hooks: Hooks, receiver: Receiver) -> None:
    place = new_id()
    for number in range(3):
        await hooks.add(f"{receiver.url}/{number}", place)
    await office.read(*(joined(place) for _ in range(60)))

    async with (
        office.sending(per_subscription=2),
        office.sending(per_subscription=2),
        office.sending(per_subscription=2),
    ):
        await until(lambda: delivered(office, 180))

    assert max(Counter(got.delivery_id for got in receiver.got).values()) == 1
    assert max(receiver.most.values()) <= 2, "the bound of a webhook holds for all of them together"


async def test_a_test_is_sent_to_its_webhook_at_once_and_only_once(
    office: Office, hooks: Hooks, receiver: Receiver
) -> None:
    place = new_id()
    hook = await hooks.add(receiver.url + "/hook", place, "boards.*")
    await hooks.add(receiver.url + "/other", place)
    receiver.always["/hook"] = status(500)

    asked = a_test(place, hook)
    await office.read(asked)
    async with office.sending():
        await until(lambda: receiver.got)
        await until(lambda: nothing_claimed(office))

    [row] = await office.rows()
    assert (str(row["delivery_id"]), row["state"], row["status"]) == (asked.delivery_id, "failed", 500)
    assert [got.path for got in receiver.got] == ["/hook"]


async def test_a_redelivery_is_the_same_again_also_while_the_endpoint_rests(
    office: Office, hooks: Hooks, receiver: Receiver
) -> None:
    place = new_id()
    hook = await hooks.add(receiver.url + "/hook", place)
    await office.read(joined(place))
    async with office.sending():
        await until(lambda: delivered(office, 1))
    [row] = await office.rows()
    await office.pool.execute(
        "update webhook_export.endpoints set failures = 5, rests_until = $1", NOON + timedelta(hours=1)
    )

    await office.read(again(place, new_id(), str(row["delivery_id"])))  # of another webhook: none of its business
    assert await office.states() == {"delivered": 1}
    await office.read(again(place, hook, str(row["delivery_id"])))
    async with office.sending():
        await until(lambda: len(receiver.got) == 2)
        await until(lambda: delivered(office, 1))

    first, second = receiver.got
    assert (first.delivery_id, first.body) == (second.delivery_id, second.body)


async def test_what_is_old_or_belongs_to_nobody_is_removed(office: Office, hooks: Hooks, receiver: Receiver) -> None:
    place = new_id()
    kept, deleted = await hooks.add(receiver.url + "/kept", place), await hooks.add(receiver.url + "/gone", place)
    await office.read(joined(place))
    office.clock.later(days=20)
    await office.read(joined(place, office.clock.now))
    await hooks.delete(deleted)

    removed = await Queue(office.pool).purge(NOON + timedelta(days=1))

    assert removed == 3
    assert [str(row["subscription_id"]) for row in await office.rows()] == [kept]
    assert await office.pool.fetchval("select count(*) from webhook_export.endpoints") == 1


async def test_the_checkpoint_moves_with_the_deliveries_and_never_back(office: Office) -> None:
    intake = Intake(office.pool)

    async def move(offset: int) -> None:
        await intake.write([], {("boards.facts", 1): ("g1", offset)}, now=NOON, oldest=NOON)

    assert await intake.checkpoints.load("boards.facts", 1, "g1") is None
    await move(7)
    await move(5)
    assert await intake.checkpoints.load("boards.facts", 1, "g1") == 7
    with pytest.raises(Halt):
        await intake.checkpoints.load("boards.facts", 1, "g2")

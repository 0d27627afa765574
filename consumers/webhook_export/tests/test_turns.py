"""Whose turn it is: who goes on, who makes room for others, and that nobody waits for each other."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web

from consumers.webhook_export.queue import PURGED_AT_ONCE
from consumers.webhook_export.tests.hooks import NOON, Hooks, again, joined
from consumers.webhook_export.tests.office import Office, delivered, nothing_claimed, until
from consumers.webhook_export.tests.receiver import Receiver, status
from schemas.ids import new_id

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


async def test_who_has_much_to_get_keeps_no_place_from_others(office: Office, hooks: Hooks, receiver: Receiver) -> None:
    place = new_id()
    for number in range(4):
        await hooks.add(f"{receiver.url}/{number}", place)
    await office.read(*(joined(place) for _ in range(40)))

    async with office.sending(overall=2):
        await until(lambda: delivered(office, 160))

    began = [next(index for index, got in enumerate(receiver.got) if got.path == f"/{number}") for number in range(4)]
    assert max(began) < 40, "each has its turn before any of them has all"


async def test_a_webhook_that_is_paused_in_the_middle_gets_no_more(
    office: Office, hooks: Hooks, receiver: Receiver
) -> None:
    place = new_id()
    hook = await hooks.add(receiver.url + "/hook", place)

    async def third(_request: web.Request) -> web.StreamResponse:
        await hooks.pause(hook)
        return web.Response(status=204)

    receiver.answers["/hook"] = [status(204), status(204), third]
    await office.read(*(joined(place) for _ in range(10)))
    async with office.sending():
        await until(lambda: delivered(office, 3))
        await until(lambda: nothing_claimed(office))

    assert len(receiver.got) == 3
    assert await office.states() == {"delivered": 3, "pending": 7}


async def test_whoever_reads_and_whoever_sends_wait_for_each_other_in_one_order(office: Office, hooks: Hooks) -> None:
    place = new_id()
    hook = await hooks.add("http://127.0.0.1/hook", place)
    await office.read(joined(place))
    [row] = await office.rows()

    async with office.pool.acquire() as sender, sender.transaction():
        await sender.execute("select from webhook_export.endpoints where subscription_id = $1 for update", hook)
        reading = asyncio.create_task(office.read(again(place, hook, str(row["delivery_id"]))))
        await until(lambda: somebody_waits(office))
        await sender.execute("update webhook_export.deliveries set attempts = 1 where subscription_id = $1", hook)

    assert await reading == 1


async def somebody_waits(office: Office) -> bool:
    return bool(
        await office.pool.fetchval(
            "select count(*) from pg_locks join pg_stat_activity using (pid)"
            " where not granted and datname = current_database()"
        )
    )


async def test_much_that_is_old_is_removed_at_every_look_until_nothing_is_left(
    office: Office, hooks: Hooks, receiver: Receiver
) -> None:
    place = new_id()
    await hooks.add(receiver.url + "/hook", place)
    await office.pool.execute(
        "insert into webhook_export.deliveries (delivery_id, subscription_id, workspace_id, fact_id, type, fact_time, body,"
        " once, state, next_at, created_at) select gen_random_uuid(), $1, $1, gen_random_uuid(), 'x', $2, '', false,"
        " 'delivered', $2, $2 from generate_series(1, $3)",
        *(place, NOON - timedelta(days=31), PURGED_AT_ONCE + 500),
    )
    await office.read(joined(place))

    async with office.sending():
        await until(lambda: delivered(office, 1))

    assert len(receiver.got) == 1

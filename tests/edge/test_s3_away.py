"""An edge whose S3 is silent or away: the past is `unavailable` in bounded time, and everything else goes on."""

import asyncio

import aiohttp
import pytest

from tests.edge.client import Api, Person, rectangle
from tests.edge.samples import png
from tests.edge.test_files import read as location
from tests.edge.test_files import requested, uploaded
from tests.edge.test_past import draw, read
from tests.product import Product
from tests.relay import relayed
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
# More than an edge reads at once, and more than it has threads for.
CROWD = 20


async def test_while_s3_is_silent_or_away_the_past_is_unavailable_and_nothing_else_waits_for_it(
    product: Product, ada: Person, http: aiohttp.ClientSession, settings: Settings
) -> None:
    board_id, box, picture = await ada.board(), rectangle(), png()
    position = await draw(ada, board_id, box)
    file_id, done = await uploaded(ada.api, board_id, picture)
    asked = await requested(ada.api, board_id, picture)
    path = f"/api/boards/{board_id}/elements?at={position}"
    await read(ada, path)
    assert done.status == 200, done

    async with relayed(settings.s3_endpoint) as relay:
        edge = await product.edge(DOSKA_S3_ENDPOINT=relay.url)
        there = Api(edge.base_url, http, ada.api.token)
        await relay.set("silent")
        # The client's own limit of 30 s is the bound.
        crowd = [asyncio.create_task(there.get(path)) for _ in range(CROWD)]
        now = await there.get(f"/api/boards/{board_id}/elements")
        history = await there.get(f"/api/boards/{board_id}/history")
        where = await location(there, file_id)
        unseen = await there.post(f"/api/files/{asked['file_id']}/complete")
        refused = await asyncio.gather(*crowd)
        await relay.set("refused")
        away = await there.get(path)
        await relay.set("open")
        again = await read(Person(**{**vars(ada), "api": there}), path)
        await edge.process.stop()

    assert (now.status, now.body["elements"]) == (200, [box])
    assert (history.status, where.status) == (200, 302)
    assert sum(each["count"] for each in history.body["buckets"]) == 1
    assert {(each.status, each.code) for each in [*refused, unseen, away]} == {(503, "unavailable")}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in [*refused, away])
    assert again["elements"] == [box]

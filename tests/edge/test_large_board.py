"""One board of 20 MB: it opens, is joined, drawn on and copied like any other, and nobody beside it waits."""

import asyncio
import io
import json

import aiohttp
import pytest

from tests.edge.client import Api, Person, connected, rectangle

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
ELEMENTS, NOTE = 10_000, "n" * 1600
MEGABYTE = 1_000_000
READERS = 4
JSON = {"Content-Type": "application/json"}
PATIENT = aiohttp.ClientTimeout(total=200)


async def test_a_board_of_twenty_megabytes_is_a_board_like_any_other(ada: Person, api: Api) -> None:
    elements = [rectangle(id=f"element-{number:05}", customData={"note": NOTE}) for number in range(ELEMENTS)]
    raw = json.dumps({"type": "excalidraw", "elements": elements}).encode()
    assert len(raw) > 20 * MEGABYTE

    made = await ada.api.post("/api/boards/import", data=io.BytesIO(raw), headers=JSON, timeout=PATIENT)
    assert made.status == 201, made
    board_id, small = made.body["board_id"], await ada.board()
    path = f"/api/boards/{board_id}/elements"
    async with connected(api, ada.token) as painter, connected(api, ada.token) as beside:
        await beside.join(small)
        # Some who open it at the same moment, while somebody draws elsewhere.
        opened, drawn = await asyncio.gather(
            asyncio.gather(*(ada.api.get(path, timeout=PATIENT) for _ in range(READERS))),
            beside.draw(small, rectangle()),
        )
        assert [len(answer.body["elements"]) for answer in opened] == [ELEMENTS] * READERS
        cursor = opened[0].body["cursor"]
        await painter.join(board_id, since=cursor)
        moved = elements[7] | {"version": 2, "x": 12345}
        sent = await painter.draw(board_id, moved)
        event = await painter.event(board_id, lambda each: each["client_id"] == sent)
        position = (await painter.kind("ack", id=sent))["position"]
        changed = await ada.api.get(path, params={"since": cursor, "min_position": position})
        copied = await ada.api.post(f"/api/boards/{board_id}/duplicate", timeout=PATIENT)

        assert event["data"]["elements"][0]["x"] == 12345
        assert [each["id"] for each in changed.body["elements"]] == [moved["id"]]
        assert copied.status == 201, copied
        copy = await ada.api.get(f"/api/boards/{copied.body['board_id']}/elements", timeout=PATIENT)
        assert len(copy.body["elements"]) == ELEMENTS
        assert beside.close_code is painter.close_code is None
        await beside.event(small, lambda each: each["client_id"] == drawn)

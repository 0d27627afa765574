"""Webhooks by the public contract, with a real endpoint: who may, the secret told once, tests, deliveries, redelivery."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest

from consumers.webhook_export.tests.receiver import Receiver, receiving, status
from schemas.ids import new_id
from schemas.webhooks.signing import signature
from tests.edge.client import Person
from tests.edge.teams import joined, workspace

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

Json = dict[str, Any]
LIMIT_SECONDS = 60


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not (found := await condition()):  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.05)
    return found


async def came(receiver: Receiver, count: int = 1) -> None:
    async def enough() -> bool:
        return len(receiver.got) >= count

    await until(enough)


async def created(who: Person, place: str, url: str, *types: str) -> tuple[str, Json]:
    """A new webhook: its path, and what was answered."""
    made = await who.api.post(f"/api/workspaces/{place}/webhooks", {"url": url, "types": list(types) or ["*"]})
    assert made.status == 201, made
    return f"/api/workspaces/{place}/webhooks/{made.body['subscription_id']}", made.body


async def settled(who: Person, path: str, delivery_id: str) -> Json:
    """A delivery, when an attempt was made."""

    async def tried() -> Json | None:
        items = (await who.api.get(f"{path}/deliveries")).body["items"]
        return next((each for each in items if each["delivery_id"] == delivery_id and each["tried_at"]), None)

    return dict(await until(tried))


def signed(secret: str, receiver: Receiver, number: int = -1) -> bool:
    got = receiver.got[number]
    head = got.headers
    made = signature(secret, got.delivery_id, int(head["webhook-timestamp"]), got.body)
    assert abs(time.time() - int(head["webhook-timestamp"])) < 300
    return made in head["webhook-signature"].split()


async def test_what_happens_on_a_board_reaches_the_endpoint_signed(ada: Person, receiver: Receiver) -> None:
    place, elsewhere = await workspace(ada), await workspace(ada)
    _, hook = await created(ada, place, receiver.url + "/hook", "boards.*")

    await ada.api.post("/api/boards", {"title": "Elsewhere", "workspace_id": elsewhere})
    board = (await ada.api.post("/api/boards", {"title": "Ретро", "workspace_id": place})).body["board_id"]
    await ada.api.call("PATCH", f"/api/boards/{board}", {"title": "Plan"})
    await came(receiver, 2)

    events = [orjson.loads(got.body) for got in receiver.got]
    assert [(event["type"], event["data"]["title"]) for event in events] == [
        ("boards.board_created", "Ретро"),
        ("boards.board_renamed", "Plan"),
    ]
    assert events[0]["actor"] == ada.user_id
    assert signed(hook["secret"], receiver)


async def test_a_secret_is_told_once_and_a_repeated_request_gets_the_same(ada: Person) -> None:
    place, key = await workspace(ada), {"Idempotency-Key": secrets.token_hex(8)}
    body = {"url": "http://127.0.0.1:1/", "types": ["boards.*"]}

    made = [await ada.api.post(f"/api/workspaces/{place}/webhooks", body, headers=key) for _ in range(2)]
    [item] = (await ada.api.get(f"/api/workspaces/{place}/webhooks")).body["items"]

    assert made[0].body == made[1].body
    assert made[0].body["secret"].startswith("whsec_")
    assert item == {name: value for name, value in made[0].body.items() if name != "secret"}
    assert (item["url"], item["types"], item["paused"]) == ("http://127.0.0.1:1/", ["boards.*"], None)


async def test_for_a_day_after_a_rotation_both_secrets_verify(ada: Person, receiver: Receiver) -> None:
    place = await workspace(ada)
    path, hook = await created(ada, place, receiver.url)

    rotated = await ada.api.post(f"{path}/rotate", {})
    test = (await ada.api.post(f"{path}/test", {})).body["delivery_id"]
    await settled(ada, path, test)

    assert rotated.status == 200
    assert rotated.body["secret"] != hook["secret"]
    assert rotated.body["previous_secret_until"] is not None
    last = next(n for n, got in enumerate(receiver.got) if got.delivery_id == test)
    assert signed(hook["secret"], receiver, last)
    assert signed(rotated.body["secret"], receiver, last)


async def test_a_test_shows_what_came_of_it(ada: Person, receiver: Receiver) -> None:
    place = await workspace(ada)
    path, _ = await created(ada, place, receiver.url, "boards.board_trashed")
    receiver.answers["/"] = [status(500)]

    bad = await ada.api.post(f"{path}/test", {})
    failed = await settled(ada, path, bad.body["delivery_id"])
    good = await ada.api.post(f"{path}/test", {})
    arrived = await settled(ada, path, good.body["delivery_id"])

    assert (bad.status, failed["state"], failed["status"], failed["error"]) == (202, "failed", 500, "status")
    assert (arrived["state"], arrived["status"], arrived["error"]) == ("delivered", 204, None)
    assert arrived["latency_ms"] >= 0
    assert receiver.got[-1].delivery_id == good.body["delivery_id"]


async def test_a_delivery_is_sent_again_under_the_same_id(ada: Person, receiver: Receiver) -> None:
    place = await workspace(ada)
    path, _ = await created(ada, place, receiver.url, "boards.*")
    await ada.api.post("/api/boards", {"title": "Plan", "workspace_id": place})
    await came(receiver)
    delivery_id = receiver.got[0].delivery_id
    await settled(ada, path, delivery_id)

    again = await ada.api.post(f"{path}/deliveries/{delivery_id}/redeliver", {})
    await came(receiver, 2)

    assert (again.status, again.body) == (202, {"delivery_id": delivery_id})
    assert [got.delivery_id for got in receiver.got] == [delivery_id] * 2
    assert (await ada.api.post(f"{path}/deliveries/{new_id()}/redeliver", {})).code == "not_found"


async def test_an_endpoint_that_is_gone_is_paused_and_its_admin_is_told(ada: Person, receiver: Receiver) -> None:
    place = await workspace(ada)
    path, _ = await created(ada, place, receiver.url, "boards.*")
    receiver.answers["/"] = [status(410)]
    await ada.api.post("/api/boards", {"title": "Plan", "workspace_id": place})

    async def paused() -> bool:
        return (await ada.api.get(path)).body["paused"] == "gone"

    await until(paused)
    assert (await ada.api.post(f"{path}/test", {})).code == "conflict"
    audit = (await ada.api.get(f"/api/workspaces/{place}/audit?type=webhooks.subscription_paused")).body["items"]
    resumed = await ada.api.post(f"{path}/resume", {})
    await came(receiver, 2)

    assert (resumed.status, resumed.body["paused"]) == (200, None)
    assert len({got.delivery_id for got in receiver.got}) == 1, "what waited went out"
    assert all(item["data"]["reason"] == "gone" for item in audit)


async def test_a_webhook_that_is_deleted_gets_nothing_more(ada: Person, receiver: Receiver) -> None:
    place = await workspace(ada)
    path, _ = await created(ada, place, receiver.url + "/first", "boards.*")
    await created(ada, place, receiver.url + "/second", "boards.*")

    gone = await ada.api.call("DELETE", path)
    await ada.api.post("/api/boards", {"title": "Plan", "workspace_id": place})
    await came(receiver)

    assert gone.status == 204
    assert [got.path for got in receiver.got] == ["/second"]
    assert (await ada.api.get(path)).code == "not_found"


async def test_a_change_moves_what_it_names(ada: Person, receiver: Receiver) -> None:
    place = await workspace(ada)
    path, _ = await created(ada, place, receiver.url + "/old", "boards.*")

    changed = await ada.api.call("PATCH", path, {"url": receiver.url + "/new"})
    await ada.api.post("/api/boards", {"title": "Plan", "workspace_id": place})
    await came(receiver)

    assert (changed.status, changed.body["url"], changed.body["types"]) == (200, receiver.url + "/new", ["boards.*"])
    assert [got.path for got in receiver.got] == ["/new"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"url": "https://10.0.0.1/", "types": ["*"]}, "/url"),
        ({"url": "https://169.254.169.254/latest", "types": ["*"]}, "/url"),
        ({"url": "https://ada:secret@hooks.example.org/", "types": ["*"]}, "/url"),
        ({"url": "ftp://hooks.example.org/", "types": ["*"]}, "/url"),
        ({"url": "https://hooks.example.org/", "types": ["bords.*"]}, "/types/0"),
        ({"url": "https://hooks.example.org/", "types": ["identity.*"]}, "/types/0"),
        ({"url": "https://hooks.example.org/", "types": []}, "/types"),
        ({"url": "https://hooks.example.org/", "types": ["*"], "boards": [new_id()]}, "/boards/0"),
        ({"url": "https://hooks.example.org/", "types": ["*"], "secret": "mine"}, "/secret"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_path(ada: Person, body: Json, path: str) -> None:
    place = await workspace(ada)

    refused = await ada.api.post(f"/api/workspaces/{place}/webhooks", body)

    assert (refused.status, refused.code) == (422, "schema_invalid")
    assert [each["path"] for each in refused.body["errors"]] == [path]


async def test_a_manager_sees_no_webhooks_and_a_stranger_no_workspace(
    ada: Person, grace: Person, stranger: Person
) -> None:
    place = await workspace(ada)
    path, _ = await created(ada, place, "http://127.0.0.1:1/")
    await joined(ada, place, grace, "manager")

    for who, code in ((grace, "forbidden"), (stranger, "not_found")):
        assert (await who.api.get(f"/api/workspaces/{place}/webhooks")).code == code
        assert (await who.api.get(path)).code == code
        assert (await who.api.get(f"{path}/deliveries")).code == code
        assert (await who.api.post(f"{path}/rotate", {})).code == code

"""The object store on a real S3."""

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncIterator

import aiohttp
import pytest

from schemas.ids import new_id
from topics.runtime.object_store import (
    ObjectExists,
    ObjectMissing,
    ObjectStore,
    ObjectStoreAway,
    ObjectStoreRefused,
    ObjectTooLarge,
)
from topics.runtime.settings import Settings


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[ObjectStore]:
    async with ObjectStore(settings) as store:
        yield store


async def test_an_object_is_read_as_it_was_written_whole_or_in_part(store: ObjectStore) -> None:
    key = f"tests/{new_id()}"

    await store.put(key, b"0123456789", content_type="text/plain", metadata={"board": "b"})

    assert await store.get(key) == b"0123456789"
    assert await store.get(key, start=3, length=4) == b"3456"
    assert await store.get(key, start=8) == b"89"
    info = await store.head(key)
    assert (info.size, info.content_type, info.metadata) == (10, "text/plain", {"board": "b"})
    with pytest.raises(ObjectTooLarge):
        await store.get(key, at_most=9)


async def test_what_is_not_there_is_missing_and_what_is_there_is_not_made_twice(store: ObjectStore) -> None:
    key = f"tests/{new_id()}"
    with pytest.raises(ObjectMissing):
        await store.get(key)
    with pytest.raises(ObjectMissing):
        await store.head(key)

    await store.put(key, b"first", only_new=True)
    with pytest.raises(ObjectExists):
        await store.put(key, b"second", only_new=True)

    assert await store.get(key) == b"first"


async def test_of_many_who_make_the_same_object_at_once_what_stands_is_one_of_theirs_whole(store: ObjectStore) -> None:
    key, bodies = f"tests/{new_id()}", [str(n).encode() * 50_000 for n in range(8)]

    async def make(body: bytes) -> bool:
        try:
            await store.put(key, body, only_new=True)
        except ObjectExists:
            return False
        return True

    made = await asyncio.gather(*map(make, bodies))

    assert any(made)
    assert await store.get(key) in [body for body, its in zip(bodies, made, strict=True) if its]


async def test_a_listing_goes_by_key_over_its_pages_and_deleting_is_harmless_twice(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topics.runtime.object_store.PAGE", 3)
    prefix = f"tests/{new_id()}/"
    keys = [f"{prefix}{n:03}" for n in range(8)]
    for key in reversed(keys):
        await store.put(key, b"x")

    assert [each.key async for each in store.list(prefix)] == keys
    assert [each.key async for each in store.list(prefix, after=keys[5])] == keys[6:]
    await store.delete([*keys[:7], f"{prefix}never"])
    await store.delete(keys[:7])

    assert [each.key async for each in store.list(prefix)] == keys[7:]


async def test_a_presigned_upload_takes_exactly_what_was_promised(store: ObjectStore) -> None:
    key, body = f"tests/{new_id()}", b"a picture"
    promise = await store.presign_put(
        key,
        seconds=60,
        content_type="image/png",
        size=len(body),
        sha256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
    )
    async with aiohttp.ClientSession() as session:
        async with session.put(promise.url, data=b"another p", headers=promise.headers) as wrong:
            assert wrong.status in (400, 403)
        with pytest.raises(ObjectMissing):
            await store.head(key)
        async with session.put(promise.url, data=body, headers=promise.headers) as right:
            assert right.status == 200

        place = await store.presign_get(key, seconds=60, content_disposition='attachment; filename="a.png"')
        async with session.get(place.url) as read:
            assert await read.read() == body
            assert read.headers["Content-Disposition"] == 'attachment; filename="a.png"'
            assert read.headers["Content-Type"] == "image/png"


async def test_a_store_that_does_not_listen_is_away_and_wrong_keys_are_refused(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})
    stranger = settings.model_copy(update={"s3_access_key": "stranger"})

    async with ObjectStore(nowhere) as store:
        with pytest.raises(ObjectStoreAway, match="does not answer"):
            await store.get("tests/anything")
    async with ObjectStore(stranger) as store:
        with pytest.raises(ObjectStoreRefused):
            await store.put("tests/anything", os.urandom(4))

"""`doska files clean` on a real S3: what nobody can ever ask for again goes, everything else stays readable."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.files import cleaned
from schemas.ids import new_id
from tests.edge.client import Api, Person, newer
from tests.edge.samples import png
from tests.edge.test_files import fetched, picture, put, requested, uploaded
from tests.edge.test_files import read as location
from topics import files
from topics.bus.publish import Publisher
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
MONTH = timedelta(days=30)
# When the operator comes: what was drawn and put today is long over then.
LATER = datetime.now(UTC) + timedelta(days=40)
WAIT_SECONDS = 30


async def shown(who: Person, content: bytes) -> tuple[str, str, dict[str, Any]]:
    """A board with a picture on it: board, file, element."""
    board_id = await who.board()
    file_id, done = await uploaded(who.api, board_id, content)
    assert done.status == 200, done
    element = picture(file_id)
    await draw(who, board_id, element)
    return board_id, file_id, element


async def draw(who: Person, board_id: str, element: dict[str, Any]) -> None:
    """Draw, and wait until the store has it."""
    path = f"/api/boards/{board_id}/elements"
    drawn = await who.api.post(path, {"elements": [element]})
    assert drawn.status == 200, drawn
    assert (await who.api.get(path, params={"min_position": drawn.body["position"]})).status == 200


async def erase(who: Person, board_id: str, element: dict[str, Any], **more: Any) -> None:
    await draw(who, board_id, newer(element, isDeleted=True, **more))


async def is_there(api: Api, file_id: str, content: bytes) -> bool:
    """Whether a file is served, by the way that a page takes."""
    where = await location(api, file_id)
    if where.status == 404:
        return False
    got = await fetched(api, where)
    assert (where.status, got.status, got.body) == (302, 200, content), (where, got.status)
    return True


async def test_only_what_no_board_version_copy_or_trash_shows_is_cleaned_and_a_crash_in_the_middle_is_harmless(
    ada: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = png()
    kept: dict[str, str] = {}
    _, kept["on a board"], _ = await shown(ada, content)
    trashed, kept["in the trash"], _ = await shown(ada, content)
    assert (await ada.api.call("DELETE", f"/api/boards/{trashed}")).status == 204
    board_id, kept["on a template"], _ = await shown(ada, content)
    marked = await ada.api.call("PUT", f"/api/boards/{board_id}/template", {"template": True})
    board_id, kept["on a copy alone"], element = await shown(ada, content)
    copied = await ada.api.post(f"/api/boards/{board_id}/duplicate")
    await erase(ada, board_id, element)
    board_id, kept["in a version"], element = await shown(ada, content)
    versions = [await ada.api.post(f"/api/boards/{board_id}/versions", {"name": "Before"})]
    await erase(ada, board_id, element)
    board_id, kept["erased a week before"], element = await shown(ada, content)
    await erase(ada, board_id, element, updated=int((LATER - timedelta(days=7)).timestamp() * 1000))
    # An editor draws a picture while it is still on its way, and a version may be of that very moment.
    board_id = await ada.board()
    asked = await requested(ada.api, board_id, content)
    await draw(ada, board_id, element := picture(asked["file_id"]))
    versions.append(await ada.api.post(f"/api/boards/{board_id}/versions", {"name": "Uploading"}))
    assert await put(ada.api, asked["upload"], content) == 200
    assert (await ada.api.post(f"/api/files/{asked['file_id']}/complete")).status == 200
    kept["in a version from before it was there"] = asked["file_id"]
    await erase(ada, board_id, element)
    gone: dict[str, str] = {}
    board_id, gone["erased long ago"], element = await shown(ada, content)
    await erase(ada, board_id, element)
    gone["never shown"], _ = await uploaded(ada.api, await ada.board(), content)
    unfinished = (await requested(ada.api, await ada.board(), content))["file_id"]
    assert [marked.status, copied.status, *(each.status for each in versions)] == [200, 201, 201, 201]

    async with ObjectStore(settings) as store:
        strays = [files.upload_key(new_id()), files.content_key(new_id(), "0" * 64)]
        for key in strays:
            await store.put(key, b"x")
        young, none = await cleaned(settings, datetime.now(UTC), MONTH, delete=False)
        looked, _ = await cleaned(settings, LATER, MONTH, delete=False)

        ours = {*kept.values(), *gone.values(), unfinished}
        assert not ours & {each["file_id"] for each in young}
        assert not set(strays) & set(none)
        found = {each["file_id"]: each["why"] for each in looked if each["file_id"] in ours}
        assert found == {**dict.fromkeys(gone.values(), "orphan"), unfinished: "unfinished"}
        for key in strays:
            await store.head(key)

        with monkeypatch.context() as patch:
            publish, told = Publisher.publish, 0

            async def dies(*args: Any) -> Any:
                nonlocal told
                if told:
                    raise ConnectionError("killed")
                told += 1
                return await publish(*args)

            patch.setattr(Publisher, "publish", dies)
            with pytest.raises(ConnectionError):
                await cleaned(settings, LATER, MONTH, delete=True)
        await cleaned(settings, LATER, MONTH, delete=True)

        deadline = time.monotonic() + WAIT_SECONDS
        while left := [
            key
            for file_id in [*gone.values(), unfinished]
            for prefix in (files.folder(file_id), files.upload_key(file_id))
            async for key in store.list(prefix)
        ]:
            assert time.monotonic() < deadline, left
            await asyncio.sleep(0.2)
        assert [each.key for stray in strays async for each in store.list(stray)] == []
        again, strays_again = await cleaned(settings, LATER, MONTH, delete=False)

    assert not ours & {each["file_id"] for each in again}
    assert not set(strays) & set(strays_again)
    assert (await ada.api.post(f"/api/boards/{trashed}/restore")).status in (200, 204)
    assert [why for why, file_id in gone.items() if await is_there(ada.api, file_id, content)] == []
    assert [why for why, file_id in kept.items() if not await is_there(ada.api, file_id, content)] == []

"""Files of boards: where to put one, what became of it, where to read it, and the way of a copy's pictures.

A browser and S3 speak to each other directly: the edge signs addresses and never carries the bytes of an upload.
"""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import asyncpg

from edge.actions.asking import Asker, Asking
from edge.actions.outcome import Json, Made, Outcome
from edge.auth.callers import Caller
from edge.auth.rights import Rights
from edge.errors import ApiError, not_found
from edge.queries import files as stored
from edge.queries.reading import Row
from schemas.ids import is_id, new_id
from schemas.problems import Problem
from topics import files
from topics.runtime.object_store import ObjectMissing, ObjectStore, ObjectStoreError

# The checker's word comes within the deadline of an action, or the client asks again.
VERDICT_SECONDS: Final = 10.0
# An import has longer: nobody can ask again for a part of it.
PATIENT_SECONDS: Final = 60.0
FIRST_LOOK_SECONDS: Final = 0.05
LOOK_SECONDS: Final = 0.25
READ_SECONDS: Final = 300
SHARED_AT_ONCE: Final = 1000


class Uploads:
    """What the edge does for files."""

    def __init__(
        self,
        *,
        asking: Asking,
        rights: Rights,
        pool: asyncpg.Pool,
        objects: ObjectStore,
        cdn_url: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._asking = asking
        self._rights = rights
        self._pool = pool
        self._objects = objects
        self._cdn_url = cdn_url
        self._now = now

    async def address(self, told: Mapping[str, Any]) -> Json:
        """Where to put a file, by its `files.file_requested`; S3 takes nothing but what was told of it."""
        left = datetime.fromisoformat(told["expires_at"]).timestamp() - self._now()
        with_size = await self._objects.presign_put(
            files.upload_key(told["file_id"]),
            seconds=max(1, int(left)),
            content_type=told["mime"],
            # JSON and its schemas call 30.0 an integer; who signs does not.
            size=int(told["size"]),
            sha256=base64.b64encode(bytes.fromhex(told["sha256"])).decode(),
        )
        # Whoever sends the file says its length anyway, and a page may not say it.
        headers = {name: value for name, value in with_size.headers.items() if name != "content-length"}
        return {"method": with_size.method, "url": with_size.url, "headers": headers}

    async def completed(self, caller: Caller, file_id: str, asker: Asker) -> Outcome:
        """Have an upload checked, and say what the checker found.

        Raises `ApiError`: `schema_invalid` with what is wrong, `conflict` when nothing was uploaded, `outcome_unknown`
        when the checker needs longer; of the same file again: the same.
        """
        found = await self._file(caller, file_id, "board.upload")
        if found["status"] == "requested":
            async with _objects_reached():
                try:
                    await self._objects.head(files.upload_key(file_id))
                except ObjectMissing:
                    raise ApiError("conflict", "Nothing was uploaded to the file's address yet.") from None
        named = {"board_id": found["board_id"], "file_id": file_id}
        outcome = await self._asking.ask("files.complete_upload", named, asker)
        return Outcome(outcome.facts, await self.verdict(file_id))

    async def verdict(self, file_id: str, seconds: float = VERDICT_SECONDS) -> Made:
        """What the checker found, when it has. Raises `ApiError`."""
        deadline, wait = self._now() + seconds, FIRST_LOOK_SECONDS
        while True:
            found = await stored.file(self._pool, file_id)
            if found is None:
                raise not_found()
            if found["status"] == "ready":
                return Made(200, stored.shown(found))
            if found["status"] == "rejected":
                problem = Problem(found["path"], found["message"])
                detail = f"The file was refused: its {found['path'].removeprefix('/')} {found['message']}."
                raise ApiError("schema_invalid", detail, (problem,), decided=True)
            if self._now() >= deadline:
                raise ApiError("outcome_unknown", "The file is still being checked: repeat with the same key.")
            await asyncio.sleep(wait)
            wait = min(LOOK_SECONDS, wait * 1.5)

    async def location(self, caller: Caller, file_id: str, *, thumbnail: bool) -> tuple[str, str]:
        """Where the caller may read a file for some minutes, and what caches may do with that answer.

        Raises `ApiError` `not_found` for a file that is not ready and for one on no board of the caller's.
        """
        found = await self._file(caller, file_id, "board.view")
        if found["status"] != "ready":
            raise not_found()
        small = thumbnail and found["thumbnail"]
        key = (files.thumbnail_key if small else files.content_key)(file_id, found["sha256"])
        if self._cdn_url:
            return f"{self._cdn_url}/{key}", "private, max-age=3600"
        signed = await self._objects.presign_get(
            key,
            seconds=READ_SECONDS,
            content_type=files.THUMBNAIL_TYPE if small else found["mime"],
            content_disposition="inline" if small else files.disposition(found["mime"], found["name"]),
            cache_control=files.CACHED,
        )
        return signed.url, "no-store"

    async def make(self, caller: Caller, board_id: str, name: str, mime: str, content: bytes) -> str:
        """Make a file of bytes at hand, checked as any upload is; returns its id.

        The caller needs `board.upload` there; a hidden board takes its maker's. Raises `ApiError`: the refusal of the
        request (paths `/name`, `/mime`, `/size`, as the schema or the quota says) or of the checker.
        """
        file_id, asker = new_id(), Asker(caller.user_id, caller.link_id, session_id=caller.session_id)
        told = {"mime": mime, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        named = {"board_id": board_id, "file_id": file_id}
        await self._asking.ask("files.request_upload", {**named, "name": name, **told}, asker)
        async with _objects_reached():
            await self._objects.put(files.upload_key(file_id), content, content_type=mime)
        await self._asking.ask("files.complete_upload", named, asker)
        await self.verdict(file_id, PATIENT_SECONDS)
        return file_id

    async def read(self, caller: Caller, file_id: str) -> tuple[str, str, bytes]:
        """Name, type and bytes of a file that the caller may see. Raises `ApiError` `not_found`, `unavailable`."""
        found = await self._file(caller, file_id, "board.view")
        if found["status"] != "ready":
            raise not_found()
        async with _objects_reached():
            try:
                content = await self._objects.get(files.content_key(file_id, found["sha256"]), at_most=files.MAX_BYTES)
            except ObjectMissing:
                raise not_found() from None
        return found["name"], found["mime"], content

    async def share(self, caller: Caller, source_board_id: str, board_id: str, elements: Iterable[Json]) -> None:
        """Show the files that elements name, of a board that the caller sees, on another that he fills too.

        What is no file of the source is passed over. Raises `ApiError`.
        """
        named = list(dict.fromkeys(file_ids(elements)))
        asker = Asker(caller.user_id, caller.link_id, session_id=caller.session_id)
        for start in range(0, len(named), SHARED_AT_ONCE):
            some = named[start : start + SHARED_AT_ONCE]
            data = {"board_id": board_id, "source_board_id": source_board_id, "file_ids": some}
            await self._asking.ask("files.share_files", data, asker)

    async def _file(self, caller: Caller, file_id: str, permission: str) -> Row:
        """A file, when the caller holds the permission on its board; to read it, on any board that shows it.

        Raises `ApiError`: what the board itself would answer, `not_found` for all that the caller may not know of.
        """
        found = await stored.file(self._pool, file_id) if is_id(file_id) else None
        if found is None:
            raise not_found()
        if permission != "board.view":
            await self._rights.board_access(caller, found["board_id"], permission)
            return found
        for board_id in found["boards"]:
            try:
                await self._rights.board_access(caller, board_id, permission)
            except ApiError as error:
                if error.code not in ("not_found", "forbidden", "conflict"):
                    raise
            else:
                return found
        raise not_found()


def file_ids(elements: Iterable[Json]) -> list[str]:
    """The files that elements name, in their order; an editor's own names of pictures are none."""
    found = (element.get("fileId") for element in elements if element.get("type") == "image")
    return [file_id for file_id in found if isinstance(file_id, str) and is_id(file_id)]


@asynccontextmanager
async def _objects_reached() -> AsyncIterator[None]:
    """A store of objects that is away is `unavailable`: nothing happened."""
    try:
        yield
    except ObjectStoreError as error:
        raise ApiError("unavailable", "The store of files cannot be reached now.") from error

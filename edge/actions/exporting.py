"""The .excalidraw file of a board, piece by piece: a picture or some threads at a time, however many there are."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Final, TypeAlias

import asyncpg
import orjson

from edge.actions import pictures
from edge.actions.excalidraw_file import VERSION
from edge.actions.uploads import Uploads, file_ids
from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.queries import comments
from edge.queries.pages import MAX_LIMIT, Page, read_cursor

Json = dict[str, Any]
# The threads of a board, some at a time.
Threads: TypeAlias = AsyncGenerator[Sequence[Json], None]
# What of ours other editors pass over.
OURS: Final = "doska"
IMAGE: Final = b'"image"'


async def pieces(
    elements: bytes, *, title: str, source: str, threads: Threads | None, uploads: Uploads, caller: Caller
) -> AsyncGenerator[bytes, None]:
    """The file of a board, with the pictures that its elements show and that the caller may see.

    `elements` is their JSON array. Comments stand in a list of their own: an element's `customData` would go with the
    element, and a pin beside no element has none. Raises `ApiError` `unavailable`, also in the middle.
    """
    head = orjson.dumps({"type": "excalidraw", "version": VERSION, "source": source})
    state = orjson.dumps({"name": title})
    yield head[:-1] + b',"elements":' + elements + b',"appState":' + state
    before = b',"' + OURS.encode() + b'":{"comments":['
    if threads is not None:
        async with aclosing(threads):
            async for thread in (thread async for some in threads for thread in some):
                yield before + orjson.dumps(thread)
                before = b","
    yield b']},"files":{' if before == b"," else b',"files":{'
    before = b""
    # Reading a large board for its pictures is no work for the loop; most have none.
    named = (
        await asyncio.to_thread(lambda: dict.fromkeys(file_ids(orjson.loads(elements)))) if IMAGE in elements else {}
    )
    for file_id in named:
        try:
            _, mime, content = await uploads.read(caller, file_id)
        except ApiError as error:
            if error.code == "not_found":
                # It shows nothing on the board either.
                continue
            raise
        entry = pictures.written(file_id, mime, content, int(time.time() * 1000))
        yield before + orjson.dumps(file_id) + b":" + orjson.dumps(entry)
        before = b","
    yield b"}}"


async def said(pool: asyncpg.Pool, board_id: str) -> Threads:
    """All threads of a board, newest first, some at a time. Raises `ApiError`."""
    cursor: str | None = None
    while True:
        page = await comments.threads(pool, board_id, None, Page(MAX_LIMIT, read_cursor("comments", cursor)))
        yield page["items"]
        cursor = page["next"]
        if cursor is None:
            return

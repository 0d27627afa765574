"""Objects whose key says their content: written once, and whole."""

from typing import Final

import structlog

from topics.runtime.object_store import ObjectExists, ObjectStore

ENCODING: Final = "application/gzip"

log = structlog.get_logger(__name__)


async def put_once(store: ObjectStore, key: str, body: bytes) -> None:
    """Write an object, or see that what is said to be there is there, whole.

    The key says the content: another owner, or we before a crash, wrote the same. But a store may also speak of a
    write that is still on its way and may yet come to nothing, or have kept half of one that was cut off.

    Raises ObjectStoreError.
    """
    try:
        await store.put(key, body, content_type=ENCODING, only_new=True)
    except ObjectExists:
        found = await store.head(key)
        if found.size != len(body):
            log.warning("an object of the archive was half written", key=key, size=found.size, of=len(body))
            await store.put(key, body, content_type=ENCODING)

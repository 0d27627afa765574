"""The bytes of files in S3: read what was uploaded, keep what is good, delete what nobody needs."""

import hashlib

from consumers.file_checker.handler import Found, Told
from topics import files
from topics.runtime.object_store import ObjectMissing, ObjectStore, ObjectTooLarge


class FileStore:
    """Uploads and checked files."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def uploaded(self, told: Told) -> tuple[bytes | None, int | None]:
        """What was uploaded, and how many bytes: (None, None) for nothing, (None, size) for more than was told."""
        key = files.upload_key(told.file_id)
        try:
            content = await self._objects.get(key, at_most=told.size)
        except ObjectMissing:
            return None, None
        except ObjectTooLarge:
            return None, (await self._objects.head(key)).size
        return content, len(content)

    async def keep(self, told: Told, content: bytes, found: Found) -> None:
        """Put the checked bytes where nobody outside can write; the same bytes again change nothing.

        What the objects say of themselves only a CDN passes on: whoever is sent to S3 itself is told by his own address.
        """
        await self._objects.put(
            files.content_key(told.file_id, told.sha256),
            content,
            content_type=told.mime,
            content_disposition=files.disposition(told.mime, ""),
            cache_control=files.CACHED_BY_ALL,
        )
        if found.thumbnail is not None:
            await self._objects.put(
                files.thumbnail_key(told.file_id, told.sha256),
                found.thumbnail,
                content_type=files.THUMBNAIL_TYPE,
                cache_control=files.CACHED_BY_ALL,
            )

    async def drop(self, file_id: str, *, everything: bool) -> None:
        """Delete the upload of a file, and with `everything` what was kept of it."""
        keys = [files.upload_key(file_id)]
        if everything:
            keys += [each.key async for each in self._objects.list(files.folder(file_id))]
        await self._objects.delete(keys)


def sha256_of(content: bytes) -> str:
    """The hash as it is told: hexadecimal."""
    return hashlib.sha256(content).hexdigest()

"""Where the bytes of files lie in the object store, and how they may be shown: said once for edge and checker.

`uploads/<file_id>` is where a browser puts a file; an address to write there is good for minutes, so nothing is ever
served from it. What was checked is copied to `files/<file_id>/<sha256>`, which nobody outside can write.
"""

from typing import Final
from urllib.parse import quote

UPLOADS: Final = "uploads/"
FILES: Final = "files/"
THUMBNAIL_TYPE: Final = "image/webp"
# Pictures of pixels run nothing. An SVG or a PDF opened by itself may: a browser is told to save them.
INLINE: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# The content of a file never changes; who may not see it any more is not asked again by his own browser.
CACHED: Final = "private, max-age=31536000, immutable"
# The same for a CDN, which may keep it for everybody: who has the address may read it, and what was deleted is over in a day.
CACHED_BY_ALL: Final = "public, max-age=31536000, s-maxage=86400, immutable"
MAX_BYTES: Final = 50 * 1024 * 1024


def upload_key(file_id: str) -> str:
    """Where a file is put before it is checked."""
    return f"{UPLOADS}{file_id}"


def folder(file_id: str) -> str:
    """What the keys of a checked file begin with."""
    return f"{FILES}{file_id}/"


def content_key(file_id: str, sha256: str) -> str:
    """Where a checked file is. The hash makes the key one that nobody guesses, where a CDN serves it to anybody."""
    return f"{folder(file_id)}{sha256}"


def thumbnail_key(file_id: str, sha256: str) -> str:
    """Where the small picture of a checked file is."""
    return f"{folder(file_id)}{sha256}.webp"


def disposition(mime: str, name: str) -> str:
    """The Content-Disposition of a file: only pictures of pixels are shown, and the name is nobody's markup."""
    plain = "".join(each if each.isascii() and (each.isalnum() or each in " ._-") else "_" for each in name).strip(" .")
    kind = "inline" if mime in INLINE else "attachment"
    return f"{kind}; filename=\"{plain or 'file'}\"; filename*=UTF-8''{quote(name, safe='')}"

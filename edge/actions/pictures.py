"""Pictures on their way: in a file they are text under `files`, on a board they are files of their own."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edge.actions.uploads import Uploads
from edge.auth.callers import Caller
from edge.errors import ApiError, at
from schemas.problems import Problem, pointer

Json = dict[str, Any]
DATA_URL: Final = re.compile(r"data:([a-z]+/[a-z0-9.+-]+)(?:;charset=[a-zA-Z0-9-]+)?;base64,")
KINDS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
}
# Each is uploaded and looked at by itself, while others wait for their turn to import.
MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture in a file, and what it says they are."""

    mime: str
    content: bytes

    @property
    def name(self) -> str:
        """What the file of the board is called: the editor keeps no names of pictures."""
        return f"picture.{KINDS[self.mime]}"


def found(file: Mapping[str, Any], elements: Sequence[Json], *, most: int = MOST) -> dict[str, Picture]:
    """The pictures of a file that its elements show, by their keys in it; others are left out.

    Raises `ApiError`: `schema_invalid` at `/files/<key>` for one that is none, `too_large` for more than `most`.
    """
    files = file.get("files")
    if files is None:
        return {}
    if not isinstance(files, dict):
        raise at("schema_invalid", "/files", "The pictures of a file are an object.")
    shown = {_shows(each) for each in elements if not each.get("isDeleted")}
    keys = [key for key in files if key in shown]
    if len(keys) > most:
        raise at("too_large", "/files", f"A file has at most {most} pictures that it shows, and this one {len(keys)}.")
    return {key: _picture(key, files[key]) for key in keys}


async def uploaded(uploads: Uploads, caller: Caller, board_id: str, pictures: Mapping[str, Picture]) -> dict[str, str]:
    """Make the pictures files of a board: their new ids by their keys. Raises `ApiError`, with paths into the file."""
    made = {}
    for key, picture in pictures.items():
        try:
            made[key] = await uploads.make(caller, board_id, picture.name, picture.mime, picture.content)
        except ApiError as error:
            if error.code not in ("schema_invalid", "conflict", "too_large"):
                raise
            why = "; ".join(each.message for each in error.errors) or error.detail
            raise ApiError(error.code, error.detail, (Problem(pointer("files", key), why),)) from error
    return made


def rewritten(elements: Sequence[Json], made: Mapping[str, str]) -> list[Json]:
    """The elements with the new ids of their pictures."""
    return [
        each if (key := _shows(each)) is None or key not in made else {**each, "fileId": made[key], "status": "saved"}
        for each in elements
    ]


def written(file_id: str, mime: str, content: bytes, created_ms: int) -> Json:
    """An entry of `files`, as the editor reads it."""
    address = f"data:{mime};base64,{base64.b64encode(content).decode()}"
    return {"id": file_id, "mimeType": mime, "dataURL": address, "created": created_ms}


def _shows(element: Json) -> str | None:
    """The key of the picture that an element shows; what is no text shows none, and the schema says where it stands."""
    key = element.get("fileId") if element.get("type") == "image" else None
    return key if isinstance(key, str) else None


def _picture(key: str, entry: object) -> Picture:
    def refused(why: str) -> ApiError:
        return at("schema_invalid", pointer("files", key), why)

    address = entry.get("dataURL") if isinstance(entry, dict) else None
    head = DATA_URL.match(address) if isinstance(address, str) else None
    if head is None or not isinstance(address, str):
        raise refused("A picture has a dataURL, in base64.")
    mime = head[1]
    if mime not in KINDS:
        raise refused(f"{mime} is no picture that a board shows: {', '.join(KINDS)}.")
    try:
        return Picture(mime, base64.b64decode(address[head.end() :], validate=True))
    except (binascii.Error, ValueError):
        raise refused("The dataURL is no base64.") from None

"""What a fact about a file means for its bytes, and whether what was found is what was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Path = Literal["/size", "/sha256", "/mime"]


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a file before it was uploaded."""

    board_id: str
    file_id: str
    mime: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Bytes that nobody needs any more: the upload of a settled file, or everything of one that is gone."""

    file_id: str
    everything: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a file is refused, and which of the things told of it is wrong."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at the content gave: its type, pixels where it has some, or what is wrong with it."""

    mime: str | None = None
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None
    wrong: Reason | None = None


def wanted(name: str, data: Mapping[str, Any]) -> Told | Spent | None:
    """What is to be done about a fact."""
    match name:
        case "files.file_uploaded":
            return Told(data["board_id"], data["file_id"], data["mime"], data["size"], data["sha256"])
        case "files.file_ready":
            return Spent(data["file_id"], everything=False)
        case "files.file_rejected" | "files.file_deleted":
            return Spent(data["file_id"], everything=True)
    return None


def bytes_refused(told: Told, size: int | None, sha256: str | None) -> Reason | None:
    """What is wrong with the bytes themselves; None where they are those that were told. `size` None: none came."""
    if size is None:
        return Reason("/size", "nothing was uploaded")
    if size != told.size:
        return Reason("/size", f"is {told.size}, and {size} bytes were uploaded")
    if sha256 != told.sha256:
        return Reason("/sha256", "is not that of what was uploaded")
    return None


def content_refused(told: Told, found: Found) -> Reason | None:
    """What is wrong with the content: another type than was told comes before what is wrong inside it."""
    if found.mime is None:
        return found.wrong or Reason("/mime", f"is {told.mime}, and the content is of no type that is taken")
    if found.mime != told.mime:
        return Reason("/mime", f"is {told.mime}, and the content is {found.mime}")
    return found.wrong


def settled(told: Told, reason: Reason | None, found: Found | None) -> dict[str, Any]:
    """The data of the action that tells the decider."""
    good = found if reason is None and found is not None else Found()
    return {
        "board_id": told.board_id,
        "file_id": told.file_id,
        "reason": None if reason is None else {"path": reason.path, "message": reason.message},
        "width": good.width,
        "height": good.height,
        "thumbnail": good.thumbnail is not None,
    }

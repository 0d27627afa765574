"""An .excalidraw file, read into elements that the log takes, or refused with the place of what it does not take."""

import secrets
import string
from collections.abc import Callable, Sequence
from typing import Any, Final

from edge.actions import ordering
from edge.actions.circles import refuse_circles
from edge.actions.element_defaults import completed
from edge.actions.renaming import Names, renamed
from edge.errors import ApiError, at

Json = dict[str, Any]
MEDIA_TYPE: Final = "application/vnd.excalidraw+json"
VERSION: Final = 2
ID_CHARACTERS: Final = string.ascii_letters + string.digits + "_-"
# On a new board nothing competes with an element, so a version that only a server may write can begin anew.
HIGHEST_CLIENT_VERSION: Final = 2**30
HIGHEST_VERSION: Final = 2**31 - 1
# Three bytes of a file are an element, and with all its defaults it takes two thousand in memory. A file of ours of the
# largest size that is taken has fewer: none of its elements has under 450 bytes.
MOST_ELEMENTS: Final = 150_000

Random = Callable[[int], int]


def read(file: Any, *, now_ms: int, random: Random = secrets.randbelow, most: int = MOST_ELEMENTS) -> list[Json]:
    """The elements of a file, complete and in its order; each stands at the same index as in the file.

    They still have to pass the schema: what is there and wrong stays as it is, so that its path is right.
    Raises `ApiError`: `schema_invalid` for what is no file of elements, `too_large` for more than `most` of them.
    """
    elements = _elements(file, most)
    names = Names(lambda: "".join(ID_CHARACTERS[random(len(ID_CHARACTERS))] for _ in range(21)))
    made = [
        completed(renamed(_modern(element), names), seed=random(2**31), nonce=random(2**31), now_ms=now_ms)
        for element in elements
    ]
    for element, index in zip(made, _indices(made), strict=True):
        element["index"] = index
        if _is_between(element.get("version"), HIGHEST_CLIENT_VERSION, HIGHEST_VERSION):
            element["version"] = 1
    _refuse_doubles(made)
    refuse_circles(made)
    return made


def _elements(file: Any, most: int) -> Sequence[Json]:
    if not isinstance(file, dict):
        raise at("schema_invalid", "", "A file is an object with a list of elements.")
    if file.get("type", "excalidraw") != "excalidraw":
        raise at("schema_invalid", "/type", "Only files of type excalidraw are read here.")
    elements = file.get("elements")
    if not isinstance(elements, list):
        raise at("schema_invalid", "/elements", "There must be a list of elements.")
    if len(elements) > most:
        raise at("too_large", "/elements", f"A file has at most {most} elements, and this one {len(elements)}.")
    for index, element in enumerate(elements):
        if not isinstance(element, dict):
            raise at("schema_invalid", f"/elements/{index}", "An element is an object.")
    return elements


def _modern(element: Json) -> Json:
    """Strokes of the first files were of type `draw`; the editor reads them as lines, and so do we."""
    return {**element, "type": "line"} if element.get("type") == "draw" else element


def _indices(elements: Sequence[Json]) -> list[Any]:
    """Order keys for those that have none; a key of another kind stays where it is, for the schema to refuse."""
    given = [element.get("index") for element in elements]
    if all(key is not None for key in given):
        return given
    made = ordering.completed([key if _is_key(key) else None for key in given])
    return [new if old is None or _is_key(old) else old for old, new in zip(given, made, strict=True)]


def _is_key(key: Any) -> bool:
    return isinstance(key, str) and ordering.is_key(key)


def _is_between(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and low < value <= high


def _refuse_doubles(elements: Sequence[Json]) -> None:
    seen: set[str] = set()
    for index, element in enumerate(elements):
        identifier = element.get("id")
        if not isinstance(identifier, str):
            continue
        if identifier in seen:
            raise at("schema_invalid", f"/elements/{index}/id", "An element of the file already has this id.")
        seen.add(identifier)


def refused(error: ApiError, offset: int) -> ApiError:
    """The refusal of some elements of a file, with paths into the file: `offset` stood before them."""
    prefix = "/elements/"
    moved = []
    for one in error.errors:
        head, _, rest = one.path.removeprefix(prefix).partition("/")
        if one.path.startswith(prefix) and head.isdigit():
            path = f"{prefix}{int(head) + offset}" + (f"/{rest}" if rest else "")
            moved.append(type(one)(path, one.message))
        else:
            moved.append(one)
    return ApiError(error.code, error.detail, moved, retry_after=error.retry_after)

"""What JSON Schema cannot say about elements that a client sends."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from schemas.boards.links import dangerous, embeddable
from schemas.problems import Problem, pointer

CLIENT_VERSION_LIMIT = 2**30  # above it stand the server's own repairs, which must be able to win
ELEMENT_BYTES = 256 * 1024


def check_elements(elements: Sequence[Mapping[str, Any]], embed_hosts: Iterable[str]) -> list[Problem]:
    """What is wrong with elements that match the schema; paths start at `/elements`.

    A tombstone of an embed may name any host: nobody sees it, and a host taken from the list must not make
    the embeds on it undeletable.
    """
    found: list[Problem] = []
    seen: set[str] = set()
    hosts = tuple(embed_hosts)
    for index, element in enumerate(elements):
        if element["id"] in seen:
            found.append(_problem(index, "id", "is in this op twice"))
        seen.add(element["id"])
        if element["version"] > CLIENT_VERSION_LIMIT:
            found.append(_problem(index, "version", f"must be at most {CLIENT_VERSION_LIMIT}"))
        link = element["link"]
        if not link:
            continue
        if dangerous(link):
            found.append(_problem(index, "link", "must be http, https, mailto, tel, a path of this site or plain text"))
        elif element["type"] == "embeddable" and not element["isDeleted"] and not embeddable(link, hosts):
            found.append(_problem(index, "link", "is on a host that may not be embedded here"))
    return found


def sizes(elements: Sequence[Any], limit: int = ELEMENT_BYTES) -> list[Problem]:
    """The elements that are too large as they would be written to the log (`too_large`, not `schema_invalid`).

    Takes anything, so that it can run before the schema does.
    """
    return [
        Problem(pointer("elements", index), f"has {written} bytes, at most {limit} are allowed")
        for index, element in enumerate(elements)
        if (written := len(orjson.dumps(element))) > limit
    ]


def _problem(index: int, field: str, message: str) -> Problem:
    return Problem(pointer("elements", index, field), message)

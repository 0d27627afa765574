"""Events and profiles as Mixpanel takes them: pure functions of what the mapping made of a fact."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from topics.exports.mapped import Mapped

# Values that Mixpanel refuses as somebody's id.
NOBODY: Final = ""
INSERT_ID: Final = re.compile(r"[A-Za-z0-9-]{1,36}")
EVENT_BYTES: Final = 1_000_000
PROPERTIES: Final = 255
DEPTH: Final = 3
ITEMS: Final = 255


def event(mapped: Mapped) -> Mapping[str, Any] | None:
    """The event of a fact for `/import`; None where the fact only changes a profile.

    Id and time are the fact's own: Mixpanel counts what it gets twice once, by event, person, time and id.
    """
    if mapped.name is None:
        return None
    # Without an `ip` Mixpanel would put everybody where this server stands.
    own = {
        "time": mapped.time_ms,
        "distinct_id": mapped.user_id or NOBODY,
        "$insert_id": mapped.fact_id,
        "ip": "0",
    }
    return {"event": mapped.name, "properties": {**mapped.properties, **own}}


def updates(mapped: Mapped, token: str) -> Sequence[Mapping[str, Any]]:
    """The updates of a profile for `/engage`: only such as change nothing when they come twice."""
    change = mapped.profile
    if change is None or mapped.user_id is None:
        return []
    who = {"$token": token, "$distinct_id": mapped.user_id}
    if change.delete:
        return [{**who, "$delete": "null", "$ignore_alias": True}]
    found: list[Mapping[str, Any]] = []
    if change.set:
        found.append({**who, "$set": change.set})
    if change.forget:
        found.append({**who, "$unset": list(change.forget)})
    return found


def excess(event: Mapping[str, Any], size: int) -> str | None:
    """What of Mixpanel's limits an event of `size` bytes breaks, in words; None when it may be sent."""
    properties = event["properties"]
    if size >= EVENT_BYTES:
        return f"the event has {size} bytes, and Mixpanel takes less than {EVENT_BYTES}"
    if len(properties) >= PROPERTIES:
        return f"the event has {len(properties)} properties, and Mixpanel takes less than {PROPERTIES}"
    if not INSERT_ID.fullmatch(properties["$insert_id"]):
        return "the id of the fact is none that Mixpanel takes"
    for name, value in properties.items():
        if (found := _deep(value)) is not None:
            return f"the property {name} {found}"
    return None


def _deep(value: Any, depth: int = 1) -> str | None:
    if depth > DEPTH + 1:
        return f"is nested deeper than {DEPTH}"
    if isinstance(value, Mapping | list):
        if len(value) >= ITEMS:
            return f"holds {len(value)} things, and Mixpanel takes less than {ITEMS}"
        inner = value.values() if isinstance(value, Mapping) else value
        return next((found for each in inner if (found := _deep(each, depth + 1)) is not None), None)
    return None

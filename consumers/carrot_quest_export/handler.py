"""Events and user properties as Carrot Quest takes them: pure functions of what the mapping made of a fact."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from topics.exports.mapped import Mapped

# In the properties of every event: how we recognise one whose acceptance we did not hear of.
MARK: Final = "event_uid"
TEXT: Final = 255
LIST: Final = 30
OPERATIONS: Final = 250
INTEGER: Final = 2**53
FORGOTTEN: Final = ""


def event(mapped: Mapped, *, tell_time: bool) -> Mapping[str, str] | None:
    """The form of `POST /users/{id}/events`; None where the fact only changes properties.

    With `created` an event says when it was, and triggers no messages: only for those of the past.
    """
    if mapped.name is None:
        return None
    params = {**mapped.properties, MARK: mapped.fact_id}
    form = {"by_user_id": "true", "event": mapped.name, "params": _json(params)}
    if tell_time:
        form["created"] = str(mapped.time_ms // 1000)
    return form


def properties(mapped: Mapped) -> Mapping[str, str] | None:
    """The form of `POST /users/{id}/props`: only operations that change nothing when they come twice."""
    change = mapped.profile
    if change is None:
        return None
    wanted = {**dict.fromkeys(change.forget, FORGOTTEN), **change.set}
    operations = [{"op": "update_or_create", "key": key, "value": value} for key, value in wanted.items()]
    if not operations:
        return None
    # The types are ours: "007" stays a text. An address that was unsubscribed stays so.
    fixed = {"by_user_id": "true", "parse_custom_props_type": "false", "double_subscribe": "false"}
    return {**fixed, "operations": _json(operations)}


def excess(mapped: Mapped) -> str | None:
    """What of Carrot Quest's limits a fact breaks, in words; None when it may be sent."""
    if mapped.name is not None and not 1 <= len(mapped.name) <= TEXT:
        return f"the event's name has {len(mapped.name)} characters, and Carrot Quest takes 1 to {TEXT}"
    if mapped.profile is None:
        return None
    if len(mapped.profile.set) + len(mapped.profile.forget) > OPERATIONS:
        return f"more than {OPERATIONS} properties"
    for name, value in mapped.profile.set.items():
        if (why := _untakable(value)) is not None:
            return f"the property {name} {why}"
    return None


def is_late(mapped: Mapped, now: datetime, late_seconds: float) -> bool:
    """Whether an event comes so late that it should say when it was."""
    return now.timestamp() - mapped.time_ms / 1000 > late_seconds


def is_among(fact_id: str, events: Sequence[Any]) -> bool:
    """Whether the event of a fact is among those that Carrot Quest shows of a person."""
    of_events = (each.get("props") for each in events if isinstance(each, dict))
    return any(isinstance(each, dict) and each.get(MARK) == fact_id for each in of_events)


def _untakable(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if abs(value) <= INTEGER else "is a larger number than Carrot Quest takes"
    if isinstance(value, str):
        return None if len(value) <= TEXT else f"is longer than {TEXT} characters"
    if isinstance(value, list):
        texts = all(isinstance(each, str) and len(each) <= TEXT for each in value)
        return None if texts and len(value) <= LIST else f"is no list of at most {LIST} texts"
    return "is neither a text, nor a whole number, nor a list of texts"


def _json(value: Any) -> str:
    """Arrays and objects stand as JSON in one field of a form."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

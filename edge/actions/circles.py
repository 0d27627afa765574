"""Refuses a file in which something lies inside itself: groups, frames, and texts in their shapes."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Final

from edge.errors import ApiError, at

Json = Mapping[str, Any]
# What an element lies in, by the field that says so.
PARENTS: Final = ("frameId", "containerId")


def refuse_circles(elements: Sequence[Json]) -> None:
    """Raises `ApiError` `schema_invalid` at the field of the first element that takes part in a circle."""
    for field in PARENTS:
        inside = {each["id"]: each[field] for each in elements if _is_text(each, "id") and _is_text(each, field)}
        caught = _circle({child: {parent} for child, parent in inside.items()})
        for place, each in enumerate(elements):
            if _is_text(each, "id") and each["id"] in caught and _is_text(each, field):
                raise _refused(place, field, "This element lies inside itself.")
    outer: dict[str, set[str]] = {}
    for each in elements:
        for inner, around in _nested(each):
            outer.setdefault(inner, set()).add(around)
    caught = _circle(outer)
    for place, each in enumerate(elements):
        if any(inner in caught and around in caught for inner, around in _nested(each)):
            raise _refused(place, "groupIds", "These groups lie inside each other.")


def _nested(element: Json) -> list[tuple[str, str]]:
    """Pairs of a group and the one around it; groups stand from the inside out."""
    groups = element.get("groupIds")
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        return []
    return list(pairwise(groups))


def _circle(graph: Mapping[str, set[str]]) -> frozenset[str]:
    """The members of one circle, nobody when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return frozenset(error.args[1])
    return frozenset()


def _is_text(element: Json, field: str) -> bool:
    return isinstance(element.get(field), str)


def _refused(place: int, field: str, why: str) -> ApiError:
    return at("schema_invalid", f"/elements/{place}/{field}", why)

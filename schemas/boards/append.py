"""Points appended to a stroke: the rule that every store, replay and browser shares (`append_vectors.json`).

An append takes effect only on the very state that its base names. So each one changes a state at most once, and what is
held only ever rises in the order of `merge.wins`. But unlike a whole element it does depend on its place in the log: an
append before its base changes nothing. Who starts from a later state than the log's beginning must therefore skip what
that state contains already, and not rely on the rule to see it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from schemas.boards.merge import Element, wins
from schemas.problems import Problem

APPEND: Final = "boards.append_points"
DRAW: Final = "boards.draw"

Op: TypeAlias = tuple[str, Mapping[str, Any]]

# The most bytes that a point and a pressure take as JSON: no double has more than 24 characters. Counted so, and not
# measured, because 1.0 and 1 are one number of other lengths, and every language must come to the same verdict.
POINT_BYTES: Final = 2 * 24 + 4
PRESSURE_BYTES: Final = 24 + 1
# Below the limit of an element (rules.ELEMENT_BYTES) by what its other fields take at most, customData and arrows apart.
STROKE_BYTES: Final = 240_000


def appended(op: Mapping[str, Any], held: Element | None) -> Element | None:
    """The element after an append; None when the append changes nothing.

    It changes nothing unless `held` is the base that the op names, a stroke that stands, whose points are still within
    bounds afterwards and which has no fields without a bound of their own: a stroke in the hand has none of them.
    """
    if held is None or held["type"] != "freedraw" or held["isDeleted"]:
        return None
    base = op["base"]
    if (held["version"], held["versionNonce"]) != (base["version"], base["versionNonce"]) or not wins(op, held):
        return None
    if "customData" in held or held.get("boundElements"):
        return None
    points, pressures = held.get("points"), held.get("pressures")
    more, pressed = op["points"], op.get("pressures") or []
    if not isinstance(points, list) or not isinstance(pressures, list) or len(pressed) not in (0, len(more)):
        return None
    if POINT_BYTES * (len(points) + len(more)) + PRESSURE_BYTES * (len(pressures) + len(pressed)) > STROKE_BYTES:
        return None
    return {
        **held,
        "version": op["version"],
        "versionNonce": op["versionNonce"],
        "updated": op["updated"],
        "width": op["width"],
        "height": op["height"],
        "points": [*points, *more],
        "pressures": [*pressures, *pressed],
    }


def changes(op: Op, held: Mapping[str, Element]) -> Iterator[Element]:
    """The elements that an op changes where `held` is what stands, by id."""
    type_, data = op
    if type_ == APPEND:
        grown = appended(data, held.get(data["element_id"]))
        if grown is not None:
            yield grown
        return
    for element in data["elements"]:
        if wins(element, held.get(element["id"])):
            yield element


def fold_ops(ops: Iterable[Op], held: Mapping[str, Element] | None = None) -> dict[str, Element]:
    """What ops of one board leave, in the order of the log, tombstones included; `held` is what stood before."""
    state = dict(held or {})
    for op in ops:
        for element in changes(op, state):
            state[element["id"]] = element
    return state


def check_append(data: Mapping[str, Any]) -> list[Problem]:
    """What JSON Schema cannot say about an append that a client sends."""
    found = []
    if not wins(data, data["base"]):
        found.append(Problem("/version", "must win over the base: be higher, or as high with a lower versionNonce"))
    pressures = data.get("pressures")
    if pressures and len(pressures) != len(data["points"]):
        found.append(Problem("/pressures", "must be one for each point, or none"))
    return found

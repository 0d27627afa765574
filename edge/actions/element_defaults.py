"""What the editor puts where a file of its own leaves a field of an element out."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Json = dict[str, Any]
# The editor's line heights by font; a font not here has the first one's.
LINE_HEIGHTS: Final = {1: 1.25, 2: 1.15, 3: 1.2, 5: 1.25, 6: 1.35, 7: 1.15, 8: 1.25, 9: 1.15}
FONT: Final = 5

BASIC: Final[Mapping[str, Any]] = {
    "x": 0,
    "y": 0,
    "width": 0,
    "height": 0,
    "angle": 0,
    "strokeColor": "#1e1e1e",
    "backgroundColor": "transparent",
    "fillStyle": "solid",
    "strokeWidth": 2,
    "strokeStyle": "solid",
    "roundness": None,
    "roughness": 1,
    "opacity": 100,
    "version": 1,
    "isDeleted": False,
    "groupIds": [],
    "frameId": None,
    "boundElements": [],
    "link": None,
    "locked": False,
}
# Not defaults: `id` and `index` come from the whole file, `seed`, `versionNonce` and `updated` from outside.
GIVEN: Final = frozenset({"id", "type", "index", "seed", "versionNonce", "updated"})
# May be there, need not be.
OPTIONAL: Final = frozenset({"customData"})

LINEAR: Final[Mapping[str, Any]] = {
    "lastCommittedPoint": None,
    "startBinding": None,
    "endBinding": None,
    "startArrowhead": None,
    "endArrowhead": None,
}
BY_TYPE: Final[Mapping[str, Mapping[str, Any]]] = {
    "rectangle": {},
    "ellipse": {},
    "diamond": {},
    "embeddable": {},
    "frame": {"name": None},
    "line": LINEAR,
    "arrow": {**LINEAR, "endArrowhead": "arrow", "elbowed": False},
    "freedraw": {"points": [], "pressures": [], "simulatePressure": True, "lastCommittedPoint": None},
    "text": {
        "text": "",
        "fontSize": 20,
        "fontFamily": FONT,
        "textAlign": "left",
        "verticalAlign": "top",
        "containerId": None,
        "autoResize": True,
    },
    "image": {"fileId": None, "status": "pending", "scale": [1, 1], "crop": None},
}
OPTIONAL_BY_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "line": frozenset({"polygon"}),
    "arrow": frozenset({"fixedSegments", "startIsSpecial", "endIsSpecial"}),
}
# What depends on other fields of the same element.
DERIVED: Final[Mapping[str, Mapping[str, Callable[[Json], Any]]]] = {
    "line": {"points": lambda element: [[0, 0], [element["width"], element["height"]]]},
    "arrow": {"points": lambda element: [[0, 0], [element["width"], element["height"]]]},
    "text": {
        "originalText": lambda element: element["text"],
        "lineHeight": lambda element: LINE_HEIGHTS.get(_whole(element["fontFamily"]), LINE_HEIGHTS[FONT]),
    },
}
BINDING: Final[Mapping[str, Any]] = {"focus": 0, "gap": 1}
BINDING_FIELDS: Final = frozenset({"elementId", "focus", "gap", "fixedPoint"})


def fields(kind: str) -> frozenset[str]:
    """Every field that an element of this type may have."""
    return (
        GIVEN
        | OPTIONAL
        | BASIC.keys()
        | BY_TYPE[kind].keys()
        | DERIVED.get(kind, {}).keys()
        | OPTIONAL_BY_TYPE.get(kind, frozenset())
    )


def completed(element: Json, *, seed: int, nonce: int, now_ms: int) -> Json:
    """The element with each missing field filled in and each unknown one moved into `customData`.

    What is there and wrong stays as it is: the schema says where. An unknown type is all that is wrong with its element.
    """
    kind = element.get("type")
    fresh = {"seed": seed, "versionNonce": nonce, "updated": now_ms}
    if not isinstance(kind, str) or kind not in BY_TYPE:
        return {**_copied(BASIC), **fresh, **element}
    made: Json = {**_copied(BASIC), **fresh, **_copied(BY_TYPE[kind])}
    known = fields(kind)
    unknown = {name: value for name, value in element.items() if name not in known}
    made |= {name: value for name, value in element.items() if name in known}
    for name, derive in DERIVED.get(kind, {}).items():
        if name not in element:
            made[name] = derive(made)
    for name in ("startBinding", "endBinding"):
        if isinstance(made.get(name), dict):
            made[name], more = _binding(made[name])
            if more:
                unknown[name] = more
    if unknown:
        kept = made.get("customData", {})
        made["customData"] = {**unknown, **kept} if isinstance(kept, dict) else kept
    return made


def _binding(binding: Json) -> tuple[Json, Json]:
    """A binding with its defaults, and what newer editors put there beside."""
    known = {name: value for name, value in binding.items() if name in BINDING_FIELDS}
    return {**BINDING, **known}, {name: value for name, value in binding.items() if name not in BINDING_FIELDS}


def _copied(defaults: Mapping[str, Any]) -> Json:
    return {name: list(value) if isinstance(value, list) else value for name, value in defaults.items()}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else FONT

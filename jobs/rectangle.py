"""What measurements draw: a rectangle, as the editor sends it."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

# About 680 bytes on the log.
RECTANGLE: Final[Mapping[str, Any]] = {
    "type": "rectangle",
    "width": 120,
    "height": 80,
    "angle": 0,
    "strokeColor": "#1e1e1e",
    "backgroundColor": "transparent",
    "fillStyle": "solid",
    "strokeWidth": 2,
    "strokeStyle": "solid",
    "roughness": 1,
    "opacity": 100,
    "groupIds": [],
    "frameId": None,
    "index": "a0",
    "roundness": {"type": 3},
    "seed": 1083297840,
    "isDeleted": False,
    "boundElements": [],
    "updated": 1795242592886,
    "link": None,
    "locked": False,
}


def element(**changes: Any) -> dict[str, Any]:
    """A new rectangle."""
    fresh = {"id": secrets.token_urlsafe(15), "version": 1, "versionNonce": secrets.randbelow(2**31), "x": 0, "y": 0}
    return {**RECTANGLE, **fresh, **changes}

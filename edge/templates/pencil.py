"""Draws the elements of a template: notes, words, boxes, lines, as the editor would have them."""

import zlib
from typing import Any, Final

Json = dict[str, Any]

INK: Final = "#1e1e1e"
PALE: Final = "#868e96"
YELLOW: Final = "#ffec99"
GREEN: Final = "#b2f2bb"
BLUE: Final = "#a5d8ff"
ORANGE: Final = "#ffd8a8"
VIOLET: Final = "#d0bfff"
RED: Final = "#ffc9c9"
GREY: Final = "#f1f3f5"
HAND: Final = 5
LINE_HEIGHT: Final = 1.25
# About the width of a letter of the editor's handwriting, in parts of its size.
LETTER: Final = 0.52


class Pencil:
    """Keeps what was drawn, in order. What it draws is the same each time: ids and seeds follow from the order."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.elements: list[Json] = []

    def words(self, x: float, y: float, text: str, *, size: int = 20, color: str = INK) -> Json:
        """Plain text with its left upper corner at a place."""
        width, height = _measure(text, size)
        return self._add("text", x, y, width, height, **_writing(text, size), strokeColor=color)

    def box(
        self, x: float, y: float, width: float, height: float, *, color: str = "transparent", stroke: str = INK
    ) -> Json:
        """A rectangle with round corners."""
        rounded = {"roundness": {"type": 3}}
        return self._add("rectangle", x, y, width, height, backgroundColor=color, strokeColor=stroke, **rounded)

    def ellipse(self, x: float, y: float, width: float, height: float, *, color: str) -> Json:
        """An ellipse in a box."""
        return self._add("ellipse", x, y, width, height, backgroundColor=color, roundness={"type": 2})

    def note(self, x: float, y: float, text: str, *, color: str, width: float = 180, height: float = 110) -> Json:
        """A card with its words in the middle; the words belong to it and move along."""
        card = self.box(x, y, width, height, color=color)
        self.inside(card, text)
        return card

    def inside(self, card: Json, text: str, *, size: int = 20) -> Json:
        """Words in the middle of a shape."""
        width, height = _measure(text, size)
        centre = {"x": card["x"] + (card["width"] - width) / 2, "y": card["y"] + (card["height"] - height) / 2}
        written = self._add("text", **centre, width=width, height=height, **_writing(text, size))
        written |= {"containerId": card["id"], "textAlign": "center", "verticalAlign": "middle"}
        card["boundElements"] = [*card["boundElements"], {"type": "text", "id": written["id"]}]
        return written

    def line(self, x: float, y: float, dx: float, dy: float, *, color: str = PALE, dashed: bool = False) -> Json:
        """A straight line."""
        return self._path("line", x, y, dx, dy, color=color, dashed=dashed)

    def arrow(self, x: float, y: float, dx: float, dy: float, *, color: str = INK) -> Json:
        """A straight arrow."""
        return self._path("arrow", x, y, dx, dy, color=color, dashed=False)

    def _path(self, kind: str, x: float, y: float, dx: float, dy: float, *, color: str, dashed: bool) -> Json:
        heads = {"startArrowhead": None, "endArrowhead": "arrow" if kind == "arrow" else None}
        more = {"elbowed": False} if kind == "arrow" else {}
        return self._add(
            kind,
            x,
            y,
            abs(dx),
            abs(dy),
            strokeColor=color,
            strokeStyle="dashed" if dashed else "solid",
            points=[[0, 0], [dx, dy]],
            lastCommittedPoint=None,
            startBinding=None,
            endBinding=None,
            **heads,
            **more,
        )

    def _add(self, kind: str, x: float, y: float, width: float, height: float, **more: Any) -> Json:
        place = len(self.elements)
        seed = zlib.crc32(f"{self._name} {place}".encode()) >> 1
        element: Json = {
            "id": f"{self._name}-{place:03d}",
            "type": kind,
            "x": round(x, 2),
            "y": round(y, 2),
            "width": round(width, 2),
            "height": round(height, 2),
            "angle": 0,
            "strokeColor": INK,
            "backgroundColor": "transparent",
            "fillStyle": "solid",
            "strokeWidth": 2,
            "strokeStyle": "solid",
            "roughness": 1,
            "opacity": 100,
            "groupIds": [],
            "frameId": None,
            "index": None,
            "roundness": None,
            "seed": seed,
            "version": 1,
            "versionNonce": seed,
            "isDeleted": False,
            "boundElements": [],
            "updated": 1,
            "link": None,
            "locked": False,
        } | more
        self.elements.append(element)
        return element


def _writing(text: str, size: int) -> Json:
    return {
        "text": text,
        "originalText": text,
        "fontSize": size,
        "fontFamily": HAND,
        "textAlign": "left",
        "verticalAlign": "top",
        "containerId": None,
        "autoResize": True,
        "lineHeight": LINE_HEIGHT,
    }


def _measure(text: str, size: int) -> tuple[float, float]:
    lines = text.split("\n")
    return max(len(line) for line in lines) * size * LETTER, len(lines) * size * LINE_HEIGHT

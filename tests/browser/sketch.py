"""A small board that looks like work: a plan with notes, steps and arrows."""

from itertools import count
from typing import Any

Json = dict[str, Any]
INK = "#1e1e1e"
HAND = 5
LINE = 1.25
# About the width of a letter of the editor's handwriting, in parts of its size.
LETTER = 0.52
# Where it lies in the middle of a desk's screen.
RIGHT, DOWN = 250, 130


def sketch() -> list[Json]:
    """Elements as the editor sends them, in the order of the board."""
    places = count()
    draft = [
        _text(60, 20, "Spring release", 36),
        _text(62, 72, "what, who, until when", 20, "#868e96"),
    ]
    notes = (
        (60, 130, "#ffec99", "Interviews\n12 people"),
        (300, 130, "#b2f2bb", "Prototype\nin two weeks"),
        (540, 130, "#a5d8ff", "Pilot with\nthree teams"),
    )
    for x, y, color, words in notes:
        draft += [_shape("rectangle", x, y, 180, 120, color=color), _text(x + 24, y + 34, words, 20)]
    draft += [
        _arrow(248, 190, 44, 0),
        _arrow(488, 190, 44, 0),
        _shape("diamond", 310, 320, 160, 120, color="#ffd8a8"),
        _text(350, 365, "Good?", 20),
        _arrow(390, 262, 0, 52),
        _arrow(478, 380, 74, 0),
        _shape("ellipse", 560, 320, 150, 120, color="#d0bfff"),
        _text(596, 365, "Launch", 20),
        _arrow(302, 380, -92, -116),
        _text(160, 350, "once more", 16, "#868e96"),
        _stroke(62, 112, 250),
    ]
    return [element | _state(next(places)) | {"x": element["x"] + RIGHT, "y": element["y"] + DOWN} for element in draft]


def _state(place: int) -> Json:
    return {
        "id": f"sketch-{place:02d}",
        "index": f"a{chr(ord('A') + place)}",
        "seed": 7 + place,
        "versionNonce": 11 + place,
    }


def _common(kind: str, x: float, y: float, width: float, height: float) -> Json:
    return {
        "type": kind,
        "x": x,
        "y": y,
        "width": width,
        "height": height,
        "angle": 0,
        "strokeColor": INK,
        "backgroundColor": "transparent",
        "fillStyle": "solid",
        "strokeWidth": 2,
        "strokeStyle": "solid",
        "roughness": 1,
        "opacity": 100,
        "roundness": None,
        "groupIds": [],
        "frameId": None,
        "boundElements": [],
        "updated": 1,
        "link": None,
        "locked": False,
        "version": 1,
        "isDeleted": False,
    }


def _shape(kind: str, x: float, y: float, width: float, height: float, *, color: str) -> Json:
    rounded = {"roundness": {"type": 3 if kind == "rectangle" else 2}}
    return _common(kind, x, y, width, height) | rounded | {"backgroundColor": color}


def _text(x: float, y: float, words: str, size: int, color: str = INK) -> Json:
    lines = words.split("\n")
    width = max(len(line) for line in lines) * size * LETTER
    return _common("text", x, y, width, len(lines) * size * LINE) | {
        "strokeColor": color,
        "text": words,
        "originalText": words,
        "fontSize": size,
        "fontFamily": HAND,
        "textAlign": "left",
        "verticalAlign": "top",
        "containerId": None,
        "autoResize": True,
        "lineHeight": LINE,
    }


def _arrow(x: float, y: float, dx: float, dy: float) -> Json:
    return _common("arrow", x, y, abs(dx), abs(dy)) | {
        "roundness": {"type": 2},
        "points": [[0, 0], [dx, dy]],
        "lastCommittedPoint": None,
        "startBinding": None,
        "endBinding": None,
        "startArrowhead": None,
        "endArrowhead": "arrow",
        "elbowed": False,
    }


def _stroke(x: float, y: float, length: int) -> Json:
    points = [[step, (step // 10 % 3) - 1] for step in range(0, length, 10)]
    return _common("freedraw", x, y, length, 3) | {
        "strokeColor": "#2f9e44",
        "points": points,
        "pressures": [],
        "simulatePressure": True,
        "lastCommittedPoint": None,
    }

"""Whether an SVG draws and does nothing else; read with expat and nothing from outside. Pure, on the bytes alone."""

import re
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

NAMESPACE: Final = "http://www.w3.org/2000/svg"
SEPARATOR: Final = "\x01"
MAX_ELEMENTS: Final = 200_000
MAX_DEPTH: Final = 256
# What runs, or shows a page inside the picture.
ACTIVE: Final = frozenset({"script", "foreignobject", "iframe", "object", "embed", "handler", "listener"})
# Browsers pass over spaces and control characters in the name of a scheme.
NOT_LETTERS: Final = re.compile(r"[\x00-\x20]+")
BAD_SCHEMES: Final = (
    "javascript:",
    "vbscript:",
    "data:text/html",
    "data:application",
    "data:image/svg+xml",
    "data:text/xml",
)
LENGTH: Final = re.compile(r"\s*([0-9]{1,7}(?:\.[0-9]{0,9})?)\s*(?:px)?\s*")


class NotADrawing(Exception):
    """The bytes are no SVG at all."""


class ActiveDrawing(Exception):
    """An SVG that does more than draw; the text says what."""


@dataclass(slots=True)
class _Reading:
    """What the parser calls, and how far it is."""

    depth: int = 0
    elements: int = 0
    width: int | None = None
    height: int | None = None

    def started(self, name: str, attributes: dict[str, str]) -> None:
        """The beginning of an element."""
        self.depth += 1
        self.elements += 1
        space, _, local = name.rpartition(SEPARATOR)
        if self.elements == 1:
            if local != "svg" or space not in ("", NAMESPACE):
                raise NotADrawing(f"the root is <{local[:40]}>")
            self.width, self.height = _size(attributes)
        if self.elements > MAX_ELEMENTS or self.depth > MAX_DEPTH:
            raise ActiveDrawing("it has too many elements, or too deep ones")
        _check(local, attributes)

    def ended(self, _name: str) -> None:
        """The end of an element."""
        self.depth -= 1


def drawing(content: bytes) -> tuple[int | None, int | None]:
    """Width and height of an SVG in pixels, where it says them.

    Raises:
        NotADrawing: it is no XML, or its root is something else.
        ActiveDrawing: there is something in it that runs, or that only a bomb needs.
    """
    reading, parser = _Reading(), expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler, parser.EndElementHandler = reading.started, reading.ended
    parser.EntityDeclHandler, parser.ProcessingInstructionHandler = _entity, _instruction
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes no name for "this is all"
    except expat.ExpatError as error:
        if reading.elements:
            raise ActiveDrawing(f"it is broken: {error}") from error
        raise NotADrawing(str(error)) from error
    return reading.width, reading.height


def _entity(*_declared: object) -> None:
    raise ActiveDrawing("it declares entities of its own")


def _instruction(target: str, _data: str) -> None:
    if target.lower() != "xml":
        raise ActiveDrawing(f"it has an instruction for a processor: {target[:40]}")


def _check(local: str, attributes: dict[str, str]) -> None:
    if local.lower() in ACTIVE:
        raise ActiveDrawing(f"it has <{local}>")
    for qualified, value in attributes.items():
        name = qualified.rpartition(SEPARATOR)[2].lower()
        if name.startswith("on"):
            raise ActiveDrawing(f"it has the handler {name[:40]}")
        written = NOT_LETTERS.sub("", value).lower()
        # An animation may set a reference that is not there yet.
        if name in ("href", "src", "to", "from", "values", "by") and any(bad in written for bad in BAD_SCHEMES):
            raise ActiveDrawing(f"its {name} is a script or a page")


def _size(attributes: dict[str, str]) -> tuple[int | None, int | None]:
    width, height = (_pixels(attributes.get(name, "")) for name in ("width", "height"))
    if width is not None and height is not None:
        return width, height
    box = attributes.get("viewBox", "").replace(",", " ").split()
    if len(box) == 4:
        width, height = _pixels(box[2]), _pixels(box[3])
    return (width, height) if width is not None and height is not None else (None, None)


def _pixels(text: str) -> int | None:
    found = LENGTH.fullmatch(text)
    pixels = round(float(found[1])) if found else 0
    return pixels if 1 <= pixels <= 1_000_000 else None

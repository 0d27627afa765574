"""A look at one file in a process of its own, with less memory and time than a bomb needs; nothing of ours is in it.

    python -I -c "…; main()" FILE THUMBNAIL MAX_PIXELS MEMORY_BYTES CPU_SECONDS

It writes one JSON object: `mime, width, height, thumbnail` (whether THUMBNAIL was written) and `wrong` (path, message).
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from consumers.file_checker.drawings import ActiveDrawing, NotADrawing, drawing
from consumers.file_checker.kinds import hidden, kind_of, pdf_is_whole
from consumers.file_checker.pictures import TooManyPixels, Unreadable, picture

SVG = "image/svg+xml"
PDF = "application/pdf"
MEGABYTE = 1024 * 1024
WORDS = 300
REFUSALS: dict[type[Exception], tuple[str, str]] = {
    NotADrawing: ("/mime", "is of no type that is taken, by its content"),
    ActiveDrawing: ("/mime", "is an SVG that does more than draw"),
    TooManyPixels: ("/size", "is too large a picture"),
    MemoryError: ("/size", "is a picture that takes too much memory"),
    Unreadable: ("/mime", "is a picture that is cut off or broken"),
}


def main() -> None:
    """Bound this process, look, tell."""
    file, thumbnail, max_pixels, memory_bytes, cpu_seconds = sys.argv[1:]
    bound(int(memory_bytes), int(cpu_seconds))
    sys.stdout.write(json.dumps(look(Path(file).read_bytes(), Path(thumbnail), int(max_pixels))))


def bound(memory_bytes: int, cpu_seconds: int) -> None:
    """Take away from this process what no picture needs."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * MEGABYTE, 16 * MEGABYTE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def look(content: bytes, thumbnail: Path, max_pixels: int) -> dict[str, Any]:
    """What the content is, and what is wrong with it."""
    mime = kind_of(content)
    try:
        if mime is None:
            return _found(SVG, content, *drawing(content))
        if mime == PDF:
            return _found(PDF, content) if pdf_is_whole(content) else _wrong(PDF, "/mime", "is a PDF without its end")
        width, height, small = picture(content, mime, max_pixels)
    except tuple(REFUSALS) as error:
        path, words = REFUSALS[type(error)]
        told = {NotADrawing: None, ActiveDrawing: SVG}.get(type(error), mime)
        return _wrong(told, path, f"{words}: {error}".removesuffix(": "))
    found = _found(mime, content, width, height)
    if found["wrong"] is None:
        thumbnail.write_bytes(small)
        found["thumbnail"] = True
    return found


def _found(mime: str, content: bytes, width: int | None = None, height: int | None = None) -> dict[str, Any]:
    second = hidden(content, mime)
    if second is not None:
        return _wrong(mime, "/mime", f"is {mime}, and {second}")
    return {"mime": mime, "width": width, "height": height, "thumbnail": False, "wrong": None}


def _wrong(mime: str | None, path: str, message: str) -> dict[str, Any]:
    wrong = {"path": path, "message": message[:WORDS]}
    return {"mime": mime, "width": None, "height": None, "thumbnail": False, "wrong": wrong}

"""What a file is by its bytes, and whether a second file hides in it. Pure, on the bytes alone."""

import struct
from typing import Final

SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
# Where readers of PDF look for its beginning, and browsers for markup when nobody tells them a type.
PDF_WINDOW: Final = 1024
MARKUP_WINDOW: Final = 512
MARKUP: Final = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<svg")
# A ZIP is read from its end: a record of 22 bytes, and a comment of at most 64 KiB.
ZIP_END: Final = b"PK\x05\x06"
ZIP_DIRECTORY: Final = b"PK\x01\x02"
ZIP_END_BYTES: Final = 22
# Of a large one the end record holds no sizes: the locator before it leads to them.
ZIP64_LOCATOR: Final = b"PK\x06\x07"
ZIP64_LOCATOR_BYTES: Final = 20
ZIP_WINDOW: Final = ZIP_END_BYTES + 0xFFFF
PDF_END_WINDOW: Final = 4096


def kind_of(content: bytes) -> str | None:
    """The type that the beginning shows, None for one that is not taken; text is looked at by whoever reads XML."""
    for signature, mime in SIGNATURES:
        if content.startswith(signature):
            return mime
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def hidden(content: bytes, mime: str) -> str | None:
    """What else the bytes are, in words; None where they are one thing only.

    Such a file is shown as what it says it is and opened elsewhere as something else. Bytes after the end of a
    picture alone are no reason: cameras and phones append some.
    """
    if _is_zip(content):
        return "an archive (ZIP) hides in it"
    if mime != "application/pdf" and b"%PDF-" in content[:PDF_WINDOW]:
        return "a PDF hides in it"
    if mime != "image/svg+xml" and any(word in content[:MARKUP_WINDOW].lower() for word in MARKUP):
        return "a page (HTML) hides in it"
    return None


def pdf_is_whole(content: bytes) -> bool:
    """Whether a PDF has its end."""
    return b"%%EOF" in content[-PDF_END_WINDOW:]


def _is_zip(content: bytes) -> bool:
    """Whether a reader of archives would find one: an end record whose directory is where it says.

    The four bytes of the mark alone are in one of 65,000 photographs by chance.
    """
    start = max(0, len(content) - ZIP_WINDOW)
    at = content.rfind(ZIP_END, start)
    while at != -1:
        if at + ZIP_END_BYTES <= len(content):
            size, _offset, comment = struct.unpack_from("<IIH", content, at + 12)
            directory = at - size
            whole = at + ZIP_END_BYTES + comment <= len(content)
            if whole and directory >= 0 and content[directory : directory + 4] == ZIP_DIRECTORY:
                return True
            if whole and content[max(0, at - ZIP64_LOCATOR_BYTES) : at].startswith(ZIP64_LOCATOR):
                return True
        at = content.rfind(ZIP_END, start, at)
    return False

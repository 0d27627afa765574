"""Files as people and attackers upload them, made on the spot."""

import io
import struct
import zipfile
import zlib

from PIL import Image


def png(width: int = 64, height: int = 48, color: str = "teal") -> bytes:
    """A picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "PNG")
    return out.getvalue()


def jpeg(width: int = 64, height: int = 48, *, orientation: int = 1) -> bytes:
    """A photograph, held as EXIF says."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (width, height), "navy").save(out, "JPEG", exif=exif)
    return out.getvalue()


def bomb(width: int = 40_000, height: int = 40_000) -> bytes:
    """A PNG of a few kilobytes that would take gigabytes to draw."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def with_archive(content: bytes) -> bytes:
    """A picture for who looks at the beginning, an archive for who looks at the end."""
    out = io.BytesIO()
    out.write(content)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("payload.exe", "MZ")
    return out.getvalue()


def with_large_archive(content: bytes) -> bytes:
    """The same with an archive as those are that have more than fits into the record at their end (ZIP64)."""
    whole = with_archive(content)
    size, offset = struct.unpack_from("<II", whole, len(whole) - 10)
    # The place is counted from the beginning of the archive or of the file: readers take both.
    end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(whole) - 22, 1)
    short = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return whole[:-22] + end + locator + short


def svg(inside: str = "<rect width='9' height='9'/>", head: str = "") -> bytes:
    """A drawing."""
    return f"{head}<svg xmlns='http://www.w3.org/2000/svg' width='90' height='60'>{inside}</svg>".encode()


PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

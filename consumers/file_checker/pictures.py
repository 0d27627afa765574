"""Whether a picture of pixels can be drawn, how large it is, and its thumbnail. Pillow reads strangers' bytes here."""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps

FORMATS: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
THUMBNAIL_PIXELS: Final = 512
QUALITY: Final = 80
# EXIF: how a camera was held; these four change the sides.
ORIENTATION: Final = 0x0112
LYING: Final = frozenset({5, 6, 7, 8})


class TooManyPixels(Exception):
    """A picture that would take more memory than anybody has for it."""


class Unreadable(Exception):
    """A picture that is cut off or broken."""


def picture(content: bytes, mime: str, max_pixels: int) -> tuple[int, int, bytes]:
    """Width and height as they are seen, and a thumbnail as WebP without anything that was written beside the pixels.

    Raises:
        TooManyPixels: by what its head says, before a pixel was read.
        Unreadable: it does not decode, whatever the reason.
    """
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # One reader, and none that the bytes might ask for by themselves.
            with Image.open(io.BytesIO(content), formats=(FORMATS[mime],)) as opened:
                width, height = _bounded(opened.size, max_pixels)
                lies = opened.getexif().get(ORIENTATION, 1) in LYING
                small = _thumbnail(opened)
        out = io.BytesIO()
        small.save(out, "WEBP", quality=QUALITY, method=4)
    except (TooManyPixels, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise TooManyPixels(str(error)) from error
    except Exception as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error
    return (height, width, out.getvalue()) if lies else (width, height, out.getvalue())


def _bounded(size: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    width, height = size
    if width * height > max_pixels:
        raise TooManyPixels(f"{width} x {height} pixels, more than {max_pixels}")
    return size


def _thumbnail(opened: Image.Image) -> Image.Image:
    """The first frame, small and turned as the camera says. It decodes all of it, so what is cut off shows here."""
    # With a palette there is nothing between two colours.
    small = opened.convert("RGBA") if opened.mode in ("P", "PA") else opened
    # In place: a JPEG decodes to a fraction of its size at once.
    small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    turned = ImageOps.exif_transpose(small)
    transparent = "A" in turned.mode or "transparency" in turned.info
    shown = turned.convert("RGBA" if transparent else "RGB")
    # What a camera wrote beside the pixels (where, when, by whom) is nobody's business here.
    shown.info.clear()
    return shown

"""Strangers' bytes are looked at in a process of their own: what is taken, what is refused, what a bomb costs."""

import io
import json
import sys
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from consumers.file_checker.examination import _read, examine
from consumers.file_checker.examine import look
from consumers.file_checker.handler import Found
from consumers.file_checker.settings import CheckSettings
from tests.edge.samples import PDF, bomb, jpeg, png, svg, with_archive, with_large_archive
from topics.errors import Retry

SETTINGS = CheckSettings()


def looked(content: bytes, folder: Path) -> Found:
    """The same look in this process, which is quicker; that it happens in another one is proven below."""
    thumbnail = folder / "thumbnail"
    return _read(0, json.dumps(look(content, thumbnail, SETTINGS.max_pixels)).encode(), thumbnail)


def saved(kind: str, mode: str = "RGB", **options: object) -> bytes:
    """A picture of another format."""
    out = io.BytesIO()
    Image.new(mode, (600, 300)).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "mime", "size"),
    [
        (png(600, 300), "image/png", (600, 300)),
        (saved("PNG", "I;16"), "image/png", (600, 300)),
        (saved("PNG", "P", transparency=0), "image/png", (600, 300)),
        (saved("PNG", "1"), "image/png", (600, 300)),
        (jpeg(600, 300), "image/jpeg", (600, 300)),
        (jpeg(600, 300, orientation=6), "image/jpeg", (300, 600)),
        (saved("JPEG", "CMYK"), "image/jpeg", (600, 300)),
        (jpeg() + b"\0" * 4096, "image/jpeg", (64, 48)),
        (saved("GIF", "P", save_all=True, append_images=[Image.new("P", (600, 300), 1)]), "image/gif", (600, 300)),
        (saved("WEBP", "RGBA"), "image/webp", (600, 300)),
    ],
)
def test_a_picture_has_its_size_as_it_is_seen_and_a_thumbnail(
    content: bytes, mime: str, size: tuple[int, int], tmp_path: Path
) -> None:
    found = looked(content, tmp_path)

    assert (found.mime, (found.width, found.height), found.wrong) == (mime, size, None)
    assert found.thumbnail is not None
    with Image.open(io.BytesIO(found.thumbnail)) as small:
        assert small.format == "WEBP"
        assert max(small.size) == min(512, max(size))
        assert abs(small.width * size[1] - small.height * size[0]) <= max(size)
        assert "exif" not in small.info


@pytest.mark.parametrize(
    ("content", "mime", "size"),
    [
        (svg(), "image/svg+xml", (90, 60)),
        (svg(head="\ufeff<?xml version='1.0'?><!-- drawn --><!DOCTYPE svg>"), "image/svg+xml", (90, 60)),
        (b"<svg viewBox='0 0 12.4, 8'/>", "image/svg+xml", (12, 8)),
        (b"<svg width='100%' height='2em'><a href='https://example.org'/></svg>", "image/svg+xml", (None, None)),
        (PDF, "application/pdf", (None, None)),
    ],
)
def test_drawings_and_documents_have_no_thumbnail(
    content: bytes, mime: str, size: tuple[int | None, int | None], tmp_path: Path
) -> None:
    found = looked(content, tmp_path)

    assert (found.mime, (found.width, found.height), found.wrong, found.thumbnail) == (mime, size, None, None)


ENTITIES = "<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"
OUTSIDE = "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


@pytest.mark.parametrize(
    ("content", "path", "words"),
    [
        (b"", "/mime", "no type"),
        (b"MZ\x90\0", "/mime", "no type"),
        (b"<html><script>alert(1)</script></html>", "/mime", "no type"),
        (b"\x1f\x8b" + svg(), "/mime", "no type"),
        (png()[:-40], "/mime", "cut off or broken"),
        (png()[:60], "/mime", "cut off or broken"),
        (jpeg()[:200], "/mime", "cut off or broken"),
        (b"\x89PNG\r\n\x1a\n", "/mime", "cut off or broken"),
        (with_archive(png()), "/mime", "archive"),
        (with_archive(jpeg()), "/mime", "archive"),
        (with_large_archive(png()), "/mime", "archive"),
        (with_large_archive(PDF), "/mime", "archive"),
        (with_archive(PDF), "/mime", "archive"),
        (with_archive(svg()), "/mime", "broken"),
        (b"%PDF-1.4 and nothing", "/mime", "without its end"),
        (bomb(), "/size", "too large a picture"),
        (svg("<script>alert(1)</script>"), "/mime", "<script>"),
        (svg("<s:script xmlns:s='http://www.w3.org/2000/svg'/>"), "/mime", "<script>"),
        (svg("<foreignObject/>"), "/mime", "<foreignObject>"),
        (svg("<rect onload='alert(1)'/>"), "/mime", "handler onload"),
        (svg("<a href=' java\tscript:alert(1)'/>"), "/mime", "href"),
        (svg("<a xmlns:x='http://www.w3.org/1999/xlink' x:href='JavaScript:alert(1)'/>"), "/mime", "href"),
        (svg("<set attributeName='href' to='javascript:alert(1)'/>"), "/mime", "to"),
        (svg("<use href='data:image/svg+xml,&lt;svg/&gt;'/>"), "/mime", "href"),
        (svg(head="<?xml-stylesheet href='x.xsl' type='text/xsl'?>"), "/mime", "instruction"),
        (svg("&b;", head=ENTITIES), "/mime", "entities"),
        (svg("&x;", head=OUTSIDE), "/mime", "entities"),
        (b"<svg>" * 300, "/mime", "too many elements"),
        (b"<svg><rect>", "/mime", "broken"),
    ],
)
def test_what_is_refused_says_where_and_why(content: bytes, path: str, words: str, tmp_path: Path) -> None:
    found = looked(content, tmp_path)

    assert found.wrong is not None
    assert (found.wrong.path, found.thumbnail) == (path, None)
    assert words in found.wrong.message


@pytest.mark.parametrize("inside", [b"%PDF-1.4", b"<script>alert(1)</script>", b"<HTML><body>"])
def test_a_picture_that_begins_as_something_else_for_other_readers_is_refused(inside: bytes, tmp_path: Path) -> None:
    out, beside = io.BytesIO(), PngInfo()
    beside.add_text("Comment", inside)
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=beside)

    found = looked(out.getvalue(), tmp_path)

    assert found.wrong is not None
    assert found.wrong.path == "/mime"


async def test_a_look_in_another_process_finds_the_same(tmp_path: Path) -> None:
    for content in (png(600, 300), svg("<script/>"), b"MZ"):
        assert await examine(content, SETTINGS) == looked(content, tmp_path)


async def test_a_bomb_that_passes_the_head_dies_at_the_bound_of_its_own_process() -> None:
    lenient = SETTINGS.model_copy(update={"max_pixels": 10**10, "check_memory_bytes": 256 * 1024**2})

    found = await examine(bomb(), lenient)

    assert found.wrong is not None
    assert found.wrong.path in ("/size", "/mime")
    assert found.thumbnail is None


async def test_a_look_that_computes_too_long_is_the_files_doing() -> None:
    out = io.BytesIO()
    Image.effect_noise((5000, 5000), 90).save(out, "PNG", compress_level=1)

    found = await examine(out.getvalue(), SETTINGS.model_copy(update={"check_cpu_seconds": 0}))

    assert found.wrong is not None
    assert found.wrong.path == "/size"


@pytest.mark.parametrize(("verdict", "path"), [("0", None), ("1", "/sha256")])
async def test_the_scanner_says_no_by_its_exit_code(tmp_path: Path, verdict: str, path: str | None) -> None:
    scanner = tmp_path / "scanner.py"
    scanner.write_text(f"import sys, pathlib; assert pathlib.Path(sys.argv[1]).read_bytes(); sys.exit({verdict})")

    found = await examine(png(), SETTINGS.model_copy(update={"scan_command": f"{sys.executable} {scanner}"}))

    assert (None if found.wrong is None else found.wrong.path) == path


@pytest.mark.parametrize("command", ["{python} -c 'raise SystemExit(2)'", "/nowhere/scanner"])
async def test_a_scanner_that_is_away_is_waited_for(command: str) -> None:
    with pytest.raises(Retry):
        await examine(png(), SETTINGS.model_copy(update={"scan_command": command.replace("{python}", sys.executable)}))


async def test_the_process_that_looks_has_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSKA_S3_SECRET_KEY", "sesame")
    seen = tmp_path / "seen"
    scanner = tmp_path / "scanner.py"
    scanner.write_text(f"import os; open({str(seen)!r}, 'w').write(repr(dict(os.environ)))")

    await examine(png(), SETTINGS.model_copy(update={"scan_command": f"{sys.executable} {scanner}"}))

    assert "sesame" not in seen.read_text()

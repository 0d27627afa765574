"""The built web client: its files, its page for every address that a person may open, and how browsers keep them."""

import asyncio
import re
from pathlib import Path, PurePosixPath
from typing import Final

from aiohttp import web

from edge.errors import ApiError

FOLDER: Final = Path(__file__).parent.parent / "web" / "dist"
INDEX: Final = "index.html"
# The bundler writes a hash of the content into the names of its files; so do the editor's fonts.
HASHED_FOLDER: Final = "assets"
HASHED_NAME: Final = re.compile(r"[.-][0-9a-f]{16,}\.[a-z0-9]+\Z")
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
COMPRESSED: Final = (".br", ".gz")
UNBUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Doska</title>
<style>body{font:16px/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1>The web client is not built</h1>
<p>The server works; its pages are not there yet. Build them with <code>make web</code>
(or <code>npm ci &amp;&amp; npm run build</code> in <code>edge/web</code>) and reload.</p>
<p>What the server offers without them: <a href="/docs">/docs</a>.</p></html>
"""


def install(app: web.Application, folder: Path = FOLDER) -> None:
    """Serve everything that is no part of the API."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await _serve(request, folder)

    app.router.add_get(r"/{path:(?!api(?:/|\Z)).*}", handle)


async def _serve(request: web.Request, folder: Path) -> web.StreamResponse:
    path = request.match_info["path"]
    file = await asyncio.to_thread(_file, folder, path)
    if file is not None:
        return _answer(file, path)
    if not _is_page(request, path):
        raise ApiError("not_found", "There is nothing at this address.")
    index = folder / INDEX
    if not await asyncio.to_thread(index.is_file):
        return web.Response(status=503, text=UNBUILT, content_type="text/html", charset="utf-8")
    return _answer(index, INDEX)


def _file(folder: Path, path: str) -> Path | None:
    """The file of a path, never outside of the folder, never a compressed twin by its own name."""
    parts = PurePosixPath(path).parts
    if not parts or any(part.startswith((".", "/")) or "\0" in part for part in parts) or path.endswith(COMPRESSED):
        return None
    file = folder.joinpath(*parts)
    try:
        inside = file.resolve().is_relative_to(folder.resolve())
        return file if inside and file.is_file() else None
    except OSError:
        return None


def _answer(file: Path, path: str) -> web.StreamResponse:
    """A file, from its compressed twin where there is one and the browser takes it."""
    response = web.FileResponse(file)
    response.headers["Cache-Control"] = FOR_EVER if _is_hashed(path) else ASK_AGAIN
    response.headers["Content-Type"] = TYPES.get(file.suffix, "application/octet-stream") + (
        "; charset=utf-8" if file.suffix in (".html", ".js", ".css", ".json", ".txt", ".svg") else ""
    )
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _is_hashed(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return parts[0] == HASHED_FOLDER or HASHED_NAME.search(parts[-1]) is not None


def _is_page(request: web.Request, path: str) -> bool:
    """Whether a person asks for a page, and not a script for a file that is no more."""
    accept = request.headers.get("Accept", "*/*")
    if "text/html" in accept:
        return True
    return "*/*" in accept and "." not in path.rpartition("/")[2]

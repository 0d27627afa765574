"""Headers that tell browsers what our pages may do: nothing that they do not need."""

from collections.abc import Iterable

from aiohttp import web

from edge.keys import SETTINGS

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"
HTTPS_ONLY = "max-age=31536000"


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Set what every answer carries, as aiohttp's `on_response_prepare`."""
    settings = request.app[SETTINGS]
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if settings.address.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
    html = response.content_type == "text/html"
    response.headers.setdefault(
        "Content-Security-Policy", page_policy(settings.embed_hosts, settings.file_origins) if html else NOTHING
    )
    # What an answer of the API says is for the caller alone, and for this moment.
    response.headers.setdefault("Cache-Control", "no-store")
    del response.headers["Server"]


def page_policy(embed_hosts: Iterable[str], file_origins: Iterable[str] = ()) -> str:
    """The Content-Security-Policy of our pages.

    The editor sets styles inline and draws fonts and pictures from data and blobs; its font subsetting is WebAssembly.
    Scripts come from our own files alone. Embeds may show the hosts that elements may name. Files are put
    and read where they lie, which is another origin.
    """
    frames = " ".join(f"https://{host}" for host in embed_hosts)
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            " ".join(("connect-src 'self' data: blob:", *file_origins)),
            "worker-src 'self' blob:",
            f"frame-src 'self' {frames}".rstrip(),
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )

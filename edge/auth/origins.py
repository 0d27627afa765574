"""Whether a page of another site is asking: the `Origin` header against our own and configured origins."""

from urllib.parse import urlsplit

from edge.settings import EdgeSettings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def allowed(settings: EdgeSettings, origin: str) -> bool:
    """Whether a request with this `Origin` may use a cookie or open a socket; the absent header is the caller's case."""
    return origin in settings.origins or origin in own(settings)


def own(settings: EdgeSettings) -> frozenset[str]:
    """The origins under which this edge is itself reached."""
    if settings.public_url:
        return frozenset({origin_of(settings.public_url)})
    return frozenset(origin_of(f"http://{name}:{settings.port}") for name in LOOPBACK_NAMES)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as a browser writes an origin (a default port is left out)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port is None or parts.port == default else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"

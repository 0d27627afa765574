"""Whose request this is on the network: the address and scheme, through the proxies that are believed."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from edge.keys import SETTINGS

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: the client's address, and `scheme://host` as the client wrote it."""

    client: str
    base: str


def origin(request: web.Request) -> Origin:
    """The origin of a request by the edge's settings."""
    settings = request.app[SETTINGS]
    networks = [ipaddress.ip_network(one, strict=False) for one in settings.trusted_proxies]
    return read(
        request.remote or "",
        request.headers.getall("X-Forwarded-For", []),
        request.headers.getall("X-Forwarded-Proto", []),
        networks,
        scheme=request.scheme,
        host=request.host,
        public_url=settings.public_url,
    )


def is_by_believed_proxy(request: web.Request) -> bool:
    """Whether the peer of this request is one of the proxies that are believed."""
    networks = [ipaddress.ip_network(one, strict=False) for one in request.app[SETTINGS].trusted_proxies]
    return _is_believed(request.remote or "", networks)


def read(
    peer: str,
    forwarded_for: Sequence[str],
    forwarded_proto: Sequence[str],
    networks: Sequence[Network],
    *,
    scheme: str,
    host: str,
    public_url: str,
) -> Origin:
    """Walk back through the believed proxies to the first address that is not one of them.

    Only what a believed proxy wrote counts, and each wrote one entry at the end of the list: what a client put there
    before is never reached. Without a believed peer the headers say nothing.
    """
    if not _is_believed(peer, networks):
        return Origin(peer, public_url or f"{scheme}://{host}")
    client = peer
    for entry in reversed(_entries(forwarded_for)):
        address = _address(entry)
        if address is None:
            break
        client = address
        if not _is_believed(address, networks):
            break
    protocols = _entries(forwarded_proto)
    if protocols and protocols[-1].lower() in ("http", "https"):
        scheme = protocols[-1].lower()
    return Origin(client, public_url or f"{scheme}://{host}")


def _entries(headers: Sequence[str]) -> list[str]:
    return [entry.strip() for header in headers for entry in header.split(",") if entry.strip()]


def _is_believed(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in network for network in networks)


def _address(entry: str) -> str | None:
    """The address of a list entry, which may carry a port or brackets; None for what is no address."""
    text = entry
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None

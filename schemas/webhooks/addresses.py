"""Which addresses a webhook may have: a server that posts where it is told must not post into its own house.

What a name resolves to is only known when it is called, and may change in between. So the text of an address is looked at
here when it is given, to answer at once, and the network address is looked at here again by whoever opens the connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import ada_url

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST: Final = 1000
PORTS: Final = {"http": 80, "https": 443}
# Networks that `is_global` of the standard library leaves to us, or says differently in another release of it.
NOBODYS: Final[Sequence[Network]] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # between a carrier and its customers; clouds keep their metadata there too
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local: cloud metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# Of IPv6 only what is given out to the world is called, without the parts of it that lead elsewhere.
WORLD: Final = IPv6Network("2000::/3")
ELSEWHERE: Final[Sequence[IPv6Network]] = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a deployment allows.

    Attributes:
        http: whether deliveries may go without TLS.
        ports: the ports that may be called; empty means all.
        private: networks of its own that may be called all the same.
    """

    http: bool = False
    ports: frozenset[int] = frozenset()
    private: tuple[Network, ...] = ()


def host_of(url: str) -> str | None:
    """Scheme, host and port of an address as a browser reads it; None when it is no address of the web."""
    parsed = _parsed(url)
    return None if parsed is None else parsed.origin


def normal(url: str) -> str:
    """An address that is not refused, written as the URL standard does: whoever parses it later reads the same host."""
    return str(ada_url.URL(url).href)


def refusal(url: str, rules: Rules) -> str | None:
    """Why an address may not be called, in words; None when it may, as far as its text tells."""
    parsed = _parsed(url)
    if parsed is None or len(url) > LONGEST or not url.isascii():
        return "must be an address such as https://hooks.example.org/doska"
    scheme = parsed.protocol.removesuffix(":")
    if scheme == "http" and not rules.http:
        return "must begin with https: what is delivered is nobody else's to read"
    if parsed.username or parsed.password:
        return "must hold no user name and no password: check the signature instead"
    port = int(parsed.port) if parsed.port else PORTS[scheme]
    if rules.ports and port not in rules.ports:
        return f"may not have port {port} here"
    return None if _leads_out(parsed.hostname.strip("[]").rstrip("."), rules) else "leads into a private network"


def may_call(address: Address, rules: Rules) -> bool:
    """Whether a connection to a network address may be opened."""
    meant = _meant(address)
    if any(meant.version == network.version and meant in network for network in rules.private):
        return True
    # The address inside another form of it counts; the form itself is never public (NAT64 leads into the house).
    return meant is address and is_public(address)


def is_public(address: Address) -> bool:
    """Whether an address belongs to somebody out in the world."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in NOBODYS)
    return address.is_global and address in WORLD and not any(address in network for network in ELSEWHERE)


def _meant(address: Address) -> Address:
    """The IPv4 address that stands in an IPv6 one (`::ffff:10.0.0.1`), if any."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _leads_out(host: str, rules: Rules) -> bool:
    literal = _literal(host)
    if literal is not None:
        return may_call(literal, rules)
    # A name of the house: with networks of its own allowed, what it resolves to decides.
    of_the_house = "." not in host or host.endswith((".localhost", ".local", ".internal"))
    return bool(rules.private) or not of_the_house


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _parsed(url: str) -> ada_url.URL | None:
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return None
    return parsed if parsed.protocol in ("http:", "https:") and parsed.hostname else None

"""What an operator may turn on the edge, read once from `DOSKA_*` variables."""

import ipaddress
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from topics.runtime.settings import Settings

EMBED_HOSTS = (
    "youtube.com",
    "www.youtube.com",
    "www.youtube-nocookie.com",
    "youtu.be",
    "vimeo.com",
    "player.vimeo.com",
    "www.figma.com",
)


def _split(value: Any) -> Any:
    """A list as it is written in a variable: separated by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _words(value: Any) -> Any:
    """A list as OAuth writes scopes: separated by spaces."""
    return tuple(value.split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Ports = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_split)]
Limit = Annotated[int, Field(ge=0)]


class EdgeSettings(Settings):
    """The edge's knobs beside those of every process; a limit of 0 means none.

    `origins` are further sites whose pages may refresh and open sockets. `trusted_proxies` are addresses or networks
    whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. A password whose hash was made with other
    `password_hash_*` than these gets a new hash at its next login.

    `cdn_url` is where files are read instead of at presigned addresses: a CDN whose origin is the bucket, without keys.
    Whoever has such an address can read the file until the CDN forgets it; it holds the file's hash, which nobody guesses.

    `edge_workers` processes share the port; `worker_operations_ports` are those of the second and each further one, by
    default the numbers after `operations_port`.

    `activity` says whether browsers may tell what of the product is used, `activity_sample` of which share of visits.

    `oidc_issuer` and `oidc_client_id` turn on signing in through a provider; `oidc_name` is what its button says. With
    `oidc_gatekeeper_client_id`, the token that a Gatekeeper among the trusted proxies puts beside a request signs in too.
    """

    host: str = "127.0.0.1"
    edge_workers: Annotated[int, Field(ge=1)] = 1
    worker_operations_ports: Ports = ()
    origins: Texts = ()
    trusted_proxies: Texts = ()
    registration: Literal["open", "invite", "closed"] = "open"
    embed_hosts: Texts = EMBED_HOSTS
    activity: Literal["on", "off"] = "on"
    activity_sample: Annotated[float, Field(ge=0, le=1)] = 1.0

    cdn_url: str = ""

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_scopes: Words = ("openid", "profile", "email")
    oidc_name: Annotated[str, Field(min_length=1, max_length=100)] = "Single sign-on"
    oidc_gatekeeper_client_id: str = ""

    access_token_seconds: Annotated[int, Field(ge=1)] = 900
    limit_registrations_per_minute: Limit = 20
    limit_login_failures_per_minute: Limit = 10
    limit_writes_per_second: Limit = 60
    limit_sends_per_second: Limit = 60
    limit_op_bytes_per_second: Limit = 2 * 1024 * 1024
    limit_activity_per_minute: Limit = 30
    queue_bytes: Annotated[int, Field(ge=1)] = 4 * 1024 * 1024

    password_hash_threads: Annotated[int, Field(ge=1)] = 2
    password_hash_kib: Annotated[int, Field(ge=8 * 1024, le=4 * 1024 * 1024)] = 64 * 1024
    password_hash_passes: Annotated[int, Field(ge=1, le=100)] = 3
    drain_seconds: Annotated[float, Field(ge=0)] = 10.0

    @property
    def page_origins(self) -> tuple[str, ...]:
        """Whose pages put and read files: ours, and any while nobody has said at which address we are."""
        return (origin_of(self.public_url), *self.origins) if self.public_url else ("*",)

    @property
    def file_origins(self) -> tuple[str, ...]:
        """Where our pages put and read files: the object store as browsers reach it, and the CDN."""
        places = (self.s3_public_endpoint or self.s3_endpoint, self.cdn_url)
        return tuple(dict.fromkeys(origin_of(place) for place in places if place))

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
                raise ValueError(f"{origin!r} is not an origin like https://example.org")
        return value

    @field_validator("cdn_url")
    @classmethod
    def _is_a_place(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("must be like https://cdn.example.org/doska")
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (not parts.hostname or parts.query or parts.fragment):
            raise ValueError("must be an address like https://id.example.org/realms/ours")
        if value and parts.scheme != "https" and not is_plain_loopback(value):
            raise ValueError("must be https: what it says decides who comes in (http is for the own machine alone)")
        return value

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise ValueError("DOSKA_OIDC_ISSUER and DOSKA_OIDC_CLIENT_ID go together: set both, or neither")
        if self.oidc_gatekeeper_client_id and not (self.oidc_issuer and self.trusted_proxies):
            raise ValueError("DOSKA_OIDC_GATEKEEPER_CLIENT_ID needs DOSKA_OIDC_ISSUER and DOSKA_TRUSTED_PROXIES")
        return self


def origin_of(address: str) -> str:
    """Scheme, host and port of an address, as browsers compare them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def is_plain_loopback(address: str) -> bool:
    """Whether an address is plain http to this very machine."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "http":
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""What an operator may turn on the edge, read once from `DOSKA_*` variables."""

import ipaddress
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator
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


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Limit = Annotated[int, Field(ge=0)]


class EdgeSettings(Settings):
    """The edge's knobs beside those of every process; a limit of 0 means none.

    `public_url` is what links and cookies are made for; empty means `http://localhost:<port>`. `origins` are further
    sites whose pages may refresh and open sockets. `trusted_proxies` are addresses or networks whose
    `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""
    origins: Texts = ()
    trusted_proxies: Texts = ()
    registration: Literal["open", "invite", "closed"] = "open"
    embed_hosts: Texts = EMBED_HOSTS

    access_token_seconds: Annotated[int, Field(ge=1)] = 900
    limit_registrations_per_minute: Limit = 20
    limit_login_failures_per_minute: Limit = 10
    limit_writes_per_second: Limit = 60
    limit_sends_per_second: Limit = 60
    limit_op_bytes_per_second: Limit = 2 * 1024 * 1024
    queue_bytes: Annotated[int, Field(ge=1)] = 4 * 1024 * 1024

    password_hash_threads: Annotated[int, Field(ge=1)] = 2
    drain_seconds: Annotated[float, Field(ge=0)] = 10.0

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be like https://board.example.org")
        return value.rstrip("/")

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
                raise ValueError(f"{origin!r} is not an origin like https://example.org")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value

    @property
    def address(self) -> str:
        """The public address, without a slash at its end."""
        return self.public_url or f"http://localhost:{self.port}"

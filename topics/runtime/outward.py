"""Which addresses outside this deployment webhooks may call, read from `DOSKA_WEBHOOK_*`.

Both who decides about an address and who calls it read these: they would disagree otherwise.
"""

from ipaddress import ip_network
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.webhooks.addresses import Network, Rules


def _split(value: object) -> object:
    return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value


def _networks(value: object) -> object:
    parts = _split(value)
    return tuple(ip_network(part, strict=False) for part in parts) if isinstance(parts, tuple) else parts


class OutwardSettings(BaseSettings):
    """The knobs of addresses outside; lists are comma separated."""

    model_config = SettingsConfigDict(
        env_prefix="DOSKA_WEBHOOK_", frozen=True, extra="ignore", arbitrary_types_allowed=True
    )

    allow_http: bool = Field(default=False, description="whether deliveries may go without TLS")
    ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(80, 443, 8080, 8443), description="ports that may be called; all when empty"
    )
    allow_private: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        default=(), description="private networks that may be called all the same, such as 10.1.0.0/16"
    )

    @property
    def rules(self) -> Rules:
        """The same as the rules of addresses."""
        return Rules(self.allow_http, frozenset(self.ports), self.allow_private)

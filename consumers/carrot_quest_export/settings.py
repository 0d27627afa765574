"""What an operator may turn on the export to Carrot Quest, read once from `DOSKA_CARROT_QUEST_*`."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HERE = Path(__file__).parent


class CarrotQuestSettings(BaseSettings):
    """`token` turns it on. No limits are published, so the rate is a cautious one of our own."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_CARROT_QUEST_", frozen=True, extra="ignore")

    token: SecretStr | None = Field(default=None, description="an API key; unset: off")
    url: str = Field(
        default="https://api.carrotquest.io", description="https://api.carrotquest.io/v1 is the older form"
    )
    mapping: Path = HERE / "mapping.yaml"
    seconds: float = Field(default=20.0, gt=0, description="how long one request may take")
    rate: float = Field(default=10.0, gt=0, description="requests a second")
    at_once: int = Field(default=4, ge=1, le=64, description="people who are spoken of at the same time")
    patience_seconds: float = Field(
        default=60.0,
        ge=0,
        description="how long an event without an answer counts as on its way, before it is asked for",
    )
    late_seconds: float = Field(default=600.0, gt=0, description="older events say when they were, and trigger nothing")

    @field_validator("token", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """A compose file can only set a variable to nothing, not leave it out."""
        return value or None

    @field_validator("mapping", mode="before")
    @classmethod
    def _empty_is_ours(cls, value: object) -> object:
        return value or HERE / "mapping.yaml"

    @property
    def on(self) -> bool:
        """Whether anything is sent at all."""
        return self.token is not None

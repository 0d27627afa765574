"""What an operator may turn on the export to Carrot Quest, read once from `DOSKA_CARROT_QUEST_*`."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from topics.runtime.settings import EMPTY_IS_NONE

HERE = Path(__file__).parent
MAPPING = HERE / "mapping.yaml"


class CarrotQuestSettings(BaseSettings):
    """`token` turns it on. No limits are published, so the rate is a cautious one of our own."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_CARROT_QUEST_", frozen=True, extra="ignore")

    token: Annotated[SecretStr | None, EMPTY_IS_NONE] = Field(default=None, description="an API key; unset: off")
    url: str = Field(
        default="https://api.carrotquest.io", description="https://api.carrotquest.io/v1 is the older form"
    )
    mapping: Annotated[Path, BeforeValidator(lambda given: given or MAPPING)] = MAPPING
    seconds: float = Field(default=20.0, gt=0, description="how long one request may take")
    rate: float = Field(default=10.0, gt=0, description="requests a second")
    at_once: int = Field(default=4, ge=1, le=64, description="people who are spoken of at the same time")
    patience_seconds: float = Field(
        default=60.0,
        ge=0,
        description="how long an event without an answer counts as on its way, before it is asked for",
    )
    late_seconds: float = Field(default=600.0, gt=0, description="older events say when they were, and trigger nothing")

    @property
    def on(self) -> bool:
        """Whether anything is sent at all."""
        return self.token is not None

"""The knobs of this consumer."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ActivitySettings(BaseSettings):
    """`DOSKA_ACTIVITY_MINUTES_DAYS`: for how long minutes are kept person by person; hours and days stay."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_", frozen=True, extra="ignore")

    activity_minutes_days: Annotated[int, Field(ge=8, description="at least as long as boards.ops is kept")] = 90

"""What an operator may turn on deliveries, read once from `DOSKA_WEBHOOK_*` beside the rules of addresses."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DeliverySettings(BaseSettings):
    """How long, how many, and for how long kept."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_WEBHOOK_", frozen=True, extra="ignore")

    seconds: float = Field(default=10.0, gt=0, le=60, description="how long one attempt may take, names and all")
    # One at a time keeps the order while an endpoint works, and a hundred milliseconds each are ten facts a second.
    per_subscription: int = Field(default=1, ge=1, le=64, description="attempts at one webhook at the same time")
    overall: int = Field(default=64, ge=2, le=1000, description="attempts of this process at the same time")
    pause_days: float = Field(default=5.0, gt=0, description="failing for so long pauses a webhook")
    keep_days: float = Field(default=30.0, gt=0, description="how long deliveries are kept, sent or not")

    @property
    def lease(self) -> timedelta:
        """For how long a delivery is taken: well over the longest attempt; after a crash it waits for so long."""
        return 3 * timedelta(seconds=self.seconds)

    @property
    def pause_after(self) -> timedelta:
        """Failing for so long pauses a webhook."""
        return timedelta(days=self.pause_days)

    @property
    def keep(self) -> timedelta:
        """How long deliveries are kept."""
        return timedelta(days=self.keep_days)

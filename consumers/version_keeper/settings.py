"""When a version is kept by itself, read once from `DOSKA_VERSIONS_*`."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class KeeperSettings(BaseSettings):
    """The pauses of boards, in seconds."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_VERSIONS_", frozen=True, extra="ignore")

    rest_seconds: float = Field(default=600.0, gt=0, description="without a change until a board rests")
    work_seconds: float = Field(default=3600.0, gt=0, description="of changes after which a version is kept meanwhile")

    @property
    def rest(self) -> timedelta:
        """How long nothing changes on a board that rests."""
        return timedelta(seconds=self.rest_seconds)

    @property
    def work(self) -> timedelta:
        """How long a board is changed until a version is kept meanwhile."""
        return timedelta(seconds=self.work_seconds)

    @property
    def look_seconds(self) -> float:
        """Between two looks for boards that are due: early enough to be called punctual."""
        return min(30.0, self.rest_seconds / 4, self.work_seconds / 4)

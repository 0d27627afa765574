"""What an operator may turn on the decider of files, read once from `DOSKA_FILE_*`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class QuotaSettings(BaseSettings):
    """How much a workspace may keep, and for how long an upload is waited for."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_FILE_", frozen=True, extra="ignore")

    quota_bytes: int = Field(default=5 * 1024**3, ge=0, description="of a workspace's files together; 0 means no limit")
    upload_seconds: int = Field(
        default=900, ge=60, le=7 * 24 * 3600, description="until an address to upload to expires"
    )

"""What an operator may turn on the checker of files, read once from `DOSKA_FILE_*`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CheckSettings(BaseSettings):
    """Bounds of a check. `scan_command` is run with the file's path as its last word: 0 is clean, 1 is not."""

    model_config = SettingsConfigDict(env_prefix="DOSKA_FILE_", frozen=True, extra="ignore")

    scan_command: str = Field(default="", description="such as `clamdscan --fdpass --no-summary`; none when empty")
    max_pixels: int = Field(default=50_000_000, ge=1, description="of a picture: what it would take to draw it")
    check_memory_bytes: int = Field(default=1024**3, ge=256 * 1024**2)
    check_cpu_seconds: int = Field(default=20, ge=1)
    checks_at_once: int = Field(default=2, ge=1)

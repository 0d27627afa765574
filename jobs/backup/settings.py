"""What backups are told by the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from topics.errors import Misconfigured
from topics.runtime.settings import EMPTY_IS_NONE, Settings


class BackupSettings(Settings):
    """Settings of whoever makes or reads backups."""

    backup_dir: Annotated[Path | None, EMPTY_IS_NONE] = Field(
        default=None, description="where backups lie: another disk or a mounted share; none are made when unset"
    )
    backup_key_file: Annotated[Path | None, EMPTY_IS_NONE] = Field(
        default=None,
        description="the key that the keyring and passwords are sealed with, kept elsewhere than the backups",
    )
    backup_keep_days: float = Field(default=7, gt=0, description="every moment of so many days can be restored")
    backup_base_hours: float = Field(default=24, gt=0, description="a copy of all of PostgreSQL so often")
    backup_beat_seconds: float = Field(default=10, gt=0, description="the log is on the backup's disk so often")
    backup_objects_seconds: float = Field(default=60, gt=0, description="new objects are copied so often")

    def place(self, given: Path | None = None) -> Path:
        """Where backups lie. Raises Misconfigured when nobody said it."""
        found = given or self.backup_dir
        if found is None:
            raise Misconfigured("nobody said where backups lie: set DOSKA_BACKUP_DIR, or say --dir")
        return found.absolute()

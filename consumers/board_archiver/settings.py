"""What an operator may turn on the archiver."""

from typing import Annotated

from pydantic import Field

from topics.runtime.settings import Settings


class ArchiverSettings(Settings):
    """The archiver's knobs beside those of every process.

    `archive_linger_seconds`: how long ops are gathered before they are written: history lags by it, and under it lie
    the objects. `archive_snapshot_ops`: after so many ops of a board a snapshot is due in any case.
    `archive_compact_seconds`: how often small objects are merged; 0: only by `doska boards compact`.
    """

    archive_linger_seconds: Annotated[float, Field(ge=0, le=60)] = 1.0
    archive_snapshot_ops: Annotated[int, Field(ge=1, le=100_000)] = 2000
    archive_compact_seconds: Annotated[float, Field(ge=0, le=7 * 86_400)] = 3600.0

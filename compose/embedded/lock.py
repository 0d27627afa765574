"""One living owner per data directory: a file lock, which ends with the process that holds it."""

import fcntl
import os
import time
from pathlib import Path

from compose.embedded.errors import AlreadyRunning


class Lock:
    """The lock file of one data directory; what the holder noted in it can be read by others."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> None:
        """Become the owner.

        Raises:
            AlreadyRunning: a living process is the owner; `note` is what it noted.
        """
        if self._file is not None:
            return
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _taken(file):
            note = os.read(file, 1000).decode(errors="replace").strip()
            os.close(file)
            raise AlreadyRunning(self._path.parent, note) from None
        self._file = file
        self.note(f"pid {os.getpid()}")

    def note(self, text: str) -> None:
        """Leave a word for others who find the directory taken."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, text.encode(), 0)

    def release(self) -> None:
        """Give it up."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _taken(file: int) -> bool:
    # Several times: `holder` holds it for an instant while it looks.
    for _ in range(5):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def holder(path: Path) -> str | None:
    """What the living owner of this lock noted, or None when there is no owner."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(file, 1000).decode(errors="replace").strip()
    finally:
        os.close(file)
    return None

